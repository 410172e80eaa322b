"""Read which policy a tenant's tag at SES names: soon after it is discovered, and then once a day."""

from dataclasses import replace
from datetime import datetime

from reputation_guard.domain.account import tightened
from reputation_guard.domain.decision import Answer, Decision
from reputation_guard.domain.judgement import decide_from
from reputation_guard.domain.policy import Policy
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.book import Book
from reputation_guard.ports.errors import GoneError, NoRightError, RefusedError, StaleError, UnavailableError
from reputation_guard.ports.ses import Described, TenantTags
from reputation_guard.usecases.fresh import on_fresh_record

# SES takes about one call a second, and the enforcer's come first.
_A_MINUTES_WORTH = 20


def read_tags(tags: TenantTags, book: Book, now: datetime) -> dict[str, str]:
    """Read the tags whose time has come, at SES's pace; returns why a tenant was left without an answer.

    What SES does not answer, or tells nobody without a right, ends this review's asking and nothing else. What it
    refuses of one tenant it would refuse again in a minute: that one has its next turn in a day, and keeps nobody
    waiting. Whoever gets no answer keeps the tag it had.
    """
    left: dict[str, str] = {}
    for name in book.tags_due(now)[:_A_MINUTES_WORTH]:
        found: Described | None
        try:
            found = tags.describe(name)
        except GoneError:
            found = Described("", "")  # SES knows no such tenant (any more): nobody tags it
        except (UnavailableError, NoRightError) as error:
            return left | {name: repr(error)}
        except RefusedError as error:
            found, left[name] = None, repr(error)
        try:
            on_fresh_record(lambda: _note(name, found, book, now))  # noqa: B023 - called at once
        except StaleError as error:
            left[name] = repr(error)
    return left


def with_its_tag(tenant: Tenant, tags: TenantTags, book: Book, now: datetime) -> Tenant:
    """The record once it is known what its tag says, read now if it never was and a person assigned no policy.

    Raises `UnavailableError` where SES does not answer, and `StaleError`. What SES refuses it would refuse again: the
    tenant has no tag then, so that a missing right cannot keep it sending.
    """
    if tenant.assigned_policy or tenant.tags_read_at:
        return tenant
    try:
        found = tags.describe(tenant.name)
    except RefusedError:
        return tenant
    return on_fresh_record(lambda: _note(tenant.name, found, book, now)) or tenant


def pauses_by(policy: Policy, decision: Decision) -> bool:
    """Whether a pause would have been decided by this policy too, on the mail it was decided on."""
    if not decision.judged:
        return True
    again = decide_from(
        decision.windows,
        policy=tightened(policy, decision.budget),
        tenant=decision.tenant,
        mode=decision.mode,
        now=decision.at,
        mails_per_minute=decision.mails_per_minute,
    )
    return again.answer is Answer.PAUSE


def _note(name: str, found: Described | None, book: Book, now: datetime) -> Tenant | None:
    before = book.tenant(name)
    if before is None:
        return None
    if found is None:
        return book.note_tag(before, before.tagged_policy, now)
    # Who has no ARN on record yet need not be asked for it by a call of its own.
    return book.note_tag(replace(before, arn=before.arn or found.arn or None), found.policy, now)
