"""An incident as it may be on a bad day, and the pages of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.approval import Identity
from reputation_guard.domain.decision import Example, GuardEvent
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.dossier import Dossier, Member
from reputation_guard.domain.escalation import plan
from reputation_guard.domain.incident import Cause, Incident, Signal, SignalKind, opened, paged, tenant_of
from reputation_guard.domain.policy import Kind, Mode
from reputation_guard.domain.preflight import Preflight, preflight
from reputation_guard.domain.sending import Finding, Sending, SendingStatus
from reputation_guard.domain.telling import told
from reputation_guard.domain.tenant import Owner, Pause, Standing, Tenant
from reputation_guard.pages.doors import Doors, by_iam, by_link
from reputation_guard.pages.incident_view import IncidentView, incident_view
from reputation_guard.wire import order as wire
from tests.fakes.builders import NOW, STANDARD, ago, case, counts, decision, tenant
from tests.wire.stories import story

HOLD = timedelta(seconds=20)
BY_LINK = by_link("a-link", "a-form", may_act=False)
BY_IAM = by_iam("shop", "shop.4", "a-form")
FINDING = Finding("BOUNCE", "HIGH", "The bounce rate of this tenant is high.")
PAUSED = tenant(
    version=4,
    standing=Standing.PAUSED,
    stops=frozenset({Owner.GUARD}),
    pause=Pause(Kind.BOUNCE, ago(hours=1), ago(minutes=14), NOW + timedelta(minutes=46)),
    decided="shop.4",
    findings=(FINDING,),
)
COUNTS = counts(
    sends={slot: 300 + slot % 7 * 20 for slot in range(3, 60)},
    bounces={slot: 3 + slot % 4 for slot in range(12, 60)} | {slot: 70 - 4 * slot for slot in range(3, 12)},
    complaints={4: 1, 9: 2, 30: 1},
)


def example_incident() -> Incident:
    """Paused a quarter of an hour ago, paged twice, acknowledged by nobody, with a note."""
    examples = tuple(
        Example(Kind.BOUNCE, domain, "smtp; 550 5.1.1 <redacted>: user unknown in virtual mailbox table", "192.0.2.10")
        for domain in ("example.com", "example.com", "example.org", "mail.example.net")
    )
    made = decision(at=ago(minutes=14), because=case(), examples=examples)
    announced = Announcement(id=f"{made.id}.TenantPaused", name=made.announces or "", at=made.at, decision=made)  # type: ignore[arg-type]
    incident = opened(announced, "arn:1", ago(minutes=14))
    incident, _ = paged(incident, Cause.FIRST, (0,), ago(minutes=13))
    incident = told(incident, said(SignalKind.NOTED, 5, text="Its customer list was bought. <script>alert(1)</script>"))
    return told(incident, replace(said(SignalKind.JOINED, 4, about="acme.9"), by="guard"))


def of_account(event: GuardEvent) -> Incident:
    """The incident that a guard event about the whole account began, at the end of its story."""
    told = story(event)
    assert isinstance(told, Announcement)
    return opened(told, "arn:1", told.at)


def said(kind: SignalKind, minutes: float, **more: object) -> Signal:
    """What Olga Operator said so many minutes ago."""
    return Signal(id=f"{kind}{minutes}", kind=kind, at=ago(minutes=minutes), by="Olga Operator", **more)  # type: ignore[arg-type]


def dossier(incident: Incident | None = None, record: Tenant | None = PAUSED) -> Dossier:
    """All that is known of the incident now."""
    found = incident or example_incident()
    return Dossier(
        incident=found,
        tenant=record,
        counts=COUNTS,
        delays=START_DELAYS,
        then=plan(found, record, HOLD, NOW),
        at=NOW,
        members=(Member(found.id, found.tenant, record), *map(_member, found.members)),
    )


def _member(incident: str) -> Member:
    name = tenant_of(incident)
    return Member(incident, name, replace(PAUSED, name=name, decided=incident))


def view(incident: Incident | None = None, doors: Doors = BY_LINK) -> IncidentView:
    """The page of the incident."""
    return incident_view(dossier(incident), doors)


def foreseen() -> Preflight:
    """The pre-flight of a resume."""
    found = preflight(
        PAUSED,
        counts=COUNTS,
        policy=STANDARD,
        delays=START_DELAYS,
        mode=Mode.ENFORCE,
        now=NOW,
        sending=SendingStatus(aggregate=Sending.DISABLED, customer_managed=Sending.DISABLED),
        findings=(FINDING,),
        paused_by=replace(decision(at=ago(minutes=14)), operator="", reason=""),
    )
    return replace(found, incident="shop.4", version=2)


def together() -> tuple[dict[str, Any], ...]:
    """Dry runs of a resume: of two tenants, one of which SES has stopped."""
    shop = {**wire.foreseen(foreseen()), "tenant": "shop", "incident": "shop.4"}
    refused = {"error": "StoppedBySes", "message": "SES itself has stopped acme: only AWS Support can lift this."}
    return shop, {**wire.foreseen(replace(foreseen(), tenant="acme", incident="acme.9")), "tenant": "acme", **refused}


OLGA = Identity("arn:aws:iam::123456789012:user/olga", proved=True)
