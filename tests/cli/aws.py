"""An AWS for the commands: DynamoDB behaves (moto); everything else answers what a test says, in boto3's own shapes."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters
from typer.testing import CliRunner, Result

from cli.doctor.command import CHECKS
from cli.main import app
from reputation_guard.aws.book import BookTable
from reputation_guard.aws.counted import CountsReader
from reputation_guard.aws.counting import CountsWriter
from reputation_guard.aws.owners import OwnersTable
from reputation_guard.domain.counts import HourOfSends, Ids, Ledger, SlotOfFeedback, feedback_id, slot_of
from reputation_guard.domain.decision import Answer, Case, Decision, GuardEvent, record_after
from reputation_guard.domain.learning import DayOfDelays
from reputation_guard.domain.policy import PRESETS, Kind, Mode
from reputation_guard.domain.sending import SendingStatus
from reputation_guard.domain.tenant import Tenant
from reputation_guard.domain.windows import Window
from tests.template.stack import written

REGION, OWNER = "eu-west-1", "123456789012"
HERE = f"{REGION}:{OWNER}"
BUS = f"arn:aws:events:{HERE}:event-bus/default"
TOPICS = ("PagesTopic", "SecondRungTopic", "ThirdRungTopic", "WarningsTopic", "ChatTopic", "AlarmsTopic")
OUTPUTS = {
    "BookTable": "book",
    "CountsTable": "counts",
    "GuardBus": "guard-bus",
    "GuardLog": "guard-log",
    "ManualResumeFunction": "manual-resume",
    "ManualPauseFunction": "manual-pause",
    "SignalFunction": "signal",
    **{name: f"arn:aws:sns:{HERE}:{name}" for name in TOPICS},
}
PARAMETERS = {"Mode": "enforce", "PolicyPreset": "standard", "SendsBatchWindow": "5", "TenantTag": "guard-tenant"}
FUNCTIONS = (
    *("Ingest", "Evaluate", "Enforce", "Review", "Reconcile", "Mirror"),
    *("ManualResume", "ManualPause", "Escalate", "Signal", "Console", "Operators", "RotateKey", "Notify", "Digest"),
)
QUEUES = ("FeedbackQueue", "AppointmentsQueue", "FeedbackDeadLetters", "EvaluateDeadLetters")
QUEUES_OF_FAILURES = (
    *("EnforceDeadLetters", "ReviewDeadLetters", "ReconcileDeadLetters"),
    *("DigestDeadLetters", "RotationDeadLetters"),
)
# A rule of another bus than the default one has two names in one.
RULES = {"FeedbackRule": "feedback-rule", "NoticesRule": "guard-bus|notices-rule"}
WINDOW = Window(Kind.BOUNCE, timedelta(minutes=15), feedback=30, sends=100, due=90.0)

Given = Mapping[str, Any] | Exception | Callable[..., Mapping[str, Any]]


def refused(operation: str, code: str, message: str = "because") -> ClientError:
    """An answer of AWS that says no."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def queue_url(name: str) -> str:
    return f"https://sqs.{REGION}.amazonaws.com/{OWNER}/{name}"


def tenant_arn(name: str) -> str:
    return f"arn:aws:ses:{HERE}:tenant/{name}/tn-1"


