"""Tell an incident something: by the operators' URL, where IAM proves who says it, else by invoking the function."""

import getpass
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from cli.asking import by_function, by_url, has_url
from cli.command import FINE, WRONG, Desk
from cli.incidents.finding import is_id, latest_of, unknown
from cli.words import moment

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
    if has_url(desk) and not declared:
        answer = by_url(desk, f"incidents/{quote(incident, safe='')}/signals", body, "told")
    else:
        order = {**body, "incident": incident, "by": declared or _caller(desk)}
        answer = by_function(desk, "SignalFunction", order, "told")
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
