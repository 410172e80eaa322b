"""What only the embedded AWS has: paths under `/_ses` and `/_local` that make SES act, refuse, or lose events."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local import ministack_inside as inside
from local.calls import OPERATIONS, STATUS_OF_ERROR, Call, SesError, require_one_of
from local.reputation import FINDING_TYPES, IMPACTS, SENDING_STATUSES, Finding, ManagedStatus
from local.sending import Outbox
from local.ses import Ses
from local.streams import Streams

Body = dict[str, Any]


@dataclass(slots=True)
class Moods:
    """What SES refuses next: so many calls of an operation, or all that come faster than a pace."""

    refusals: dict[str, list[str]] = field(default_factory=dict)
    seconds_between: dict[str, float] = field(default_factory=dict)
    last_taken: dict[str, float] = field(default_factory=dict)

    def check(self, call: Call, clock: Callable[[], float] = time.monotonic) -> None:
        """Raise what was ordered for this operation."""
        ordered = self.refusals.get(call.operation)
        if ordered:
            raise SesError(ordered.pop(), "Ordered by a test.")
        gap = self.seconds_between.get(call.operation)
        if gap is None:
            return
        now = clock()
        if now - self.last_taken.get(call.operation, float("-inf")) < gap:
            raise SesError("TooManyRequestsException", "Rate exceeded")
        self.last_taken[call.operation] = now


@dataclass(frozen=True, slots=True)
class Controls:
    """The control paths; each takes and returns JSON."""

    ses: Ses
    outbox: Outbox
    moods: Moods
    streams: Streams

    def run(self, path: str, body: Body, now: datetime) -> Body:
        """Do what a path says."""
        paths: dict[str, Callable[[Body, datetime], Body]] = {
            "/_ses/status": self._write_ses_status,
            "/_ses/status/lose": self._lose_customer_status,
            "/_ses/findings": self._open_finding,
            "/_ses/findings/resolve": self._resolve_finding,
            "/_ses/refusals": self._order_refusals,
            "/_ses/pace": self._set_pace,
            "/_ses/switches": self._switch,
            "/_ses/events": self._publish,
            "/_local/streams": self._pace_streams,
            "/_local/schedules": lambda *_: {"Fired": inside.fire_schedules()},
            "/_local/warm": lambda *_: {"Warm": inside.warm_functions()},
        }
        if path not in paths:
            raise SesError("NotFoundException", f"No such control; there are {', '.join(paths)}")
        try:
            return paths[path](body, now)
        except KeyError as missing:
            raise SesError("BadRequestException", f"{missing.args[0]} is missing.") from missing

    def _write_ses_status(self, body: Body, now: datetime) -> Body:
        reputation = self.ses.reputation(body["TenantName"])
        status = require_one_of(body["SendingStatus"], SENDING_STATUSES, "SendingStatus")
        cause = body.get("Cause", "Sending was paused for serious reputation issues.")
        self.ses.write_ses_status(reputation, ManagedStatus(status, now, cause))
        return {"ReputationEntity": reputation.shape()}

    def _lose_customer_status(self, body: Body, _: datetime) -> Body:
        reputation = self.ses.reputation(body["TenantName"])
        self.ses.lose_customer_status(reputation)
        return {"ReputationEntity": reputation.shape()}

    def _open_finding(self, body: Body, now: datetime) -> Body:
        reputation = self.ses.reputation(body["TenantName"])
        finding_type = require_one_of(body["Type"], FINDING_TYPES, "Type")
        impact = require_one_of(body.get("Impact", "HIGH"), IMPACTS, "Impact")
        description = body.get("Description", f"The {finding_type.lower()} finding was opened by a test.")
        finding = Finding(finding_type, impact, description, opened_at=now, updated_at=now)
        self.ses.open_finding(reputation, finding, may_pause=body.get("MayPause", True))
        return {"ReputationEntity": reputation.shape()}

    def _resolve_finding(self, body: Body, now: datetime) -> Body:
        reputation = self.ses.reputation(body["TenantName"])
        self.ses.resolve_finding(reputation, require_one_of(body["Type"], FINDING_TYPES, "Type"), now)
        return {"ReputationEntity": reputation.shape()}

    def _order_refusals(self, body: Body, _: datetime) -> Body:
        operation = require_one_of(body["Operation"], OPERATIONS, "Operation")
        error = require_one_of(body.get("Error", "TooManyRequestsException"), tuple(STATUS_OF_ERROR), "Error")
        self.moods.refusals[operation] = [error] * int(body.get("Times", 1))
        return {}

    def _set_pace(self, body: Body, _: datetime) -> Body:
        operation = require_one_of(body["Operation"], OPERATIONS, "Operation")
        per_second = body["PerSecond"]
        self.moods.seconds_between.pop(operation, None)
        if per_second:
            self.moods.seconds_between[operation] = 1 / per_second
        return {}

    def _switch(self, body: Body, _: datetime) -> Body:
        self.outbox.tenant_name_on_sends = body.get("TenantNameOnSends", self.outbox.tenant_name_on_sends)
        self.ses.status_events = body.get("StatusEvents", self.ses.status_events)
        return {"TenantNameOnSends": self.outbox.tenant_name_on_sends, "StatusEvents": self.ses.status_events}

    def _pace_streams(self, body: Body, _: datetime) -> Body:
        self.streams.seconds_of_rest = float(body["SecondsOfRest"])
        return {}

    def _publish(self, body: Body, _: datetime) -> Body:
        for event in body["Events"]:
            inside.publish(event)
        return {"Published": len(body["Events"])}
