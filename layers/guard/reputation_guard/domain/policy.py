"""The rules a tenant is judged by, and the modes the guard works in."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta
from enum import StrEnum
from types import MappingProxyType

# A window of so much and more is long: it is held to less evidence (docs/decisions.md, "long windows").
LONG_WINDOW = timedelta(hours=12)
_PART_IN_LONG_WINDOWS = 2 / 3


class Kind(StrEnum):
    """The two kinds of feedback: hard bounces and complaints."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"


class Mode(StrEnum):
    """Whether the guard acts (`enforce`) or only says what it would do (`observe`)."""

    OBSERVE = "observe"
    ENFORCE = "enforce"

    @staticmethod
    def most_cautious(*modes: "Mode | None") -> "Mode":
        """The mode in force: observe wins over enforce, whoever asks for it (Law 12)."""
        return Mode.OBSERVE if Mode.OBSERVE in modes else Mode.ENFORCE


class Resumes(StrEnum):
    """Who ends a pause: the guard, when its cool-down is over, or always a person."""

    AUTOMATIC = "automatic"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of the climb after a pause: whom to page, and how long they have before the next one is."""

    name: str
    wait: timedelta


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours of the day in which a warning waits, in an IANA time zone; `end` before `start` spans midnight."""

    start: time
    end: time
    zone: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What one kind of feedback is held against; rates are shares of 0..1.

    `prior` pseudo-sends tame tiny windows; `least` feedback must be there before a pause.
    """

    pause: float
    warn: float
    least: int
    prior: int
    prior_in_probation: int

    def prior_for(self, *, in_probation: bool) -> int:
        """The pseudo-sends of the standing."""
        return self.prior_in_probation if in_probation else self.prior


@dataclass(frozen=True, slots=True)
class Policy:
    """A tenant's rules. Evidence is in nats: 4.6 puts the one-sided 99 % lower bound of the rate above the limit.

    `cool_downs`: how long the first pause lasts, the second and so on; after the last of them a person decides. A pause
    for complaints lasts `least_complaint_cool_down` at least; `strike_decays` after the last pause all are forgotten.
    `enforced_share` (0..1): the share of the tenants, by their names, for whom `mode` may be enforce. `approvals`: how
    many people, 1 or 2, have to order a resume by hand.
    An acknowledgement lapses after `acknowledged_for`; `page_again` after the last of `rungs` all are paged again.
    """

    name: str
    version: int
    bounce: Limits
    complaint: Limits
    evidence_to_pause: float
    evidence_to_warn: float
    evidence_in_probation: float
    probation: timedelta
    cool_downs: tuple[timedelta, ...] = (
        timedelta(hours=1),
        timedelta(hours=6),
        timedelta(hours=24),
        timedelta(hours=72),
    )
    least_complaint_cool_down: timedelta = timedelta(hours=24)
    strike_decays: timedelta = timedelta(days=30)
    resumes: Resumes = Resumes.AUTOMATIC
    mode: Mode = Mode.ENFORCE
    enforced_share: float = 1.0
    rungs: tuple[Rung, ...] = (Rung("on-call", timedelta(minutes=15)), Rung("lead", timedelta(minutes=30)))
    acknowledged_for: timedelta = timedelta(hours=2)
    page_again: timedelta = timedelta(minutes=30)
    quiet_hours: QuietHours | None = None
    approvals: int = 1

    def mode_for(self, tenant: str) -> Mode:
        """What the policy allows for a tenant: the same ones stay enforced while the share grows."""
        place = zlib.crc32(tenant.encode()) / 2**32
        return self.mode if place < self.enforced_share else Mode.OBSERVE

    def evidence_needed(self, length: timedelta, *, in_probation: bool) -> float:
        """The nats that a pause needs from a window of this length.

        A long window needs two thirds of the policy's, never less than a warning does: a month holds 8,640 windows of
        five minutes and 60 of half a day, and the fewer chances there are to err, the less evidence keeps errors rare.
        """
        needed = self.evidence_in_probation if in_probation else self.evidence_to_pause
        if length < LONG_WINDOW:
            return needed
        return min(needed, max(self.evidence_to_warn, needed * _PART_IN_LONG_WINDOWS))

    def limits(self, kind: Kind) -> Limits:
        """The limits for one kind of feedback."""
        return self.bounce if kind is Kind.BOUNCE else self.complaint


# The gap in which the guard acts: SES pauses a tenant above 15 % / 1 % (Standard) or 10 % / 0.5 % (Strict), while the
# account is reviewed at 5 % / 0.1 % (docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html). See docs/policies.md.
_STANDARD = Policy(
    name="standard",
    version=1,
    bounce=Limits(pause=0.10, warn=0.05, least=4, prior=20, prior_in_probation=5),
    complaint=Limits(pause=0.005, warn=0.001, least=3, prior=100, prior_in_probation=100),
    evidence_to_pause=4.6,
    evidence_to_warn=3.0,
    evidence_in_probation=3.0,
    probation=timedelta(hours=24),
)

# Why these tiers: docs/policies.md, "Presets and tiers".
_FREE = replace(
    _STANDARD,
    name="free",
    evidence_to_pause=3.0,
    probation=timedelta(hours=48),
    cool_downs=(timedelta(hours=6), timedelta(hours=24)),
    rungs=(Rung("on-call", timedelta(minutes=30)), Rung("lead", timedelta(hours=2))),
)
_VIP = replace(
    _STANDARD,
    name="vip",
    evidence_to_pause=6.9,
    evidence_in_probation=4.6,
    resumes=Resumes.PERSON,
    rungs=(Rung("on-call", timedelta(minutes=5)), Rung("lead", timedelta(minutes=15))),
)

PRESETS: Mapping[str, Policy] = MappingProxyType(
    {
        "standard": _STANDARD,
        "strict": replace(_STANDARD, name="strict", evidence_to_pause=3.0),
        "conservative": replace(_STANDARD, name="conservative", evidence_to_pause=6.9),
        "free": _FREE,
        "pro": replace(_STANDARD, name="pro"),
        "vip": _VIP,
    }
)
