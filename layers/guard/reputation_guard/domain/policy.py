"""The rules a tenant is judged by, and the modes the guard works in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType


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
    """A tenant's rules. Evidence is in nats: 4.6 puts the one-sided 99 % lower bound of the rate above the limit."""

    name: str
    version: int
    bounce: Limits
    complaint: Limits
    evidence_to_pause: float
    evidence_to_warn: float
    evidence_in_probation: float
    probation: timedelta

    def limits(self, kind: Kind) -> Limits:
        """The limits for one kind of feedback."""
        return self.bounce if kind is Kind.BOUNCE else self.complaint


# The gap in which the guard acts: SES pauses a tenant above 15 % / 1 % (Standard) or 10 % / 0.5 % (Strict), while the
# account is reviewed at 5 % / 0.1 % (docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html). See docs/policies.md.
_STANDARD = Policy(
    name="standard",
    version=1,
    bounce=Limits(pause=0.10, warn=0.05, least=4, prior=20, prior_in_probation=5),
    complaint=Limits(pause=0.005, warn=0.001, least=3, prior=400, prior_in_probation=100),
    evidence_to_pause=4.6,
    evidence_to_warn=3.0,
    evidence_in_probation=3.0,
    probation=timedelta(hours=24),
)

PRESETS: Mapping[str, Policy] = MappingProxyType(
    {
        "standard": _STANDARD,
        "strict": replace(_STANDARD, name="strict", evidence_to_pause=3.0),
        "conservative": replace(_STANDARD, name="conservative", evidence_to_pause=6.9),
    }
)
