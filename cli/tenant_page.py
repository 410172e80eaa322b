"""Everything about one tenant: the record, SES's word, the counts by window, the last decisions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich import box
from rich.table import Table

from cli.account import in_one_line
from cli.command import FINE, WRONG, Desk
from cli.weighing import Weighed, weigh
from cli.words import moment
from reputation_guard.aws.book_reader import WrittenDecision
from reputation_guard.domain.choice import Chosen
from reputation_guard.domain.policy import Policy
from reputation_guard.domain.sending import Finding, SendingStatus
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.domain.windows import Window
from reputation_guard.domain.words import case_in_words, in_words, percent
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.usecases.at_ses import at_ses
from reputation_guard.wire.announcement import plain, tenants

_LAST_DECISIONS = 5


@dataclass(frozen=True, slots=True)
class Page:
    """What there is to know about a tenant; where the book does not have it, `tenant` is a record with nothing in it.

    `sending` and `findings` are SES's, read just now; `unread` says why they could not be.
    """

    tenant: Tenant
    is_in_book: bool
    sending: SendingStatus | None
    findings: Sequence[Finding]
    unread: str
    weighed: Weighed
    chosen: Chosen
    decisions: Sequence[WrittenDecision]

    @property
    def policy(self) -> Policy:
        """The policy it is judged by."""
        return self.chosen.policy


def tell_of(name: str, desk: Desk) -> int:
    """Print everything about one tenant; wrong where neither the book nor SES knows it."""
    page = _gather(name, desk)
    if not page.is_in_book and page.sending is None and not page.weighed.sends:
        return _unknown(name, page.unread, desk)
    if desk.as_json:
        desk.print_json(_as_json(page))
        return FINE
    _print_record(page, desk)
    _print_ses(page, desk)
    _print_counts(page, desk)
    _print_decisions(page, desk)
    return FINE


def _gather(name: str, desk: Desk) -> Page:
    deployment = desk.deployment
    found = deployment.book.tenant(name)
    tenant = found or Tenant(name=name)
    sending, findings, unread = _ask_ses(tenant, desk)
    since = deployment.book.mode().enforcing_since
    return Page(
        tenant=tenant,
        is_in_book=found is not None,
        sending=sending,
        findings=findings,
        unread=unread,
        weighed=weigh(tenant, deployment.counted, deployment.settings, since, desk.now),
        chosen=deployment.policies.of(tenant),
        decisions=deployment.book_reader.decisions_of(name, _LAST_DECISIONS),
    )


def _ask_ses(tenant: Tenant, desk: Desk) -> tuple[SendingStatus | None, Sequence[Finding], str]:
    gate = desk.deployment.gate
    try:
        return at_ses(tenant, gate, lambda arn: (gate.look(arn), gate.findings(arn), ""))
    except (RefusedError, UnavailableError) as error:
        return None, tenant.findings, in_one_line(error)


def _unknown(name: str, unread: str, desk: Desk) -> int:
    if desk.as_json:
        desk.print_json({"tenant": name, "error": "UnknownTenant", "message": unread})
    desk.err.print(f"guard: neither the book nor SES knows a tenant {name}. {unread}", markup=False, soft_wrap=True)
    return WRONG


def _as_json(page: Page) -> object:
    weighed = page.weighed
    return {
        "tenant": plain(tenants(), page.tenant) | {"in_book": page.is_in_book},
        "sending_status": asdict(page.sending) if page.sending else None,
        "sending_status_unread": page.unread or None,
        "findings": [asdict(each) for each in page.findings],
        "counts": {
            "sends_in_24_hours": weighed.sends_of_a_day,
            "sends_kept": weighed.sends,
            "judged_from": weighed.judged_from,
            "sends_counted_until": weighed.seen_until,
            "named_by_ses": weighed.named_by_ses,
            "unseen_sets": weighed.unseen_sets,
            "windows": [_window_as_json(each, page) for each in weighed.windows],
        },
        "policy": {
            "name": page.policy.name,
            "version": page.policy.version,
            "by": page.chosen.by,
            "unknown": page.chosen.unknown or None,
            "mode": page.policy.mode_for(page.tenant.name),
        },
        "decisions": [_decision_as_json(each) for each in page.decisions],
    }


def _window_as_json(window: Window, page: Page) -> object:
    limits = page.policy.limits(window.kind)
    return {
        "kind": window.kind,
        "seconds": int(window.length.total_seconds()),
        "feedback": window.feedback,
        "sends": window.sends,
        "sends_with_feedback_due": window.due,
        "unattributed_sends": window.unattributed,
        "rate": window.rate if window.due else None,
        "bound": window.bound(_prior(window, page)),
        "warn_limit": limits.warn,
        "pause_limit": limits.pause,
        "evidence_to_pause_nats": window.evidence(limits.pause, _prior(window, page)),
    }


def _decision_as_json(written: WrittenDecision) -> object:
    decision = written.decision
    return {
        "id": decision.id,
        "at": decision.at,
        "answer": decision.answer,
        "announces": decision.announces,
        "owner": decision.owner,
        "operator": decision.operator or None,
        "reason": decision.reason or None,
        "evidence": case_in_words(decision.because) if decision.because else None,
        "outcome": written.outcome or "pending",
        "settled_at": written.settled_at,
        "refused_at": written.refused_at,
    }


def _print_record(page: Page, desk: Desk) -> None:
    tenant = page.tenant
    if not page.is_in_book:
        desk.say(f"{tenant.name} is not in the book yet: it enters with its first bounce or complaint.")
        return
    stops = f", stopped by {' and '.join(sorted(tenant.stops))}" if tenant.stops else ""
    waits = "; SES has not confirmed it yet" if tenant.under_way else ""
    desk.say(f"{tenant.name} is {tenant.standing}{stops}{waits}.", style="bold")
    facts = {
        "Policy": _policy_in_words(page),
        "Policy assigned": _assignment(tenant),
        "Decided by": tenant.decided,
        "Warned at": tenant.warned_at and moment(tenant.warned_at),
        "Would have been paused": tenant.advised_at and moment(tenant.advised_at),
        "Sends not seen": tenant.unseen_at and moment(tenant.unseen_at),
        "Probation ends": tenant.probation_ends and moment(tenant.probation_ends),
        "Pauses in a row": str(tenant.strikes) if tenant.strikes else "",
        "The guard resumes it": _resumes(tenant),
        "Exempt": _exemption(tenant, desk),
        "Configuration sets": ", ".join(sorted(tenant.configuration_sets)),
    }
    for what, value in facts.items():
        if value:
            desk.say(f"{what + ':':24}{value}", indent=2)


def _resumes(tenant: Tenant) -> str:
    if tenant.pause is None or not tenant.waits_for_the_guard:
        return ""
    return moment(tenant.pause.ends) if tenant.pause.ends else "never: a person has to"


def _exemption(tenant: Tenant, desk: Desk) -> str:
    exemption = tenant.exemption
    if exemption is None or exemption.until <= desk.now:
        return ""
    return f"until {moment(exemption.until)}, by {exemption.operator}: {exemption.reason}"


def _assignment(tenant: Tenant) -> str:
    if not tenant.assigned_by:
        return ""
    what = tenant.assigned_policy or "taken away"
    return f"{what}, by {tenant.assigned_by}, {moment(tenant.assigned_at)}"


def _policy_in_words(page: Page) -> str:
    policy, chosen = page.policy, page.chosen
    unknown = f"; nobody knows {chosen.unknown}" if chosen.unknown else ""
    return (
        f"{policy.name} version {policy.version}, by {chosen.by}{unknown}; it may {policy.mode_for(page.tenant.name)}"
    )


def _print_ses(page: Page, desk: Desk) -> None:
    desk.say("\nAt SES, now", style="bold")
    if page.sending is None:
        desk.say(f"Not read: {page.unread}", indent=2)
    else:
        status = page.sending
        desk.say(f"{'Sending status:':24}{status.aggregate}", indent=2)
        desk.say(f"{'Customer-managed:':24}{status.customer_managed or '-'}, set {moment(status.stamp)}", indent=2)
        desk.say(f"{'SES-managed:':24}{status.ses_managed or '-'}", indent=2)
    for each in page.findings:
        desk.say(f"Open finding, {each.impact} {each.kind}: {each.text}", indent=2)
    if page.sending is not None and not page.findings:
        desk.say("No open findings.", indent=2)


def _print_counts(page: Page, desk: Desk) -> None:
    weighed = page.weighed
    desk.say("\nCounts", style="bold")
    desk.say(f"Sends: {weighed.sends_of_a_day:,} in the last 24 h, {weighed.sends:,} in all that is kept.", indent=2)
    desk.say(f"Judged is mail sent since {moment(weighed.judged_from)}.", indent=2)
    desk.say(f"Sends are known to be counted up to {moment(weighed.seen_until)}.", indent=2)
    if weighed.unseen_sets:
        sets = ", ".join(weighed.unseen_sets)
        desk.say(
            f"Not held against it: feedback of mail sent through {sets}. No Send of it through there was seen: publish "
            "these sets' Send events to EventBridge.",
            indent=2,
        )
    if not weighed.windows:
        desk.say("No bounce or complaint is being judged.", indent=2)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Feedback")
    for heading in ("Window", "Count", "Sent", "Due", "Rate", "At least", "Warn", "Pause"):
        table.add_column(heading, justify="right")
    for each in weighed.windows:
        table.add_row(*_row(each, page))
    desk.out.print(table)
    desk.say("Due: sends whose feedback is due. At least: what the rate exceeds with 99 % confidence.", style="dim")


def _row(window: Window, page: Page) -> tuple[str, ...]:
    limits, bound = page.policy.limits(window.kind), window.bound(_prior(window, page))
    numbers = (f"{window.feedback:,}", f"{window.sends:,}", f"{window.due:,.0f}")
    rates = (percent(window.rate) if window.due else "-", percent(bound), percent(limits.warn), percent(limits.pause))
    return (f"{window.kind}s", in_words(window.length), *numbers, *rates)


def _prior(window: Window, page: Page) -> int:
    return page.policy.limits(window.kind).prior_for(in_probation=page.tenant.standing is Standing.PROBATION)


def _print_decisions(page: Page, desk: Desk) -> None:
    desk.say("\nLast decisions" if page.decisions else "\nNo decisions yet", style="bold")
    for written in page.decisions:
        decision = written.decision
        desk.say(
            f"{moment(decision.at)}  {decision.answer} ({decision.announces}): {written.outcome or 'pending'}", indent=2
        )
        if decision.because:
            desk.say(case_in_words(decision.because), indent=4)
        if decision.operator or decision.reason:
            who = decision.ordered_by.in_words if decision.ordered_by else decision.owner
            desk.say(f"by {who}: {decision.reason}", indent=4)
        if written.refused_at:
            desk.say(f"SES refused it at {moment(written.refused_at)}; it is tried again every minute", indent=4)
