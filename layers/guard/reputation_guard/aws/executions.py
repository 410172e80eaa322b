"""Whether an escalation goes on, as Step Functions has it."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from reputation_guard.aws.answers import answers, code_of

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class StateMachine:
    """`ports.incidents.Executions` on Step Functions, which forgets an execution 90 days after its end."""

    def __init__(self, stepfunctions: "SFNClient") -> None:
        self._stepfunctions = stepfunctions

    def is_running(self, execution: str) -> bool:
        with answers():
            try:
                return self._stepfunctions.describe_execution(executionArn=execution)["status"] == "RUNNING"
            except ClientError as error:
                if code_of(error) == "ExecutionDoesNotExist":
                    return False
                raise
