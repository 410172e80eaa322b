"""A recipient's address, wherever it stands in an event, is in no log line, example, notice or page."""

import copy
import json
from dataclasses import asdict, replace
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from reputation_guard import wiring
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.counts import Ledger
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.dossier import Dossier
from reputation_guard.domain.incident import opened
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.tenant import Tenant
from reputation_guard.pages.answers import page
from reputation_guard.pages.doors import by_iam
from reputation_guard.pages.incident_view import incident_view
from tests.aws.tables import COUNTS
from tests.fakes.builders import decision
from tests.functions.conftest import ARRIVED, Lines, client, from_queue, handler_of
from tests.fuzz.shapes import of_events, places, tried

LOCAL = "zq.jane+doe"
ADDRESS = f"{LOCAL}@example.net"
MAIL = of_events("bounce-hard*", "complaint*", "send-*", "unread-open")
WRITTEN = (ADDRESS, f"<{ADDRESS}>", f"550 no mailbox {LOCAL} here", f"a {ADDRESS}; b", ADDRESS.replace("@", "%40"))


@st.composite
def events(draw: st.DrawFn) -> str:
    """A real event with a recipient's address in the place of one of its texts, or as one of its names."""
    event = copy.deepcopy(draw(st.sampled_from(MAIL)))
    mail = event["detail"]["mail"]
    mail["destination"] = [ADDRESS, *mail["destination"]]
    for _ in range(draw(st.integers(1, 3))):
        *above, name = draw(st.sampled_from(list(places(event))[1:]))
        parent: Any = event
        for step in above:
            parent = parent[step]
        written = draw(st.sampled_from(WRITTEN))
        if isinstance(parent[name], str):
            parent[name] = written
        elif isinstance(parent[name], dict):
            parent[name][ADDRESS] = [written]
    return json.dumps(event)


@tried(30)
@given(events())
@example('{"detail": {"eventType": "zq.jane+doe@example.net"}}')
def test_nobody_reads_who_a_recipient_is(log: Lines, body: str) -> None:
    log.records.clear()
    handler_of("ingest")(from_queue(one=body), None)
    assert LOCAL not in " ".join(str(vars(record)) for record in log.records)
    items = client("dynamodb").scan(TableName=COUNTS)["Items"]
    assert LOCAL not in json.dumps(items, default=str)
    examples = wiring.counted().examples("CustomerA", ARRIVED)
    assert LOCAL not in told(examples)
    assert LOCAL not in json.dumps([asdict(each) for each in examples])


def told(examples: Any) -> str:
    """The notice of a pause with these examples, and the page of its incident."""
    made = replace(decision(tenant=Tenant(name="CustomerA"), at=ARRIVED), examples=examples)
    case = Announcement(id=f"{made.id}.TenantPaused", name=GuardEvent.TENANT_PAUSED, at=ARRIVED, decision=made)
    counts = wiring.counted().known(Ledger(tenant="CustomerA"), ARRIVED).counts
    incident = opened(case, "arn:1", ARRIVED)
    dossier = Dossier(incident=incident, tenant=None, counts=counts, delays=START_DELAYS, then=None, at=ARRIVED)
    notice = notice_of(case)
    return (
        notice.subject
        + notice.text
        + str(page("incident.html", incident_view(dossier, by_iam("CustomerA", incident.id, ""))).body)
    )
