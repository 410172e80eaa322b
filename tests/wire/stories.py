"""One story for each guard event: the guard lives it on fakes, and its end is what `events/announced-*.json` shows.

When what the guard publishes changes on purpose, `python -m tests.wire.stories` writes the files anew.
"""

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.approval import Identity
from reputation_guard.domain.brake import Person
from reputation_guard.domain.counts import slot_of
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.escalation import IncidentAnnouncement
from reputation_guard.domain.incident import Signal, SignalKind
from reputation_guard.domain.mail import MailEvent
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.sending import MANUALLY_UPDATED, Finding, Sending
from reputation_guard.ports.errors import RefusedError
from reputation_guard.usecases.adopt import adopt
from reputation_guard.usecases.brake import drop
from reputation_guard.usecases.escalate import claim, look
from reputation_guard.usecases.group import Escalation
from reputation_guard.usecases.orders import Order
from reputation_guard.usecases.resume import resume
from reputation_guard.usecases.tell import Hearing, pass_on, tell
from reputation_guard.usecases.watch import Watching, watch
from reputation_guard.wire.announcement import SOURCE, detail_of
from tests.fakes.builders import NOW, ago, bounce, complaint, send, tags
from tests.fakes.counts import InMemoryCounts
from tests.fakes.incidents import InMemoryDoorbell, InMemoryExecutions, InMemoryIncidents
from tests.fakes.ses import ENABLED, arn_of
from tests.usecases.world import World

EVENTS = Path(__file__).resolve().parents[2] / "events"
NAME = "CustomerA"
ARN = f"arn:aws:ses:us-east-1:123456789012:tenant/{NAME}/tn-1a2b3c4d5e6f7a8b9c0d1e2f3a4b5"
INCIDENT = f"{NAME}.3"
OPERATOR = "arn:aws:sts::123456789012:assumed-role/OnCall/olga"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:escalation:e-1"
NOT_ALLOWED = "User is not authorized to perform: ses:UpdateReputationEntityCustomerManagedStatus"
FINDING = Finding("BOUNCE", "HIGH", "The bounce rate exceeded 15.0% based on a representative volume of 400 emails.")
A_MOMENT = timedelta(seconds=2)
# Twenty recipients a mail, as a newsletter's batch has them.
RECIPIENTS = 20


def story(event: GuardEvent) -> Announcement | IncidentAnnouncement:
    """The announcement that the story of a guard event ends with."""
    world = World()
    world.ses.statuses[ARN] = replace(ENABLED, ses_managed=Sending.ENABLED)
    STORIES[event](world)
    heard: list[Announcement | IncidentAnnouncement] = [*world.bus.announced, *world.bus.of_incidents]
    (told,) = (each for each in heard if each.name is event)
    return told


def published(event: GuardEvent) -> dict[str, Any]:
    """The guard event of a story as it leaves the guard bus."""
    told = story(event)
    return {
        "version": "0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, told.id)),
        "detail-type": told.name.value,
        "source": SOURCE,
        "account": "123456789012",
        "time": f"{told.at:%Y-%m-%dT%H:%M:%SZ}",
        "region": "us-east-1",
        "resources": [arn] if (arn := told.tenant_arn) else [],
        "detail": json.loads(detail_of(told)),
    }


def file_of(event: GuardEvent) -> Path:
    """Where the guard event is shown: `TenantPaused` in `announced-tenant-paused.json`."""
    words = re.findall("[A-Z][a-z]+", event)
    return EVENTS / f"announced-{'-'.join(words).lower()}.json"


