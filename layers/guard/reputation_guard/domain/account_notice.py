"""What people read of the account's own risk."""

from collections.abc import Iterable, Iterator

from reputation_guard.domain.account import REVIEW, SHARE_TO_TIGHTEN, AccountRisk, is_over_the_line
from reputation_guard.domain.decision import Case, Decision
from reputation_guard.domain.windows import Window
from reputation_guard.domain.words import case_in_words, feedback_in_words, in_words, percent


def is_over(decision: Decision) -> bool:
    """Whether it says that the account is over one of SES's review lines, and not only near it."""
    return decision.tenant.is_account and decision.because is not None and is_over_the_line(decision.because.window)


def about_the_account(decision: Decision, at: str) -> Iterator[str]:
    """The paragraphs of the account's notice: how it is, by which numbers, by whose mail, and what to do."""
    where = "over" if is_over(decision) else "near"
    yield f"At {at} the account, all tenants together, is {where} a line at which SES reviews it, and may pause it."
    if decision.because:
        yield f"Why: {case_in_words(decision.because)}."
        yield "\n".join(["All mail of the account:", *(f"  {each}" for each in account_in_words(decision.windows))])
        yield from _contributors(decision, decision.because)
    yield (
        f"In force: the rules of tenants that use {percent(SHARE_TO_TIGHTEN)} or more of such a budget are tightened, "
        f"by {percent(AccountRisk(decision.windows).pressure)} of what they can be (docs/policies.md)."
    )
    yield (
        "Next: look at these tenants (guard status NAME), have their lists cleaned, or pause them at SES. "
        "Where SES has opened a review, answer it. You are told again in a day, or at once when a line is crossed."
    )


def account_in_words(windows: Iterable[Window]) -> Iterator[str]:
    """The account's rate in each window, beside the line at which SES reviews it."""
    for window in windows:
        rate = percent(window.rate) if window.due else "no mail"
        line = percent(REVIEW.limits(window.kind).pause)
        yield f"{feedback_in_words(window.kind)} in {in_words(window.length)}: {rate} ({window.feedback}), line {line}"


def _contributors(decision: Decision, because: Case) -> Iterator[str]:
    kind, length = because.window.kind, because.window.length
    lines = [
        f"  {each.tenant}: {percent(part.share)} ({part.feedback})"
        for each in decision.contributors
        for part in each.budget
        if (part.kind, part.length) == (kind, length)
    ]
    if lines:
        what = f"the {feedback_in_words(kind)} that SES's line leaves the account in {in_words(length)}"
        yield "\n".join([f"Tenants that use most of {what}:", *lines])
