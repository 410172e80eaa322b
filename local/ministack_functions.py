"""What functions' errors lean on inside MiniStack."""
# ruff: noqa: SLF001 -- private names are what this module is for

import re
from functools import partial
from typing import Any

from ministack.services import lambda_svc

from local.ministack_inside import Record

# The line that ends a traceback, and begins with the error's whole name.
_RAISED = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(?P<name>[^\s:]+)", re.MULTILINE)


def name_errors_of_functions() -> None:
    """Let a failed invocation carry the name of the error that the function raised, where MiniStack has one for all."""
    lambda_svc._execute_function_warm = partial(_execute, lambda_svc._execute_function_warm)


def _execute(original: Any, *arguments: Any) -> Record:
    answer: Record = original(*arguments)
    raised = _RAISED.findall(answer.get("log") or "") if answer.get("error") else []
    if raised and answer["body"].get("errorType") == "Runtime.HandlerError":
        answer["body"]["errorType"] = raised[-1].rpartition(".")[2]
    return answer
