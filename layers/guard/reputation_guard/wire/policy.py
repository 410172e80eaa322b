"""Policies as documents: what people write, the book stores and `docs/policy.schema.json` describes."""

import json
import tomllib
from dataclasses import asdict
from datetime import time, timedelta
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from reputation_guard.domain import policy as domain
from reputation_guard.domain.policy import PRESETS, Mode, Policy, Resumes
from reputation_guard.wire import MalformedError, malformed
from reputation_guard.wire.written import Duration, Time, Zone, in_largest_unit, refused

# A tenant whose pauses are forgotten sooner than it is paused again is paused and resumed all day.
_SHORTEST_MEMORY = timedelta(days=1)
_MOST_COOL_DOWNS = 10
_MOST_RUNGS = 10


_Rate = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
_Nats = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
_Number = Annotated[int, Field(ge=1, le=1_000_000)]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class _Model(BaseModel):
    # Defaults are checked too, because a default may contradict what was written beside it.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


def _nothing_is_required(schema: dict[str, Any]) -> None:
    del schema["required"]


class _Limits(_Model):
    """What one kind of feedback is held against; rates are shares, 0.05 is 5 %."""

    # What is left out is filled in before, by the kind.
    model_config = ConfigDict(json_schema_extra=_nothing_is_required)

    pause: _Rate = Field(description="The rate a tenant is paused for, once the evidence says it is above.")
    warn: _Rate = Field(description="The rate a tenant is warned for; below that for a pause.")
    least: _Number = Field(description="Feedback that must be there before a pause.")
    prior: _Number = Field(description="Pseudo-sends that tame tiny windows.")
    prior_in_probation: _Number = Field(description="The same in probation; not more than prior.")

    @field_validator("warn")
    @classmethod
    def _warns_first(cls, warn: float, info: ValidationInfo) -> float:
        if warn >= info.data.get("pause", 1.1):
            raise refused(f"must be below pause ({info.data['pause']:g})")
        return warn

    @field_validator("prior_in_probation")
    @classmethod
    def _is_stricter(cls, prior: int, info: ValidationInfo) -> int:
        if prior > info.data.get("prior", prior):
            raise refused(f"must not be above prior ({info.data['prior']})")
        return prior

    @classmethod
    def of(cls, limits: domain.Limits) -> "_Limits":
        return cls.model_validate(limits, from_attributes=True)

    def to_domain(self) -> domain.Limits:
        return domain.Limits(**self.model_dump())


