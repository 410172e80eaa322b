"""What was emitted, in truth, and how often each send was counted: an overcount has a cause, an undercount has none."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from reputation_guard.aws.counts_keys import hour_key
from reputation_guard.domain.counts import HOUR_SECONDS
from tests.aws.tables import COUNTS
from tests.chaos.faults import Fault, Point
from tests.chaos.processes import Running
from tests.template.stack import EVENTS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AGAIN = "delivered again by the queue"
_NEIGHBOUR = "another write of its batch failed"


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail: its tenant, and when it was sent."""

    message: str
    tenant: str
    at: datetime

    @property
    def hour(self) -> str:
        """The sort key of the hour it is counted in."""
        return hour_key(int(self.at.timestamp()) // HOUR_SECONDS)


@dataclass(slots=True)
class Truth:
    """All mails and their feedback; `counted`: how often each send was added; `over`: the overcount by its cause."""

    sends: dict[str, Sent] = field(default_factory=dict)
    feedback: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    counted: Counter[str] = field(default_factory=Counter)
    over: Counter[str] = field(default_factory=Counter)
    _came_again: dict[str, str] = field(default_factory=dict)

    def send(self, mail: Sent) -> dict[str, Any]:
        """A mail is sent; the event of SES."""
        self.sends[mail.message] = mail
        return _event("send-of-tagged-tenant", mail)

    def bounce(self, mail: Sent, recipients: int = 1) -> dict[str, Any]:
        """Some recipients of a mail bounce hard; the event of SES."""
        event = _event("bounce-hard", mail)
        addresses = [f"{mail.message}-{number}@example.net" for number in range(recipients)]
        usual = event["detail"]["bounce"]["bouncedRecipients"][0]
        event["detail"]["bounce"]["bouncedRecipients"] = [{**usual, "emailAddress": each} for each in addresses]
        self.feedback[mail.tenant, "bounce"] |= set(addresses)
        return event

    def complaint(self, mail: Sent) -> dict[str, Any]:
        """A recipient of a mail complains; the event of SES."""
        event = _event("complaint", mail)
        event["detail"]["complaint"]["feedbackId"] = f"complaint-{mail.message}"
        self.feedback[mail.tenant, "complaint"].add(mail.message)
        return event

    def call(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """SES's own number of sends, as CloudWatch has it: of the account by five minutes, of a tenant by the day."""
        if operation == "ListMetrics":
            return {"Metrics": [{"Namespace": "AWS/SES", "MetricName": "Send"}]}
        return {"MetricDataResults": [self._result(query, asked) for query in asked["MetricDataQueries"]]}

    def _result(self, query: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        period = timedelta(seconds=query["MetricStat"]["Period"])
        dimensions = {each["Name"]: each["Value"] for each in query["MetricStat"]["Metric"]["Dimensions"]}
        tenant = dimensions.get("TenantName")
        found: Counter[datetime] = Counter()
        for mail in self.sends.values():
            if tenant in {None, mail.tenant} and asked["StartTime"] <= mail.at < asked["EndTime"]:
                found[mail.at - (mail.at - _EPOCH) % period] += 1
        return {"Id": query["Id"], "Timestamps": list(found), "Values": [float(sends) for sends in found.values()]}

    def written(self, run: Running, point: Point, *, again: bool) -> None:
        """A call to a table was made: where it adds sends, each send of the run that it is of was counted once more."""
        asked = point.asked
        if run.function != "ingest" or asked.get("TableName") != COUNTS or "Key" not in asked:
            return
        kind, _, tenant = asked["Key"]["pk"]["S"].partition("#")
        hour = asked["Key"]["sk"]["S"]
        if kind != "tenant" or not any(name[1:2] == "s" and name[2:].isdigit() for name in _values(asked)):
            return
        for mail in self._sends_of(run):
            if mail.tenant != tenant or mail.hour != hour:
                continue
            self.counted[mail.message] += 1
            if self.counted[mail.message] > 1:
                self.over[Fault.MADE_TWICE if again else self._came_again.get(mail.message, _AGAIN)] += 1

    def ended(self, run: Running, answer: Any) -> None:
        """A run has ended: why its sends come again, if they do."""
        if run.function != "ingest":
            return
        failed = {each["itemIdentifier"] for each in (answer or {}).get("batchItemFailures", ())}
        for record in run.event["Records"]:
            message = json.loads(record["body"])["detail"]["mail"]["messageId"]
            if answer is None:
                self._came_again[message] = run.trouble
            elif record["messageId"] in failed:
                self._came_again[message] = f"{_NEIGHBOUR}: {run.trouble}"
            else:
                self._came_again[message] = _AGAIN

    def _sends_of(self, run: Running) -> Iterator[Sent]:
        for record in run.event["Records"]:
            detail = json.loads(record["body"])["detail"]
            if detail["eventType"] == "Send":
                yield self.sends[detail["mail"]["messageId"]]


def _values(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = asked.get("ExpressionAttributeValues", {})
    return found


@cache
def _example(name: str) -> str:
    return (EVENTS / f"{name}.json").read_text(encoding="utf-8")


def _event(name: str, mail: Sent) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(_example(name))
    found = event["detail"]["mail"]
    found |= {"messageId": mail.message, "timestamp": mail.at.isoformat(), "headers": []}
    found["tags"]["ses:tenant-name"] = [mail.tenant]
    event["time"] = mail.at.isoformat()
    return event
