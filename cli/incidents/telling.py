"""Tell an incident something: by the operators' URL, where IAM proves who says it, else by invoking the function."""

import getpass
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from cli.account import CannotRunError
from cli.command import FINE, WRONG, Desk
from cli.incidents.finding import is_id, latest_of, unknown
from cli.words import moment

_PATIENCE = urllib3.Timeout(connect=5, read=35)
_FORBIDDEN = 403
_UNKNOWN = "UnknownIncident"


def tell(desk: Desk, named: str, declared: str | None, said: Mapping[str, str]) -> Mapping[str, Any]:
    """Say something to an incident, which is named by its id or its tenant; the answer of the guard.

    `declared`: who says it, by his own word; else IAM proves it, where the deployment has a URL for operators.
    """
    incident = named if is_id(named) else _open_one_of(named, desk)
    if incident is None:
        return _refusal(_UNKNOWN, unknown(named, desk))
    # The same signal again changes nothing, so that a call may be repeated whose answer was lost.
    body = {**said, "id": uuid.uuid4().hex}
    url = desk.deployment.outputs.get("OperatorsUrl")
    answer = _by_url(desk, url, incident, body) if url and not declared else _invoke(desk, incident, declared, body)
    if answer.get("error") == _UNKNOWN:
        return _refusal(_UNKNOWN, unknown(named, desk))
    return answer


def print_answer(desk: Desk, answer: Mapping[str, Any], done: str) -> int:
    """Print what the guard answered; `done` is what was done, in words, where there is no more to say."""
    is_told = bool(answer.get("told"))
    if desk.as_json:
        desk.print_json(answer)
    elif is_told:
        desk.say(done)
    else:
        desk.say(
            f"{answer.get('error', 'NoAnswer')}: {answer.get('message', 'No answer that guard understands.')}", "bold"
        )
    return FINE if is_told else WRONG


def _open_one_of(tenant: str, desk: Desk) -> str | None:
    latest = latest_of(tenant, desk)
    return latest.id if latest and latest.is_open else None


def _refusal(error: str, message: str) -> Mapping[str, Any]:
    return {"told": False, "error": error, "message": message}


def _by_url(desk: Desk, url: str, incident: str, body: Mapping[str, str]) -> Mapping[str, Any]:
    address = f"{url.rstrip('/')}/incidents/{quote(incident, safe='')}/signals"
    said = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    signed = desk.deployment.account.signed("POST", address, said, headers)
    try:
        answer = urllib3.request("POST", address, body=said, headers=signed, timeout=_PATIENCE, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        raise CannotRunError(f"The operators' URL does not answer: {error}") from error
    return _read(answer.data, answer.status)


def _read(body: bytes, status: int) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and "told" in answer:
        return answer
    if status == _FORBIDDEN:
        why = "your credentials need lambda:InvokeFunctionUrl and lambda:InvokeFunction on the operators' function"
        raise CannotRunError(f"AWS refused the call to the operators' URL: {why}.")
    return _refusal("FunctionFailed", f"The operators' URL answered {status}. Look into the guard's log: guard tail.")


def _invoke(desk: Desk, incident: str, declared: str | None, body: Mapping[str, str]) -> Mapping[str, Any]:
    name = desk.deployment.output("SignalFunction")
    order = {**body, "incident": incident, "by": declared or _caller(desk)}
    answer = desk.deployment.account.client("lambda").invoke(FunctionName=name, Payload=json.dumps(order).encode())
    said = json.loads(answer["Payload"].read() or b"{}")
    if "FunctionError" not in answer:
        return dict(said)
    why = f"{said.get('errorType', 'Error')}: {said.get('errorMessage', '')}. Look into its log: guard tail."
    return _refusal("FunctionFailed", f"The function {name} failed: {why}")


def _caller(desk: Desk) -> str:
    """Who calls, as far as AWS knows, or else this computer."""
    try:
        return str(desk.deployment.account.client("sts").get_caller_identity()["Arn"])
    except (ClientError, BotoCoreError):
        return getpass.getuser()


def who_has_it(answer: Mapping[str, Any]) -> str:
    """Who has the incident now, and until when, by the guard's answer."""
    until = answer.get("answered_until")
    return f"{answer.get('answered_by')} until {moment(datetime.fromisoformat(until)) if until else '-'}"