def _mail(bounced: int, *, sent_at: datetime, sends: int = 400, name: str = NAME) -> list[MailEvent]:
    """Mails of a tenant to so many recipients, of which so many bounced and one complained."""
    messages = [f"{name}-{sent_at:%H%M%S}-{number}" for number in range(sends // RECIPIENTS)]
    of_all: dict[str, Any] = {"sent_at": sent_at, "tags": tags(name, configuration_set=name)}
    sent = [send(each, recipients=RECIPIENTS, **of_all) for each in messages]
    full, rest = divmod(bounced, RECIPIENTS)
    sizes = [RECIPIENTS] * full + [rest] * (rest > 0)
    bounces = [bounce(each, recipients=size, **of_all) for each, size in zip(messages, sizes, strict=False)]
    return [*sent, *bounces, complaint(messages[-1], feedback=messages[-1], **of_all)]


def _judged(world: World, bounced: int) -> None:
    """The guard has known the tenant by good mail for a while; half an hour ago it sent to a new list."""
    world.arrive(_mail(1, sent_at=ago(hours=5)), ago(hours=5))
    adopt(NAME, world.mirror(), ago(hours=4))
    world.judged(_mail(bounced, sent_at=ago(minutes=30)), NOW)


def _warned(world: World) -> None:
    _judged(world, 40)
    world.enforce(NOW + A_MOMENT)


def _advised(world: World) -> None:
    world.mode = Mode.OBSERVE
    _paused(world)


def _paused(world: World) -> None:
    _judged(world, 90)
    world.enforce(NOW + A_MOMENT)


def _pause_refused(world: World) -> None:
    world.ses.answers = [RefusedError("AccessDeniedException", NOT_ALLOWED)]
    _paused(world)


def _resumed(world: World) -> None:
    """Its cool-down is over, and the guard itself lets it go again."""
    _paused(world)
    world.ses.open_findings[ARN] = (FINDING,)
    adopt(NAME, world.mirror(), NOW + timedelta(minutes=20))
    an_hour_later = NOW + timedelta(hours=1)
    world.ses.now = an_hour_later
    world.review(an_hour_later)
    world.enforce(an_hour_later + A_MOMENT)


def _resume_refused(world: World) -> None:
    """An operator resumes it, and SES itself stops it before the order is carried out."""
    _paused(world)
    later = NOW + timedelta(minutes=20)
    world.ses.now = later
    resume(Order(NAME, "the list was cleaned", Identity("night shift")), world.resuming(), later)
    world.ses.change(ARN, ses_managed=Sending.DISABLED, cause=MANUALLY_UPDATED)
    world.enforce(later + A_MOMENT)


def _unseen(world: World) -> None:
    """Bounces name their tenant, sends through a configuration set that it shares do not."""
    world.ses.associations["shared"] = (NAME, "CustomerB")
    messages = [f"shared-{number}" for number in range(60)]
    sent_at = ago(minutes=30)
    world.count([send("first", tenant="CustomerB", sent_at=ago(hours=5))], ago(hours=5))
    sends = [send(each, sent_at=sent_at, tags=tags(configuration_set="shared")) for each in messages]
    bounces = [bounce(each, sent_at=sent_at, tags=tags(NAME, configuration_set="shared")) for each in messages[:30]]
    world.judged([*sends, *bounces], NOW)
    world.enforce(NOW + A_MOMENT)


def _at_risk(world: World) -> None:
    """All mail together is near the line, and two tenants made it so."""
    world.counts = InMemoryCounts()
    world.count([send("first", tenant="CustomerB", sent_at=ago(days=9))], ago(days=9))
    mine = _mail(330, sends=5000, sent_at=ago(hours=2))
    world.judged([*mine, *_mail(120, sends=5000, sent_at=ago(hours=1), name="CustomerB")], NOW)
    world.enforce(NOW + A_MOMENT)


def _escalation(world: World, incidents: InMemoryIncidents) -> Escalation:
    return Escalation(
        incidents, world.book, world.bus, Hearing(incidents, InMemoryDoorbell()), InMemoryExecutions(), A_MOMENT
    )


def _begun(world: World) -> Escalation:
    """Its pause was announced, and its episode claimed."""
    _paused(world)
    escalation = _escalation(world, InMemoryIncidents())
    (case,) = world.bus.announced
    claim(case, EXECUTION, escalation, NOW + A_MOMENT)
    return escalation


def _raised(world: World) -> None:
    """Nobody else is paused within the moment that a page waits, so it tells of this tenant alone."""
    look(INCIDENT, _begun(world), NOW + 2 * A_MOMENT)


def _acknowledged(world: World) -> None:
    """Whoever is on call says so by the operators' URL, before anybody was paged."""
    escalation = _begun(world)
    at = NOW + timedelta(seconds=3)
    said = Signal(
        id="1f0a", kind=SignalKind.ACKNOWLEDGED, at=at, by=OPERATOR, proved=True, text="on it, calling their owner"
    )
    tell(INCIDENT, said, escalation.hearing)
    look(INCIDENT, escalation, at)


def _closed(world: World) -> None:
    """An operator resumes it, and its probation passes without a new pause."""
    escalation = _begun(world)
    later = NOW + timedelta(minutes=20)
    world.ses.now = later
    resume(Order(NAME, "the list was cleaned", Identity("night shift")), world.resuming(), later)
    world.enforce(later + A_MOMENT)
    pass_on(world.bus.announced[-1], escalation.hearing)
    a_day_later = later + timedelta(days=1)
    world.ses.now = a_day_later
    world.review(a_day_later)
    look(INCIDENT, escalation, a_day_later + timedelta(minutes=1))


def _braked(world: World) -> None:
    """Four tenants turn bad at once, and three pauses an hour are the guard's own decision."""
    for name in ("north", "east", "south", NAME):
        world.ses.statuses.setdefault(ARN if name == NAME else arn_of(name), ENABLED)
        world.judged(_mail(90, sent_at=ago(minutes=30), name=name), NOW)
    world.review(NOW + A_MOMENT)
    world.enforce(NOW + A_MOMENT)


def _brake_released(world: World) -> None:
    """A person drops what was kept, and the next review sees it."""
    _braked(world)
    drop(NAME, Person("night shift", "the provider was down", NOW + A_MOMENT), world.brake, world.book)
    world.review(NOW + timedelta(minutes=1))
    world.enforce(NOW + timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class _Reported:
    """`ports.reported.ReportedSends`: SES sends 400 mails every five minutes."""

    def sent(self, since: datetime, until: datetime) -> dict[int, float]:
        return dict.fromkeys(range(slot_of(since), slot_of(until)), 400.0)


def _watched(world: World, now: datetime) -> None:
    watching = Watching(_Reported(), world.counts, world.counts, world.book, world.policies, world.mode)
    watch(watching, now)
    world.enforce(now + A_MOMENT)


def _mails(world: World, first: datetime, last: datetime) -> None:
    """The guard sees 400 sends every five minutes."""
    at = first
    while at < last:
        world.arrive([send(f"{at:%H%M}", recipients=400, sent_at=at, tags=tags(NAME))], at)
        at += timedelta(minutes=5)


def _blinded(world: World) -> None:
    """Three hours of mail were seen, and then nothing came for an hour, while SES went on sending."""
    world.counts = InMemoryCounts()
    _mails(world, ago(hours=4), ago(hours=1))
    _watched(world, NOW)


def _sighted(world: World) -> None:
    """Half an hour later mail events come again."""
    _blinded(world)
    later = NOW + timedelta(minutes=30)
    _mails(world, NOW + timedelta(minutes=5), later)
    _watched(world, later)


STORIES: dict[GuardEvent, Callable[[World], None]] = {
    GuardEvent.TENANT_WARNED: _warned,
    GuardEvent.PAUSE_ADVISED: _advised,
    GuardEvent.TENANT_PAUSED: _paused,
    GuardEvent.PAUSE_REFUSED: _pause_refused,
    GuardEvent.TENANT_RESUMED: _resumed,
    GuardEvent.RESUME_REFUSED: _resume_refused,
    GuardEvent.SENDS_UNSEEN: _unseen,
    GuardEvent.ACCOUNT_AT_RISK: _at_risk,
    GuardEvent.BRAKE_ENGAGED: _braked,
    GuardEvent.BRAKE_RELEASED: _brake_released,
    GuardEvent.GUARD_BLINDED: _blinded,
    GuardEvent.GUARD_SIGHTED: _sighted,
    GuardEvent.ESCALATION_RAISED: _raised,
    GuardEvent.ESCALATION_ACKNOWLEDGED: _acknowledged,
    GuardEvent.INCIDENT_CLOSED: _closed,
}

if __name__ == "__main__":
    for each in STORIES:
        file_of(each).write_text(json.dumps(published(each), indent=2) + "\n", encoding="utf-8")
