"""What people read: guard events turned into text that is understood at three in the morning."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from reputation_guard.domain.decision import Case, Decision
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.tenant import Owner, SendingStatus

_SUBJECT_LENGTH = 99  # SNS takes less than 100 ASCII characters.
_TOP = 3
URGENT = frozenset({"TenantPaused", "PauseRefused", "ResumeRefused", "SendsUnseen"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A guard event: what happened, the decision behind it, and what SES said afterwards."""

    id: str
    name: str
    at: datetime
    decision: Decision
    sending: SendingStatus | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Text for people. `urgent` ones page, the others can wait; the same event always has the same `id`."""

    id: str
    event: str
    tenant: str
    urgent: bool
    subject: str
    text: str


def notice_of(announcement: Announcement) -> Notice:
    """The notice of a guard event: who, what was done, why, what the feedback says, and what happens next."""
    decision = announcement.decision
    parts = [_headline(announcement), *_numbers(decision), *_feedback(decision), *_sending(announcement)]
    parts += [_next(announcement), f"Decision {decision.id}, policy {decision.policy.name} v{decision.policy.version}."]
    return Notice(
        id=announcement.id,
        event=announcement.name,
        tenant=decision.tenant.name,
        urgent=announcement.name in URGENT,
        subject=_subject(announcement),
        text="\n\n".join(parts),
    )


def case_in_words(case: Case) -> str:
    """The line a person can check: counts, window, rate, bound and limit."""
    window = case.window
    what = "hard bounces" if window.kind is Kind.BOUNCE else "complaints"
    if window.feedback == 1:
        what = what.removesuffix("s")
    return (
        f"{window.feedback} {what} of {window.sends} sent in the last {in_words(window.length)} "
        f"({window.due:.0f} with feedback due) = {percent(window.rate)}; "
        f"at least {percent(window.bound(case.prior))} with 99 % confidence; limit {percent(case.limit)}"
    )


def percent(rate: float) -> str:
    """A rate of 0..1 as people read it, three digits at most below 100 %."""
    if rate == float("inf"):
        return "no sends seen"
    return f"{rate * 100:.0f} %" if rate >= 1 else f"{rate * 100:.3g} %"


def in_words(length: timedelta) -> str:
    """A length of time in its largest whole unit."""
    for seconds, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if length.total_seconds() % seconds == 0 and length.total_seconds() >= seconds:
            return f"{length.total_seconds() / seconds:.0f} {unit}"
    return f"{length.total_seconds():.0f} s"


def _subject(announcement: Announcement) -> str:
    what = {
        "TenantWarned": "warned",
        "PauseAdvised": "would be paused (observe mode)",
        "TenantPaused": "PAUSED",
        "PauseRefused": "NOT PAUSED, SES refused",
        "TenantResumed": "resumed",
        "ResumeRefused": "NOT RESUMED",
        "SendsUnseen": "cannot be judged, its sends are not seen",
    }.get(announcement.name, announcement.name)
    case = announcement.decision.because
    why = f": {percent(case.window.rate)} {case.window.kind}s" if case and case.window.due else ""
    subject = f"[guard] {announcement.decision.tenant.name} {what}{why}"
    return subject.encode("ascii", "replace").decode()[:_SUBJECT_LENGTH]


def _headline(announcement: Announcement) -> str:
    decision, name = announcement.decision, announcement.decision.tenant.name
    at = f"{announcement.at:%Y-%m-%d %H:%M:%S} UTC"
    match announcement.name:
        case "TenantWarned":
            return f"Tenant {name} was warned at {at}. It keeps sending."
        case "PauseAdvised":
            return f"Tenant {name} would have been paused at {at}, but the guard only observes. It keeps sending."
        case "TenantPaused" if decision.owner is Owner.SES:
            return f"Tenant {name} was stopped by SES itself, seen at {at}. It cannot send."
        case "TenantPaused" if decision.owner is Owner.OPERATOR:
            return f"Tenant {name} was paused by a person at SES, seen at {at}. It cannot send."
        case "TenantPaused":
            lost = f" again ({decision.reason})" if decision.reason else ""
            return f"Tenant {name} was paused{lost} at {at}, and SES confirmed it. It cannot send."
        case "PauseRefused":
            return (
                f"Tenant {name} has to be paused and is NOT: it still sends. SES said at {at}: {announcement.refusal}"
            )
        case "TenantResumed":
            who = decision.operator or ("SES" if decision.owner is Owner.SES else "a person at SES")
            return f"Tenant {name} was resumed at {at} by {who}. Reason: {decision.reason}"
        case "ResumeRefused":
            return (
                f"Tenant {name} was to be resumed by {decision.operator} and still cannot send: {announcement.refusal}"
            )
        case _:
            return f"Tenant {name} has feedback the guard cannot weigh, because its sends are not seen ({at})."


def _numbers(decision: Decision) -> Iterator[str]:
    if decision.because is None:
        return
    yield f"Why: {case_in_words(decision.because)}."
    if decision.because.window.unattributed >= 1:
        sets = ", ".join(sorted(decision.tenant.configuration_sets))
        yield (
            f"In the same time {decision.because.window.unattributed:.0f} sends (with feedback due) in the "
            f"configuration sets it uses ({sets}) name no tenant; they count in its favour."
        )


def _feedback(decision: Decision) -> Iterator[str]:
    because = decision.because
    examples = [each for each in decision.examples if because and each.kind is because.window.kind]
    if not examples:
        return
    domains = Counter(example.domain for example in examples).most_common(_TOP)
    words = Counter(example.diagnostic for example in examples if example.diagnostic).most_common(_TOP)
    lines = [f"The feedback, from {len(examples)} examples:"]
    lines += ["  recipients at " + ", ".join(f"{domain} ({count})" for domain, count in domains)]
    lines += [f"  {count} x {text}" for text, count in words]
    yield "\n".join(lines)


def _sending(announcement: Announcement) -> Iterator[str]:
    if announcement.sending:
        status = announcement.sending
        managed = f"customer-managed {status.customer_managed or '-'}, SES-managed {status.ses_managed or '-'}"
        yield f"Sending status at SES: {status.aggregate} ({managed})."
    findings = announcement.decision.tenant.findings
    if findings:
        yield "Open findings at SES:\n" + "\n".join(f"  {each.impact} {each.kind}: {each.text}" for each in findings)


def _next(announcement: Announcement) -> str:
    decision = announcement.decision
    resume = f"guard resume {decision.tenant.name} --reason '...'"
    match announcement.name:
        case "TenantWarned":
            return f"Next: it is paused if its rate is shown to be above {_pause_limits(decision)}. Talk to its owner."
        case "PauseAdvised":
            return "Next: nothing. Deploy with Mode=enforce to let the guard act. You are told again in a day."
        case "TenantPaused" if decision.owner is Owner.SES:
            return "Next: only AWS Support can lift this. Open a case there."
        case "TenantPaused":
            return f"Next: it stays paused until an operator resumes it. Find the cause with its owner, then: {resume}"
        case "PauseRefused":
            return "Next: the guard tries every minute. Check its rights (guard doctor), or pause the tenant by hand."
        case "TenantResumed":
            hours = in_words(decision.policy.probation)
            return f"Next: {hours} of probation. Only mail sent from now on is judged, on less evidence than usual."
        case "ResumeRefused":
            return "Next: the tenant stays paused. Only AWS Support lifts a stop by SES; open a case there."
        case _:
            return (
                "Next: it is NOT paused, and not guarded either. Let its sends be seen: put a message tag of its "
                "own on every mail (guard doctor names the tag) or give it a configuration set of its own, and publish "
                "Send events from its configuration sets to EventBridge."
            )


def _pause_limits(decision: Decision) -> str:
    return (
        f"{percent(decision.policy.bounce.pause)} hard bounces or {percent(decision.policy.complaint.pause)} complaints"
    )
