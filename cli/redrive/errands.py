"""The ways back: what is done with a letter, so that the work it was for is done after all."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.account import CannotRunError
from cli.command import Desk

Key = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class SendOn:
    """To the queue that it was for."""

    queue: str
    body: str


@dataclass(frozen=True, slots=True)
class Begin:
    """An execution of the escalation."""

    event: str


@dataclass(frozen=True, slots=True)
class Wake:
    """A function that looks after what is to do by itself: once for all letters. What fails again comes back here."""

    function: str


@dataclass(frozen=True, slots=True)
class Invoke:
    """A function, with what it was invoked with. What fails again comes back here."""

    function: str
    payload: str


@dataclass(frozen=True, slots=True)
class HandOn:
    """On the guard bus, to the channel that it was for."""

    channel: str
    source: str
    detail: str


@dataclass(frozen=True, slots=True)
class Page:
    """As the page that a rule makes of an event."""

    rule: str
    topic: str
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Retell:
    """Items of the counts: the stream tells of each anew, as it is now and behind what it told of it before."""

    items: Collection[Key]


Errand = SendOn | Begin | Wake | Invoke | HandOn | Page | Retell


@dataclass(slots=True)
class Errands:
    """Carries errands out at AWS; whatever AWS refuses is raised."""

    desk: Desk
    _awake: set[str] = field(default_factory=set)

    def carry_out(self, errand: Errand) -> None:
        """Do it. To do it twice is harmless: everything behind it takes the same for the same."""
        match errand:
            case SendOn():
                self._client("sqs").send_message(QueueUrl=self._called(errand.queue), MessageBody=errand.body)
            case Begin():
                machine = self._called("EscalationMachine")
                self._client("stepfunctions").start_execution(stateMachineArn=machine, input=errand.event)
            case Wake() if errand.function not in self._awake:
                self._invoke(errand.function, "{}")
                self._awake.add(errand.function)
            case Invoke():
                self._invoke(errand.function, errand.payload)
            case HandOn():
                self._hand_on(errand)
            case Page():
                self._client("sns").publish(TopicArn=self._called(errand.topic), Message=self._text(errand))
            case Retell():
                for key in errand.items:
                    self._retell(key)

    def _invoke(self, function: str, payload: str) -> None:
        self._client("lambda").invoke(
            FunctionName=self._called(function), InvocationType="Event", Payload=payload.encode()
        )

    def _hand_on(self, errand: HandOn) -> None:
        bus = self.desk.deployment.output("GuardBus")
        entry = {"Source": errand.source, "DetailType": errand.channel, "Detail": errand.detail, "EventBusName": bus}
        answer = self._client("events").put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise CannotRunError(f"The guard bus did not take it: {answer['Entries'][0].get('ErrorMessage', '')}")

    def _text(self, errand: Page) -> str:
        """What the rule would say, by its own template."""
        found = self._client("events").list_targets_by_rule(Rule=self._called(errand.rule))["Targets"]
        transformer = found[0]["InputTransformer"]
        text: str = transformer["InputTemplate"]
        for name, path in transformer["InputPathsMap"].items():
            value: Any = errand.event
            for member in path.removeprefix("$.").split("."):
                value = value[member]
            text = text.replace(f"<{name}>", str(value))
        return str(json.loads(text))

    def _retell(self, key: Key) -> None:
        dynamodb = self._client("dynamodb")
        try:
            dynamodb.update_item(
                TableName=self.desk.deployment.output("CountsTable"),
                Key=key,
                # Any change makes the stream tell of it.
                UpdateExpression="SET retold_at = :now",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":now": {"N": str(self.desk.now.timestamp())}},
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            # Out of every window since.
            return

    def _called(self, logical_id: str) -> str:
        return self.desk.deployment.resource(logical_id).physical_id

    def _client(self, service: str) -> Any:
        return self.desk.deployment.account.client(service)
