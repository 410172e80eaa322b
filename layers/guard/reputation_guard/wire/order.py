"""An operator's order to resume or pause a tenant, and the answer."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from reputation_guard.domain.approval import Identity
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.preflight import Preflight
from reputation_guard.domain.preflight_words import preflight_in_words
from reputation_guard.domain.tenant import Tenant, can_be_at_ses
from reputation_guard.domain.words import NO_TENANTS_NAME, NOT_ONE_LINE
from reputation_guard.ports.errors import RefusedError, StaleError, UnavailableError
from reputation_guard.usecases.orders import Order, OrderRefusedError
from reputation_guard.wire import MalformedError, malformed

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# In a form, since browsers send an empty field as one that is not there.
NONE_SEEN = "none"
_DECIDED = "Decided. SES is called within moments; a notice says how it went."
_Version = Annotated[int, Field(ge=0)]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: _Name
    reason: _Text
    operator: _Text


class _Resume(_Order):
    incident: _Name | None = None
    version: _Version | None = None
    dry_run: Literal[False] = False


class _DryRun(BaseModel):
    """It changes nothing, so nobody has to answer for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: _Name
    reason: _Text = ""
    operator: _Text = "nobody"
    incident: _Name | None = None
    version: _Version | None = None
    dry_run: Literal[True]


def parse_resume(payload: object, *, proved: bool = False) -> Order:
    """Read an order to resume. Raises `MalformedError` with the field that is missing, misspelt or not as it should be.

    A version is that of an incident as the operator saw it, so it is refused without one.
    Whoever invokes a function may write any name into the order, so the operator is as declared unless
    IAM vouches for it (`proved`).
    """
    dry_run = isinstance(payload, dict) and payload.get("dry_run") is True
    order = _parsed(_DryRun if dry_run else _Resume, payload)
    if order.version is not None and order.incident is None:
        # Passed over, it would let through what somebody meant to be refused.
        raise MalformedError("version", "is that of an incident: name the incident too")
    return Order(order.tenant, order.reason, Identity(order.operator, proved), order.incident, order.version, dry_run)


def parse_pause(payload: object, *, proved: bool = False) -> Order:
    """Read an order to pause. Raises `MalformedError` as `parse_resume` does."""
    order = _parsed(_Order, payload)
    return Order(order.tenant, order.reason, Identity(order.operator, proved))


def _parsed(model: type[BaseModel], payload: object) -> Any:
    try:
        order: Any = model.model_validate(payload)
    except ValidationError as error:
        first = malformed(error)
        if error.errors()[0]["type"] == "string_too_short":
            raise MalformedError(first.field, "is empty; say it, people will read it") from None
        raise first from None
    if not can_be_at_ses(order.tenant):
        raise MalformedError("tenant", NO_TENANTS_NAME)
    for field in ("reason", "operator"):
        if not str(getattr(order, field) or "-").isprintable():
            raise MalformedError(field, NOT_ONE_LINE)
    return order


def parse_seen(seen: str) -> dict[str, int | None]:
    """The incidents that a page for several showed, `ID:VERSION` each, and how much each had been told; None: nothing.

    Raises `MalformedError`.
    """
    found: dict[str, int | None] = {}
    for each in seen.split():
        incident, _, version = each.rpartition(":")
        if not incident or not (version or "0").isdecimal():
            raise MalformedError("seen", "is no list of incidents and versions")
        found[incident] = int(version) if version else None
    return found


def as_seen(form: dict[str, str]) -> dict[str, str]:
    """The fields of a form to resume, which say which incident its page showed, and how much that had been told.

    A page that knew of none says so. Raises `MalformedError` where either is missing: by such a form somebody would
    resume what nobody looked at.
    """
    for field in ("incident", "version"):
        if field not in form:
            raise MalformedError(field, "is missing: it has to say what its page showed")
    return {name: text for name, text in form.items() if name not in {"incident", "version"} or text != NONE_SEEN}


def answered(done: str, carry_out: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The answer to an order; where it cannot be carried out, clearly why not. `done`: what it would have been."""

    def refusal(code: str, message: str) -> dict[str, Any]:
        return {done: False, "error": code, "message": message}

    try:
        return carry_out()
    except MalformedError as error:
        return refusal("BadOrder", f"{error.field}: {error.problem}")
    except OrderRefusedError as error:
        return refusal(error.code, error.advice)
    except StaleError:
        return refusal(
            "ChangedMeanwhile", "The tenant's record changed just now: look at it again, then give the order."
        )
    except RefusedError as error:
        return refusal("RefusedBySes", ": ".join(map(str, error.args)))
    except UnavailableError as error:
        return refusal("NotNow", f"AWS did not answer as it should ({error}): try again in a minute.")


def resumed(decision: Decision, tenant: Tenant) -> dict[str, Any]:
    """The answer to a resume that is decided."""
    return {
        "resumed": True,
        "decision": decision.id,
        "tenant": tenant.name,
        "standing": tenant.standing,
        "fence": tenant.fence.isoformat() if tenant.fence else None,
        "probation_ends": tenant.probation_ends.isoformat() if tenant.probation_ends else None,
        "message": _DECIDED,
    }


def paused(decision: Decision, tenant: Tenant) -> dict[str, Any]:
    """The answer to a pause that is decided."""
    return {
        "paused": True,
        "decision": decision.id,
        "tenant": tenant.name,
        "standing": tenant.standing,
        "message": _DECIDED,
    }


def foreseen(found: Preflight) -> dict[str, Any]:
    """The answer to a dry run: the pre-flight for programs, and its lines for people."""
    plain: dict[str, Any] = TypeAdapter(Preflight).dump_python(found, mode="json")
    refusal = {"error": found.refusal.code, "message": found.refusal.advice} if found.refusal else {}
    return {"resumed": False, "dry_run": True, "preflight": plain, "lines": preflight_in_words(found), **refusal}
