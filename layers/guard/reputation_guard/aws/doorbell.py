"""The way to an execution of the escalation that waits."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from reputation_guard.aws.answers import answers, code_of

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# Its wait is over, by another signal or by the clock; or it had been waited for by an execution that has ended.
_OVER = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


class TaskTokens:
    """`ports.incidents.Doorbell` on Step Functions."""

    def __init__(self, stepfunctions: "SFNClient") -> None:
        self._stepfunctions = stepfunctions

    def ring(self, token: str) -> None:
        with answers():
            try:
                self._stepfunctions.send_task_success(taskToken=token, output="{}")
            except ClientError as error:
                if code_of(error) not in _OVER:
                    raise