class _Rung(_Model):
    """One level of the climb after a pause."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(description="Whom to page.")
    wait: Duration = Field(description="How long they have before the next rung is paged.")


class _QuietHours(_Model):
    """The hours of the day in which a warning waits; an end before the start spans midnight."""

    start: Time
    end: Time
    zone: Zone

    @field_validator("end")
    @classmethod
    def _is_not_the_whole_day(cls, end: time, info: ValidationInfo) -> time:
        if end == info.data.get("start"):
            raise refused("must differ from start")
        return end


_STANDARD = PRESETS["standard"]


def _filled_from(limits: domain.Limits) -> BeforeValidator:
    """Let a document leave out some limits of a kind: they are these."""
    usual = asdict(limits)
    return BeforeValidator(lambda written: usual | written if isinstance(written, dict) else written)


class PolicyDocument(_Model):
    """A policy of Reputation Guard. What a document leaves out is as in `standard`.

    Rates are shares (0.05 is 5 %), evidence is in nats (4.6: 99 % confidence), durations a number and a unit (24h).
    """

    name: _Name = Field(description="By this name a tenant is assigned or tagged.")
    version: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="The version this document was made from; the guard numbers what is put."
    )
    bounce: Annotated[_Limits, _filled_from(_STANDARD.bounce)] = _Limits.of(_STANDARD.bounce)
    complaint: Annotated[_Limits, _filled_from(_STANDARD.complaint)] = _Limits.of(_STANDARD.complaint)
    evidence_to_pause: _Nats = _STANDARD.evidence_to_pause
    evidence_to_warn: _Nats = _STANDARD.evidence_to_warn
    evidence_in_probation: _Nats = Field(
        default=_STANDARD.evidence_in_probation, description="To pause in probation; not more than evidence_to_pause."
    )
    probation: Duration = Field(
        default=_STANDARD.probation, description="How long a resumed tenant is watched more closely."
    )
    cool_downs: tuple[Duration, ...] = Field(
        default=_STANDARD.cool_downs,
        min_length=1,
        max_length=_MOST_COOL_DOWNS,
        description="How long the first pause lasts, the second and so on; after the last of them a person decides.",
    )
    least_complaint_cool_down: Duration = Field(
        default=_STANDARD.least_complaint_cool_down, description="The least for a pause for complaints."
    )
    strike_decays: Duration = Field(
        default=_STANDARD.strike_decays,
        description="So long after its last pause all are forgotten; 1d at least, no less than probation and pauses.",
    )
    resumes: Resumes = Field(default=_STANDARD.resumes, description="Whether the guard ends a pause, or a person.")
    mode: Mode = Field(default=_STANDARD.mode, description="observe only advises, whatever the deployment's mode is.")
    enforced_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = Field(
        default=_STANDARD.enforced_share,
        description="The share of its tenants, by their names, for whom mode may be enforce.",
    )
    approvals: Annotated[int, Field(ge=1, le=2)] = Field(
        default=_STANDARD.approvals,
        description="How many people have to order a resume by hand: with 2, a second one within an hour of the first.",
    )
    rungs: tuple[_Rung, ...] = Field(
        default=tuple(_Rung(name=rung.name, wait=rung.wait) for rung in _STANDARD.rungs),
        min_length=1,
        max_length=_MOST_RUNGS,
        description="Who is paged after a pause, one after the other, until somebody answers.",
    )
    acknowledged_for: Duration = Field(
        default=_STANDARD.acknowledged_for, description="So long an acknowledgement stops the climb; then it lapses."
    )
    page_again: Duration = Field(
        default=_STANDARD.page_again,
        description="So long after the last rung all are paged again; each time twice as long, up to four hours.",
    )
    quiet_hours: _QuietHours | None = Field(
        default=None, description="The hours of the day in which a warning waits for the digest; never a pause."
    )

    @field_validator("evidence_in_probation")
    @classmethod
    def _probation_is_stricter(cls, nats: float, info: ValidationInfo) -> float:
        if nats > info.data.get("evidence_to_pause", nats):
            raise refused(f"must not be above evidence_to_pause ({info.data['evidence_to_pause']:g})")
        return nats

    @field_validator("cool_downs")
    @classmethod
    def _each_lasts_longer(cls, lengths: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
        if list(lengths) != sorted(lengths):
            raise refused("must not become shorter from one pause to the next")
        return lengths

    @field_validator("strike_decays")
    @classmethod
    def _is_remembered_until_the_next(cls, memory: timedelta, info: ValidationInfo) -> timedelta:
        if memory < _SHORTEST_MEMORY:
            raise refused(f"must not be below {in_largest_unit(_SHORTEST_MEMORY)}")
        # The last cool-down is the longest. What was refused by itself is not there.
        cool_downs: tuple[timedelta, ...] = info.data.get("cool_downs", ())
        lengths = {"cool_downs": cool_downs[-1]} if cool_downs else {}
        lengths |= {each: info.data[each] for each in ("probation", "least_complaint_cool_down") if each in info.data}
        longest, name = max(((length, name) for name, length in lengths.items()), default=(memory, ""))
        if memory < longest:
            raise refused(f"must not be below {name} ({in_largest_unit(longest)})")
        return memory

    @field_validator("rungs")
    @classmethod
    def _are_told_apart(cls, rungs: tuple[_Rung, ...]) -> tuple[_Rung, ...]:
        if len({rung.name for rung in rungs}) < len(rungs):
            raise refused("must each have a name of their own")
        return rungs

    def to_domain(self, version: int) -> Policy:
        """The policy that this document becomes as the given version."""
        quiet = self.quiet_hours
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return Policy(
            **fields
            | {
                "version": version,
                "bounce": self.bounce.to_domain(),
                "complaint": self.complaint.to_domain(),
                "rungs": tuple(domain.Rung(rung.name, rung.wait) for rung in self.rungs),
                "quiet_hours": domain.QuietHours(quiet.start, quiet.end, quiet.zone) if quiet else None,
            }
        )


def document_of(policy: Policy) -> dict[str, Any]:
    """A policy as the plain values of a whole document, with its version; it can be put again as it is."""
    document = PolicyDocument.model_validate(policy, from_attributes=True)
    return document.model_dump(mode="json", exclude_none=True)


def read_document(document: object) -> PolicyDocument:
    """Read the plain values of a document. Raises `MalformedError` with the field that is wrong, and the reason."""
    try:
        written = json.dumps(document, default=str)
    except (ValueError, RecursionError) as error:
        raise MalformedError("document", f"cannot be JSON: {error}") from None
    try:
        return PolicyDocument.model_validate_json(written)
    except ValidationError as error:
        first = malformed(error)
        raise MalformedError("document" if first.field == "body" else first.field, first.problem) from None


def parse_document(text: str, *, is_toml: bool) -> PolicyDocument:
    """Read what a person wrote, in JSON or TOML. Raises `MalformedError`, also where it is neither."""
    try:
        written = tomllib.loads(text) if is_toml else json.loads(text)
    # Both read deeper nesting than Python can, and longer numbers, with errors that are not their own.
    except (ValueError, RecursionError) as error:
        raise MalformedError("document", f"is no {'TOML' if is_toml else 'JSON'}: {error}") from None
    return read_document(written)


def schema() -> dict[str, Any]:
    """The JSON Schema of a document."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | PolicyDocument.model_json_schema()
