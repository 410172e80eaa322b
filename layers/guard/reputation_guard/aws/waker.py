"""The way to the enforcer."""

from typing import TYPE_CHECKING

from reputation_guard.aws.answers import answers

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class EnforceFunction:
    """`ports.outlets.Waker` on Lambda: an asynchronous invocation, since a review does not wait for SES's pace."""

    def __init__(self, lambda_: "LambdaClient", function: str) -> None:
        self._lambda = lambda_
        self._function = function

    def wake(self) -> None:
        with answers():
            self._lambda.invoke(FunctionName=self._function, InvocationType="Event", Payload=b'{"wake": "review"}')
