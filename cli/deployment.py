"""A deployed guard, found through its stack: what it is called, what it is made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from cli.account import Account, CannotRunError
from reputation_guard.aws.book import BookTable
from reputation_guard.aws.book_reader import BookReader
from reputation_guard.aws.counted import CountsReader
from reputation_guard.aws.incidents import IncidentTable
from reputation_guard.aws.owners import OwnersTable
from reputation_guard.aws.policies import A_MINUTE, PolicyTable
from reputation_guard.aws.ses import SesAssociations, SesSendingGate
from reputation_guard.settings import Settings
from reputation_guard.usecases.policies import Policies

# The template's default, where the stack is older than the parameter.
_GROUP_WAIT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack: its logical id, its type without `AWS::`, and what AWS calls it."""

    logical_id: str
    kind: str
    physical_id: str


class Deployment:
    """The stack of a guard. Raises `CannotRunError` where the stack, or what is asked of it, is not there."""

    def __init__(self, account: Account, stack: str) -> None:
        self.account = account
        self.stack = stack
        self._found = self._describe()

    @property
    def status(self) -> str:
        """CloudFormation's word for the state of the stack."""
        return str(self._found["StackStatus"])

    @property
    def parameters(self) -> Mapping[str, str]:
        """What the guard was deployed with."""
        return {each["ParameterKey"]: each.get("ParameterValue", "") for each in self._found.get("Parameters", [])}

    @property
    def outputs(self) -> Mapping[str, str]:
        """What the stack says about itself."""
        return {each["OutputKey"]: each["OutputValue"] for each in self._found.get("Outputs", [])}

    def output(self, name: str) -> str:
        """One output of the stack."""
        if name not in self.outputs:
            why = f"The stack {self.stack} has no output {name}: it is no Reputation Guard, or not deployed yet"
            raise CannotRunError(f"{why} ({self.status}).")
        return self.outputs[name]

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """Everything the stack is made of, by logical id."""
        pages = self.account.client("cloudformation").get_paginator("list_stack_resources")
        found = (each for page in pages.paginate(StackName=self.stack) for each in page["StackResourceSummaries"])
        return {
            each["LogicalResourceId"]: Resource(
                each["LogicalResourceId"],
                each["ResourceType"].removeprefix("AWS::"),
                each.get("PhysicalResourceId", ""),
            )
            for each in found
        }

    def of_kind(self, kind: str) -> Iterator[Resource]:
        """The resources of one type, such as `SQS::Queue`, in the order of their names."""
        yield from (self.resources[name] for name in sorted(self.resources) if self.resources[name].kind == kind)

    def resource(self, logical_id: str) -> Resource:
        """One resource of the stack."""
        if logical_id not in self.resources:
            raise CannotRunError(f"The stack {self.stack} has no resource {logical_id}: deploy it again.")
        return self.resources[logical_id]

    @property
    def account_id(self) -> str:
        """The AWS account that the stack is in."""
        return str(self._found["StackId"].split(":", 5)[4])

    def arn(self, service: str, name: str, *, in_region: bool = True, of_account: bool = True) -> str:
        """The ARN of something in the stack's account and region; that of a bucket names neither."""
        _, partition, _, region, owner, _ = self._found["StackId"].split(":", 5)
        return f"arn:{partition}:{service}:{region if in_region else ''}:{owner if of_account else ''}:{name}"

    @property
    def book(self) -> BookTable:
        """The book of tenants and decisions."""
        return BookTable(self.account.client("dynamodb"), self.output("BookTable"))

    @property
    def incidents(self) -> IncidentTable:
        """The incidents that people work on."""
        return IncidentTable(self.account.client("dynamodb"), self.output("BookTable"))

    @property
    def hold(self) -> timedelta:
        """How long a first page waits for others to be told in it."""
        return timedelta(seconds=float(self.parameters.get("GroupWait") or _GROUP_WAIT_SECONDS))

    @cached_property
    def book_reader(self) -> BookReader:
        """The whole of the book, for reading."""
        return BookReader(self.account.client("dynamodb"), self.output("BookTable"))

    @property
    def shelf(self) -> PolicyTable:
        """The policies, as they are this very moment."""
        return PolicyTable(self.account.client("dynamodb"), self.output("BookTable"))

    @cached_property
    def policies(self) -> Policies:
        """Which policy a tenant has; what was read holds for this command."""
        shelf = PolicyTable(self.account.client("dynamodb"), self.output("BookTable"), remembered_seconds=A_MINUTE)
        return Policies(shelf, self.settings.policy.name)

    @property
    def counted(self) -> CountsReader:
        """The counts, for reading."""
        return CountsReader(self.account.client("dynamodb"), self.output("CountsTable"))

    @property
    def owners(self) -> OwnersTable:
        """Whose the configuration sets are, as far as the guard knows."""
        return OwnersTable(self.account.client("dynamodb"), self.output("CountsTable"))

    @property
    def associations(self) -> SesAssociations:
        """Whose the configuration sets are, as SES has it."""
        return SesAssociations(self.account.client("sesv2"), self.arn("ses", "configuration-set/"))

    @property
    def gate(self) -> SesSendingGate:
        """SES's side."""
        return SesSendingGate(self.account.client("sesv2"))

    @property
    def settings(self) -> Settings:
        """What the functions were told about judging, as the stack's parameters have it."""
        told = {"MODE": "Mode", "POLICY_PRESET": "PolicyPreset", "SENDS_BATCH_WINDOW": "SendsBatchWindow"}
        return Settings({name: self.parameters.get(parameter, "") for name, parameter in told.items()})

    def _describe(self) -> Any:
        try:
            return self.account.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            why = f"There is no stack {self.stack} in {self.account.region}."
            raise CannotRunError(f"{why} Name it with --stack (or GUARD_STACK), or another --region.") from error
