"""Ask the guard for something: by the operators' URL, where IAM proves who asks, or by invoking a function."""

import json
from collections.abc import Mapping
from typing import Any

import urllib3

from cli.account import CannotRunError
from cli.command import Desk

_PATIENCE = urllib3.Timeout(connect=5, read=35)
_FORBIDDEN = 403
OPERATORS_URL = "OperatorsUrl"


def has_url(desk: Desk) -> bool:
    """Whether the deployment has a URL for operators."""
    return OPERATORS_URL in desk.deployment.outputs


def by_url(desk: Desk, path: str, body: Mapping[str, object], done: str) -> dict[str, Any]:
    """Post to the operators' URL, signed with the caller's credentials; the guard's answer.

    `done` is the member of the answer that says whether it was done. Raises `CannotRunError` where AWS refuses the
    call, or nobody answers.
    """
    address = f"{desk.deployment.output(OPERATORS_URL).rstrip('/')}/{path}"
    said = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    account = desk.deployment.account
    place, signed = account.way_to(address, account.signed("POST", address, said, headers))
    try:
        answer = urllib3.request("POST", place, body=said, headers=signed, timeout=_PATIENCE, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        look = "Whether it was done: guard status, guard incidents"
        raise CannotRunError(f"The operators' URL does not answer: {error}. {look}.") from error
    return _read(answer.data, answer.status, done)


def _read(body: bytes, status: int, done: str) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and done in answer:
        return answer
    if status == _FORBIDDEN:
        why = "your credentials need lambda:InvokeFunctionUrl and lambda:InvokeFunction on the operators' function"
        raise CannotRunError(f"AWS refused the call to the operators' URL: {why} (output OperatorsPolicy has both).")
    why = f"The operators' URL answered {status}. Look into the guard's log: guard tail."
    return {done: False, "error": "FunctionFailed", "message": why}


def by_function(desk: Desk, output: str, body: Mapping[str, object], done: str) -> dict[str, Any]:
    """Invoke the function that an output of the stack names; its answer."""
    name = desk.deployment.output(output)
    answer = desk.deployment.account.client("lambda").invoke(FunctionName=name, Payload=json.dumps(body).encode())
    said = json.loads(answer["Payload"].read() or b"{}")
    if "FunctionError" not in answer:
        return dict(said)
    why = f"{said.get('errorType', 'Error')}: {said.get('errorMessage', '')}. Look into its log: guard tail."
    return {done: False, "error": "FunctionFailed", "message": f"The function {name} failed: {why}"}
