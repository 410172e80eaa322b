"""A pre-flight as people read it, line by line, without any markup; lines that belong to the one above are indented."""

from collections.abc import Iterator
from datetime import timedelta

from reputation_guard.domain.approval import Identity
from reputation_guard.domain.policy import Kind, Mode
from reputation_guard.domain.preflight import Margin, PausedBy, Preflight, Terms
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.domain.windows import Window
from reputation_guard.domain.words import (
    case_in_words,
    feedback_in_words,
    in_words,
    moment,
    percent,
    sending_in_words,
)

HANDS = {Owner.GUARD: "the guard", Owner.OPERATOR: "an operator", Owner.SES: "SES itself"}
INDENT = "  "


def preflight_in_words(found: Preflight) -> list[str]:
    """The lines of a pre-flight: what is, what a resume would do, and what stands in its way."""
    return [*_stop(found), *_at_ses(found), *_matured(found), *_told(found), *_resumed(found), *_in_the_way(found)]


def _stop(found: Preflight) -> Iterator[str]:
    if found.standing is None:
        return
    if found.standing is not Standing.PAUSED:
        on = "on " if found.standing is Standing.PROBATION else ""
        yield f"{found.tenant} is {on}{found.standing}."
        return
    by = " and ".join(HANDS[each] for each in found.stops) or "nobody any more"
    yield f"{found.tenant} is PAUSED, stopped by {by}."
    if found.paused_by:
        yield from _paused_by(found.paused_by)


def _paused_by(paused_by: PausedBy) -> Iterator[str]:
    yield f"{INDENT}Decision {paused_by.decision} of {moment(paused_by.at)}, by {_who(paused_by)}."
    if paused_by.because:
        yield f"{INDENT}{case_in_words(paused_by.because)}."


def _who(paused_by: PausedBy) -> str:
    who = paused_by.operator.in_words if paused_by.operator else HANDS[paused_by.owner]
    return f"{who}: {paused_by.reason}" if paused_by.reason else who


def _at_ses(found: Preflight) -> Iterator[str]:
    if found.sending is None:
        return
    yield f"SES says: {sending_in_words(found.sending)}."
    if not found.findings:
        yield "Open findings at SES: none."
        return
    yield "Open findings at SES:"
    yield from (f"{INDENT}{each.impact} {each.kind}: {each.text}" for each in found.findings)


def _matured(found: Preflight) -> Iterator[str]:
    if found.matured:
        yield f"The mail it was paused for, by now: {_mail(found.matured)}."
    if found.before_stop:
        yield f"Its mail since the day before it was stopped, by now: {'; '.join(map(_mail, found.before_stop))}."


def _mail(mail: Window) -> str:
    return (
        f"{mail.feedback} {feedback_in_words(mail.kind, mail.feedback)} of {mail.sends} sent "
        f"({mail.due:.0f} with feedback due) = {percent(mail.rate)}"
    )


def _told(found: Preflight) -> Iterator[str]:
    if found.told:
        yield f"People said of incident {found.incident}, the latest last:"
    for each in found.told:
        who = Identity(each.by, each.proved).in_words
        yield f"{INDENT}{each.kind} by {who} on {moment(each.at)}{f': {each.text}' if each.text else ''}"


def _resumed(found: Preflight) -> Iterator[str]:
    if found.terms is None or found.standing is not Standing.PAUSED:
        return
    why = "findings are open, for which SES could stop it again" if found.findings else "no findings are open"
    becomes = "REINSTATED" if found.becomes is Sending.REINSTATED else "ENABLED"
    yield f"If it is resumed now, SES is told {becomes}: {why}."
    yield (
        f"Probation until {moment(found.terms.until)}: only mail sent from now on is judged, and a pause needs "
        f"{found.terms.evidence:.1f} nats of evidence."
    )
    yield (
        "As few as these pause it again, spread evenly over its mail:"
        if found.mode is Mode.ENFORCE
        else f"The guard only observes {found.tenant} now. It would say so, and not pause it, for as few as:"
    )
    yield from (f"{INDENT}{_margin(each)}" for each in found.margins)
    yield _next_pause(found.terms)


def _margin(margin: Margin) -> str:
    mails = f"of its next {margin.mails:,} mails"
    if margin.over > timedelta(hours=1):
        mails = f"of {margin.mails:,} mails in {in_words(margin.over)}, its usual pace"
    return f"{mails}: {_fewest(margin.bounces, Kind.BOUNCE)}, {_fewest(margin.complaints, Kind.COMPLAINT)}"


def _fewest(number: int | None, kind: Kind) -> str:
    return (
        f"no number of {feedback_in_words(kind)}" if number is None else f"{number:,} {feedback_in_words(kind, number)}"
    )


def _next_pause(terms: Terms) -> str:
    bounces, complaints = map(_lasts, (terms.cool_down_for_bounces, terms.cool_down_for_complaints))
    lasts = bounces if bounces == complaints else f"{bounces} for hard bounces, {complaints} for complaints"
    return f"That would be pause number {terms.strikes}, and last {lasts}."


def _lasts(cool_down: timedelta | None) -> str:
    return in_words(cool_down) if cool_down else "until a person ends it"


def _in_the_way(found: Preflight) -> Iterator[str]:
    if found.proposal:
        proposal = found.proposal
        yield f"Proposed by {proposal.by.in_words} on {moment(proposal.at)}: {proposal.reason}"
        yield f"{INDENT}An order by somebody else carries it out, until {moment(proposal.until)}."
    yield from (f"In the way: {each.advice}" for each in found.obstacles)
