"""What people read: guard events turned into text that is understood at three in the morning."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from shlex import quote

from reputation_guard.domain.account import SHARE_TO_NAME, largest_part, tightening
from reputation_guard.domain.account_notice import about_the_account, is_over
from reputation_guard.domain.addresses import alike
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.blind_notice import about_sight
from reputation_guard.domain.brake_notice import about_the_brake
from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.notice import Notice, Severity, subject_of
from reputation_guard.domain.policy import Mode, Resumes
from reputation_guard.domain.sending import SendingStatus
from reputation_guard.domain.tenant import Owner
from reputation_guard.domain.unseen_notice import is_about_sets, to_let_sends_be_seen, unseen_in_words
from reputation_guard.domain.words import (
    case_in_words,
    feedback_in_words,
    hand_in_words,
    in_words,
    percent,
    sending_in_words,
)

_TOP = 3
_SEVERITIES = {
    GuardEvent.TENANT_WARNED: Severity.WARNING,
    GuardEvent.PAUSE_ADVISED: Severity.WARNING,
    GuardEvent.ACCOUNT_AT_RISK: Severity.WARNING,
    GuardEvent.TENANT_RESUMED: Severity.NEWS,
    GuardEvent.BRAKE_RELEASED: Severity.NEWS,
    GuardEvent.GUARD_SIGHTED: Severity.NEWS,
}


def notice_of(announcement: Announcement) -> Notice:
    """The notice of a guard event: who, what was done, why, what the feedback says, and what happens next."""
    decision = announcement.decision
    if decision.braked:
        parts = list(about_the_brake(decision.braked, _moment(announcement)))
    elif decision.look:
        parts = list(about_sight(decision.look, _moment(announcement)))
    elif decision.tenant.is_account:
        parts = list(about_the_account(decision, _moment(announcement)))
    else:
        parts = [_headline(announcement), *_numbers(decision), *_budget(decision), *_feedback(decision)]
        parts += [*_sending(announcement), *_exemption(announcement), _next(announcement)]
    return Notice(
        id=announcement.id,
        event=announcement.name,
        tenant=decision.tenant.name,
        severity=_severity(announcement),
        at=announcement.at,
        subject=_subject(announcement),
        text="\n\n".join([*parts, _signature(decision)]),
    )


def _severity(announcement: Announcement) -> Severity:
    return Severity.PAGE if is_over(announcement.decision) else _SEVERITIES.get(announcement.name, Severity.PAGE)


def _signature(decision: Decision) -> str:
    evidence = f", evidence {decision.because.strength:.1f} nats" if decision.because else ""
    return f"Decision {decision.id}, policy {decision.policy.name} v{decision.policy.version}{evidence}."


def _subject(announcement: Announcement) -> str:
    what = {
        GuardEvent.TENANT_WARNED: "warned",
        GuardEvent.PAUSE_ADVISED: f"would be paused ({'exempt' if _is_exempt(announcement) else 'observe mode'})",
        GuardEvent.TENANT_PAUSED: "PAUSED",
        GuardEvent.PAUSE_REFUSED: "was to be paused and is gone" if announcement.gone else "NOT PAUSED, SES refused",
        GuardEvent.TENANT_RESUMED: "resumed",
        GuardEvent.RESUME_REFUSED: "NOT RESUMED",
        GuardEvent.SENDS_UNSEEN: "cannot be judged, its sends are not seen",
        GuardEvent.ACCOUNT_AT_RISK: "OVER SES's line" if is_over(announcement.decision) else "near SES's line",
        GuardEvent.BRAKE_ENGAGED: "the brake is ON",
        GuardEvent.BRAKE_RELEASED: "the brake is off",
        GuardEvent.GUARD_BLINDED: "the guard is BLIND"
        if _is_blind(announcement)
        else "the guard's sight is in trouble",
        GuardEvent.GUARD_SIGHTED: "the guard sees again",
    }[announcement.name]
    case = announcement.decision.because
    told = case and case.window.due and not is_about_sets(announcement.decision)
    why = f": {percent(case.window.rate)} {case.window.kind}s" if case and told else ""
    return subject_of(f"[guard] {announcement.decision.tenant.name} {what}{why}")


def _is_blind(announcement: Announcement) -> bool:
    return announcement.decision.look is not None and announcement.decision.look.is_blind


def _moment(announcement: Announcement) -> str:
    return f"{announcement.at:%Y-%m-%d %H:%M:%S} UTC"


def _headline(announcement: Announcement) -> str:
    decision, name = announcement.decision, announcement.decision.tenant.name
    at = _moment(announcement)
    match announcement.name:
        case GuardEvent.TENANT_WARNED:
            return f"Tenant {name} was warned at {at}. It keeps sending."
        case GuardEvent.PAUSE_ADVISED:
            return f"Tenant {name} would have been paused at {at}, but {_why_not(announcement)}. It keeps sending."
        case GuardEvent.TENANT_PAUSED if decision.owner is Owner.SES:
            return f"Tenant {name} was stopped by SES itself, seen at {at}. It cannot send."
        case GuardEvent.TENANT_PAUSED if decision.owner is Owner.OPERATOR:
            return f"Tenant {name} was paused {_by_a_person(announcement, at)}"
        case GuardEvent.TENANT_PAUSED:
            lost = f" again ({decision.reason})" if decision.reason else ""
            return f"Tenant {name} was paused{lost} at {at}, and SES confirmed it. It cannot send."
        case GuardEvent.PAUSE_REFUSED | GuardEvent.RESUME_REFUSED if announcement.gone:
            verb = "paused" if announcement.name is GuardEvent.PAUSE_REFUSED else "resumed"
            gone = f"SES has no such tenant any more. It said at {at}: {announcement.refusal}"
            return f"Tenant {name} was to be {verb}, and {gone}"
        case GuardEvent.PAUSE_REFUSED:
            ordered = f" (ordered by {_by_whom(decision)}: {decision.reason})" if decision.is_an_order else ""
            still = f"has to be paused{ordered} and is NOT: it still sends"
            return f"Tenant {name} {still}. SES said at {at}: {announcement.refusal}"
        case GuardEvent.TENANT_RESUMED:
            return f"Tenant {name} was resumed at {at} by {_by_whom(decision)}. Reason: {decision.reason}"
        case GuardEvent.RESUME_REFUSED:
            who = _by_whom(decision)
            return f"Tenant {name} was to be resumed by {who} and still cannot send: {announcement.refusal}"
        case _:
            return f"Tenant {name} has feedback the guard cannot weigh, because its sends are not seen ({at})."


def _by_a_person(announcement: Announcement, at: str) -> str:
    decision = announcement.decision
    if decision.is_an_order:
        return f"by {_by_whom(decision)}: {decision.reason}\nSES confirmed it at {at}. It cannot send."
    too = " The guard was about to pause it as well." if decision.because else ""
    return f"{hand_in_words(announcement.sending)}, seen at {at}. It cannot send.{too}"


def _by_whom(decision: Decision) -> str:
    match decision.owner:
        case Owner.GUARD:
            return "the guard"
        case Owner.SES:
            return "SES"
        case Owner.OPERATOR:
            if decision.ordered_by is None:
                return "a person at SES"
            proposed = f", proposed by {decision.proposed_by.in_words}" if decision.proposed_by else ""
            return f"{decision.ordered_by.in_words}{proposed}"


def _is_exempt(announcement: Announcement) -> bool:
    return announcement.decision.tenant.mode_at(announcement.at, Mode.ENFORCE) is Mode.OBSERVE


def _why_not(announcement: Announcement) -> str:
    if _is_exempt(announcement):
        return "it is exempt"
    return "its policy only observes it" if _policy_observes(announcement.decision) else "the guard only observes"


def _policy_observes(decision: Decision) -> bool:
    return decision.policy.mode_for(decision.tenant.name) is Mode.OBSERVE


def _to_enforce(decision: Decision) -> str:
    """What to change; the template's mode and the book's switch are in force as well, whatever a policy allows."""
    if not _policy_observes(decision):
        return "deploy with Mode=enforce and see that the book's switch does not say observe (guard status)"
    policy = decision.policy
    field = "mode" if policy.mode is Mode.OBSERVE else "enforced_share"
    return f"change {field} in policy {policy.name} (now version {policy.version}), or assign another (guard policy)"


def _exemption(announcement: Announcement) -> Iterator[str]:
    exemption = announcement.decision.tenant.exemption
    if exemption and _is_exempt(announcement):
        until = f"{exemption.until:%Y-%m-%d %H:%M} UTC"
        yield f"Exempt from pauses by the guard until {until}, by {exemption.operator}: {exemption.reason}"


def _numbers(decision: Decision) -> Iterator[str]:
    if decision.answer is Answer.RESUME and decision.windows:
        mail = decision.windows[-1]
        yield (
            f"The mail it was paused for: {mail.feedback} {feedback_in_words(mail.kind)} of {mail.sends} sent "
            f"({mail.due:.0f} with feedback due) = {percent(mail.rate)} by now."
        )
    if decision.because is None:
        return
    if not is_about_sets(decision):
        yield f"Why: {case_in_words(decision.because)}."
    if decision.because.window.unseen:
        yield unseen_in_words(decision.because.window, decision.unseen_sets)
    if decision.because.window.unattributed >= 1:
        sets = ", ".join(sorted(decision.tenant.configuration_sets))
        yield (
            f"In the same time {decision.because.window.unattributed:.0f} sends (with feedback due) in the "
            f"configuration sets it uses ({sets}) name no tenant; they count in its favour."
        )


def _budget(decision: Decision) -> Iterator[str]:
    part = largest_part(decision.budget)
    if part is None or part.share < SHARE_TO_NAME:
        return
    yield (
        f"It uses {percent(part.share)} of the {feedback_in_words(part.kind)} that SES's line leaves the whole account "
        f"in {in_words(part.length)}."
    )
    if tightening(decision.budget):
        yield (
            "The account is near one of SES's lines, so the policy was tightened for this judgement: a pause needs "
            f"{decision.policy.evidence_to_pause:.1f} nats above {_pause_limits(decision)}."
        )


def _feedback(decision: Decision) -> Iterator[str]:
    because = decision.because
    examples = [each for each in decision.examples if because and each.kind is because.window.kind]
    if not examples:
        return
    domains = Counter(example.domain or "an unknown domain" for example in examples).most_common(_TOP)
    addresses = Counter(example.sending_ip for example in examples if example.sending_ip).most_common(_TOP)
    words = alike(example.diagnostic for example in examples if example.diagnostic)
    lines = [f"The feedback, from {len(examples)} examples:"]
    lines += ["  recipients at " + ", ".join(f"{domain} ({count})" for domain, count in domains)]
    lines += [f"  {count} x {text}" for text, count in islice(words.items(), _TOP)]
    if addresses:
        lines += ["  sent from " + ", ".join(f"{address} ({count})" for address, count in addresses)]
    yield "\n".join(lines)


def _sending(announcement: Announcement) -> Iterator[str]:
    if announcement.sending:
        yield f"Sending status at SES: {sending_in_words(announcement.sending)}."
    findings = announcement.decision.tenant.findings
    if findings:
        yield "Open findings at SES:\n" + "\n".join(f"  {each.impact} {each.kind}: {each.text}" for each in findings)


def _next(announcement: Announcement) -> str:
    decision = announcement.decision
    if announcement.gone:
        return (
            "Next: nothing, the decision is done with. Find out who deleted the tenant, and how its mail goes out now: "
            "mail that names no tenant is not guarded. A tenant created under this name is judged by its mail from now "
            "on."
        )
    match announcement.name:
        case GuardEvent.TENANT_WARNED:
            return f"Next: it is paused if its rate is shown to be above {_pause_limits(decision)}. Talk to its owner."
        case GuardEvent.PAUSE_ADVISED if _is_exempt(announcement):
            return "Next: nothing. Only mail sent after the exemption is judged. You are told again in a day."
        case GuardEvent.PAUSE_ADVISED:
            return f"Next: nothing. To let the guard act, {_to_enforce(decision)}. You are told again in a day."
        case GuardEvent.TENANT_PAUSED if decision.owner is Owner.SES:
            return "Next: only AWS Support can lift this. Open a case there."
        case GuardEvent.TENANT_PAUSED:
            resume = f"guard resume {quote(decision.tenant.name)} --reason '...'"
            return f"Next: {_end_of_pause(decision)} Find the cause with its owner, then: {resume}"
        case GuardEvent.PAUSE_REFUSED:
            return "Next: the guard tries every minute. Check its rights (guard doctor), or pause the tenant by hand."
        case GuardEvent.TENANT_RESUMED:
            hours = in_words(decision.policy.probation)
            return f"Next: {hours} of probation. Only mail sent from now on is judged, on less evidence than usual."
        case GuardEvent.RESUME_REFUSED:
            return f"Next: {_after_refusal(announcement.sending)}"
        case _:
            return f"Next: {to_let_sends_be_seen(decision)}"


def _after_refusal(sending: SendingStatus | None) -> str:
    if sending is None:
        return "the guard tries every minute. Check its rights (guard doctor), or resume the tenant by hand."
    if sending.stopped_by_ses:
        return "the tenant stays paused. Only AWS Support lifts a stop by SES; open a case there."
    return "the tenant stays paused. Look who stopped it at SES meanwhile, then resume it again."


def _end_of_pause(decision: Decision) -> str:
    after = record_after(decision)
    if after.pause is None or after.stops != {Owner.GUARD} or decision.policy.resumes is Resumes.PERSON:
        return "it stays paused until an operator resumes it."
    if after.pause.ends is None:
        return f"it stays paused until an operator resumes it: this is pause number {after.strikes}."
    return (
        f"the guard resumes it on {after.pause.ends:%Y-%m-%d at %H:%M} UTC (pause number {after.strikes}), or sooner "
        f"if this mail turns out better; an operator can at any time."
    )


def _pause_limits(decision: Decision) -> str:
    return (
        f"{percent(decision.policy.bounce.pause)} hard bounces or {percent(decision.policy.complaint.pause)} complaints"
    )