class FakeAws:
    """A healthy deployment; a test changes an answer to make it ill."""

    def __init__(self, dynamodb: Any) -> None:
        self.now = datetime.now(UTC)
        self.dynamodb = dynamodb
        self.book = BookTable(dynamodb, OUTPUTS["BookTable"])
        self.owners = OwnersTable(dynamodb, OUTPUTS["CountsTable"])
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.stack_status = "CREATE_COMPLETE"
        self.outputs = dict(OUTPUTS)
        self.parameters = dict(PARAMETERS)
        self.sending: dict[str, Mapping[str, Any]] = {}
        self.at_ses: set[str] = set()
        self.answers: dict[str, Given] = {
            "DescribeStacks": self._describe_stack,
            "ListStackResources": {"StackResourceSummaries": _resources()},
            "ListRules": lambda EventBusName, **_: {"Rules": _rules_of(EventBusName)},  # noqa: N803 - AWS's name
            "GetEventSourceMapping": {"State": "Enabled"},
            "GetSchedule": {"State": "ENABLED"},
            "ListConfigurationSets": {"ConfigurationSets": ["news"]},
            "GetConfigurationSetEventDestinations": {"EventDestinations": [destination()]},
            "ListTenants": lambda **_: {"Tenants": [{"TenantName": name} for name in sorted(self.at_ses)]},
            "ListResourceTenants": {"ResourceTenants": []},
            "SimulatePrincipalPolicy": self._simulate,
            "ListSubscriptionsByTopic": {"Subscriptions": [subscription()]},
            "GetQueueAttributes": {"Attributes": {"ApproximateNumberOfMessages": "0"}},
            "GetTenant": lambda TenantName: {"Tenant": {"TenantArn": tenant_arn(TenantName)}},  # noqa: N803 - the same
            "GetReputationEntity": self._entity,
            "ListRecommendations": {"Recommendations": []},
            "GetCallerIdentity": {"Arn": f"arn:aws:iam::{OWNER}:user/ann"},
        }

    def call(self, client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Any:
        """Answer a call; the parameters must be such as boto3's model of the service allows."""
        shape = client.meta.service_model.operation_model(operation).input_shape
        if shape is not None:
            validate_parameters(parameters, shape)
        self.calls.append((operation, parameters))
        answer = self.answers[operation]
        if isinstance(answer, Exception):
            raise answer
        return answer(**parameters) if callable(answer) else answer

    def enter(self, name: str, **record: Any) -> Tenant:
        """Write a tenant of SES into the book."""
        self.at_ses.add(name)
        nobody = Tenant(name=name)
        return self.book.save(nobody, Tenant(name=name, arn=tenant_arn(name), **record), self.now)

    def pause(self, tenant: Tenant) -> Decision:
        """Decide to pause a tenant; the decision is pending."""
        decision = Decision(
            answer=Answer.PAUSE,
            announces=GuardEvent.TENANT_PAUSED,
            at=self.now - timedelta(minutes=1),
            tenant=tenant,
            mode=Mode.ENFORCE,
            policy=PRESETS["standard"],
            because=Case(WINDOW, limit=0.1, prior=20, strength=9.0),
        )
        self.book.record(decision, record_after(decision))
        return decision

    def send(
        self,
        tenant: str = "",
        configuration_set: str = "",
        *,
        sends: int = 1000,
        by_ses: bool = False,
        ago: timedelta = timedelta(minutes=30),
    ) -> None:
        """Count sends of a while ago."""
        at = self.now - ago
        ledger, slot, second = Ledger(tenant, configuration_set), slot_of(at), int(at.timestamp())
        counted = HourOfSends(ledger, slot // 12, {slot: sends}, sends if by_ses else 0, second, second, at)
        CountsWriter(self.dynamodb, OUTPUTS["CountsTable"]).add_sends(counted)

    def see(self, *, since: timedelta) -> None:
        """The guard sees mail events, since a while ago."""
        CountsWriter(self.dynamodb, OUTPUTS["CountsTable"]).note_sight(self.now - since)

    def bounce(self, tenant: str, bounces: int, *, ago: timedelta = timedelta(minutes=30), through: str = "") -> None:
        """Count hard bounces of mail of a while ago."""
        at = self.now - ago
        idents = (feedback_id(at, f"message-{number}") for number in range(bounces))
        slot = SlotOfFeedback(Ledger(tenant=tenant), slot_of(at), {Kind.BOUNCE: Ids.of(idents)}, through)
        CountsWriter(self.dynamodb, OUTPUTS["CountsTable"]).add_feedback(slot)
        CountsReader(self.dynamodb, OUTPUTS["CountsTable"]).write_feedback([slot])

    def teach(self, kind: Kind, at_bin: int, feedback: int) -> None:
        """Count feedback of mail of 20 days ago that took as long as a bin says."""
        day = DayOfDelays(kind, int(self.now.timestamp()) // 86_400 - 20, 0, {at_bin: feedback})
        CountsWriter(self.dynamodb, OUTPUTS["CountsTable"]).add_delays(day)

    def stop_at_ses(self, tenant: str, status: SendingStatus) -> None:
        """Have SES say this of a tenant."""
        self.sending[tenant_arn(tenant)] = {
            "SendingStatusAggregate": status.aggregate,
            "CustomerManagedStatus": {"Status": status.customer_managed or "ENABLED", "LastUpdatedTimestamp": self.now},
            "AwsSesManagedStatus": {"Status": status.ses_managed or "ENABLED"},
        }

    def _entity(self, **asked: str) -> Mapping[str, Any]:
        return {
            "ReputationEntity": self.sending.get(
                asked["ReputationEntityReference"], {"SendingStatusAggregate": "ENABLED"}
            )
        }

    def _describe_stack(self, **asked: str) -> Mapping[str, Any]:
        stack = {
            "StackId": f"arn:aws:cloudformation:{HERE}:stack/{asked['StackName']}/0",
            "StackStatus": self.stack_status,
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()],
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()],
        }
        return {"Stacks": [stack]}

    def _simulate(self, **asked: Any) -> Mapping[str, Any]:
        """A right is there, unless it is one of those that judging must not have."""
        judges = any(name in asked["PolicySourceArn"] for name in ("Ingest", "Evaluate"))
        return {"EvaluationResults": [decided(action, judges=judges) for action in asked["ActionNames"]]}


def decided(action: str, *, judges: bool) -> dict[str, str]:
    """What IAM says of an action."""
    denied = judges and action == "ses:UpdateReputationEntityCustomerManagedStatus"
    return {"EvalActionName": action, "EvalDecision": "implicitDeny" if denied else "allowed"}


def destination(*events: str, bus: str = BUS, enabled: bool = True, name: str = "events") -> dict[str, Any]:
    """An event destination of a configuration set."""
    return {
        "Name": name,
        "Enabled": enabled,
        "MatchingEventTypes": list(events or ("SEND", "BOUNCE", "COMPLAINT")),
        "EventBridgeDestination": {"EventBusArn": bus},
    }


def subscription(arn: str = "arn:aws:sns:eu-west-1:123456789012:PagesTopic:1") -> dict[str, str]:
    """Somebody listens to a topic."""
    return {"SubscriptionArn": arn, "Protocol": "email", "Endpoint": "oncall@example.com"}


def _resources() -> list[dict[str, str]]:
    named = {
        **{(f"{name}FunctionRole", "IAM::Role"): f"{name}Role" for name in FUNCTIONS},
        **{(f"{name}Function", "Lambda::Function"): f"{name}Function" for name in FUNCTIONS},
        **{(name, "SQS::Queue"): queue_url(name) for name in (*QUEUES, *QUEUES_OF_FAILURES)},
        **{(name, "Events::Rule"): physical for name, physical in RULES.items()},
        **{(name, "SNS::Topic"): OUTPUTS[name] for name in TOPICS},
        ("IngestFunctionFeedback", "Lambda::EventSourceMapping"): "11111111-1111-1111-1111-111111111111",
        ("ReviewFunctionEveryMinute", "Scheduler::Schedule"): "every-minute",
        ("GuardBus", "Events::EventBus"): OUTPUTS["GuardBus"],
        ("EscalationMachine", "StepFunctions::StateMachine"): f"arn:aws:states:{HERE}:stateMachine:escalation",
        ("GuardLog", "Logs::LogGroup"): OUTPUTS["GuardLog"],
        ("StreamFailures", "S3::Bucket"): "stream-failures",
        ("LinkKey", "SecretsManager::Secret"): f"arn:aws:secretsmanager:{HERE}:secret:links-abcdef",
        ("BookTable", "DynamoDB::Table"): OUTPUTS["BookTable"],
        ("CountsTable", "DynamoDB::Table"): OUTPUTS["CountsTable"],
    }
    return [
        {"LogicalResourceId": name, "ResourceType": f"AWS::{kind}", "PhysicalResourceId": physical}
        for (name, kind), physical in named.items()
    ]


def _rules_of(bus: str) -> list[dict[str, str]]:
    names = {"default": ["feedback-rule"], "guard-bus": ["notices-rule"]}[bus]
    return [{"Name": name, "State": "ENABLED"} for name in names]


@cache
def _tables() -> list[dict[str, Any]]:
    """Both tables, as the template has them."""
    resources = written()["Resources"]
    names = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return [
        {"TableName": OUTPUTS[logical_id]}
        | {name: value for name, value in resources[logical_id]["Properties"].items() if name in names}
        for logical_id in ("BookTable", "CountsTable")
    ]


@cache
def client_of(service: str) -> Any:
    """One client of a service for all tests: making one takes longer than a test."""
    make: Any = boto3.client
    nobodys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return make(service, region_name=REGION, **nobodys)


def create_tables() -> Any:
    """Make both tables; returns the client."""
    dynamodb = client_of("dynamodb")
    for table in _tables():
        dynamodb.create_table(**table)
    return dynamodb


def guard(*words: str) -> Result:
    """Run a command line."""
    return CliRunner().invoke(app, list(words))


def examined() -> dict[str, list[dict[str, Any]]]:
    """What `guard doctor` finds, by check."""
    found: dict[str, list[dict[str, Any]]] = {title: [] for title in CHECKS}
    for each in json.loads(guard("doctor", "--json").stdout)["checks"]:
        found[each["check"]].append(each)
    return found
