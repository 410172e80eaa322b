"""The traffic generator: what it promises to whoever plays its reports."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from local.demo.cast import CAST, DELAYS, LATE_FEEDBACK, SENDS_UNSEEN
from local.traffic import Report, ReportKind, Sender, Stretch, traffic
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.mail import Bounce, Complaint, Send, attribute, countable_feedback, countable_sends
from reputation_guard.domain.policy import Kind
from reputation_guard.wire.mail import parse_mail_event

START = datetime(2026, 5, 6, 7, 0, tzinfo=UTC)
SENDER = Sender(
    tenant="acme",
    configuration_set="acme-mail",
    stretches=(
        Stretch(
            lasts=timedelta(minutes=60),
            recipients_per_minute=200,
            recipients_per_mail=5,
            hard_bounces=0.10,
            soft_bounces=0.05,
            complaints=0.02,
        ),
    ),
)


def reports_of(*senders: Sender, seed: int = 1) -> list[Report]:
    return traffic(senders, seed=seed, start=START, delays=START_DELAYS)


def counted(reports: Sequence[Report]) -> Counter[ReportKind]:
    """Recipients of sends, and feedback as often as it is about something new."""
    facts = {(each.kind, each.mail.message_id, each.recipient): each for each in reports}
    totals: Counter[ReportKind] = Counter()
    for each in facts.values():
        totals[each.kind] += len(each.mail.destination) if each.kind is ReportKind.SEND else 1
    return totals


def test_the_same_seed_makes_the_same_reports_and_another_makes_others() -> None:
    assert reports_of(SENDER, seed=3) == reports_of(SENDER, seed=3)
    assert reports_of(SENDER, seed=3) != reports_of(SENDER, seed=4)


def test_a_senders_traffic_does_not_depend_on_who_else_sends() -> None:
    other = replace(SENDER, tenant="other")
    together = [report for report in reports_of(other, SENDER) if report.tenant == "acme"]
    assert together == reports_of(SENDER)


def test_reports_come_in_the_order_in_which_ses_makes_them_and_feedback_follows_its_mail() -> None:
    reports = reports_of(SENDER)
    assert [report.at for report in reports] == sorted(report.at for report in reports)
    assert all(report.at == report.mail.sent_at for report in reports if report.kind is ReportKind.SEND)
    assert all(report.at > report.mail.sent_at for report in reports if report.kind is not ReportKind.SEND)


def test_rates_are_shares_of_the_recipients() -> None:
    totals = counted(reports_of(SENDER))
    sends = totals[ReportKind.SEND]
    assert sends == pytest.approx(12_000, rel=0.1)
    assert totals[ReportKind.HARD_BOUNCE] / sends == pytest.approx(0.10, rel=0.15)
    assert totals[ReportKind.SOFT_BOUNCE] / sends == pytest.approx(0.05, rel=0.15)
    assert totals[ReportKind.COMPLAINT] / sends == pytest.approx(0.02, rel=0.25)


def test_bounces_take_ten_seconds_in_the_median() -> None:
    delays = sorted(
        (report.at - report.mail.sent_at).total_seconds()
        for report in reports_of(SENDER)
        if report.kind is ReportKind.HARD_BOUNCE
    )
    assert delays[len(delays) // 2] == pytest.approx(12, abs=3)


def test_some_feedback_is_reported_twice_as_one_fact() -> None:
    reports = reports_of(SENDER)
    feedback = [report for report in reports if report.kind is not ReportKind.SEND]
    assert len(feedback) > len({(each.kind, each.mail.message_id, each.recipient) for each in feedback})


def test_the_guard_reads_and_counts_every_report_as_it_was_meant() -> None:
    reports = reports_of(SENDER)
    read: Counter[ReportKind] = Counter()
    idents = set()
    for report in reports:
        event = parse_mail_event(json.dumps(report.event()), START + timedelta(days=2))
        assert attribute(event.mail, "own-tag", {}).tenant == "acme"
        if isinstance(event, Send):
            read[ReportKind.SEND] += countable_sends(event.mail, with_simulator=False)
            continue
        assert isinstance(event, (Bounce, Complaint))
        for each in countable_feedback(event, with_simulator=False):
            if each.ident not in idents:
                idents.add(each.ident)
                read[ReportKind.HARD_BOUNCE if each.kind is Kind.BOUNCE else ReportKind.COMPLAINT] += 1
    meant = counted(reports)
    del meant[ReportKind.SOFT_BOUNCE]
    assert read == meant


def test_mail_from_before_the_start_leaves_only_late_feedback() -> None:
    begins_before = replace(SENDER, begins=timedelta(minutes=-60))
    reports = reports_of(begins_before)
    assert reports
    assert all(report.kind is not ReportKind.SEND for report in reports)
    assert all(report.mail.sent_at < START <= report.at for report in reports)


def test_a_sender_can_leave_its_name_off_its_sends_alone() -> None:
    for report in reports_of(replace(SENDER, names_tenant_on_sends=False)):
        named = "ses:tenant-name" in report.event()["detail"]["mail"]["tags"]
        assert named == (report.kind is not ReportKind.SEND)


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_first_that_is_heard_of_the_late_tenant_is_feedback_of_old_mail(seed: int) -> None:
    reports = traffic([LATE_FEEDBACK.sender], seed=seed, start=START, delays=DELAYS)
    firsts = reports[:4]
    assert all(report.mail.sent_at < START for report in firsts)
    assert {report.tenant for report in reports} == {LATE_FEEDBACK.tenant}


def test_only_the_tenant_whose_sends_are_not_seen_shares_its_configuration_set() -> None:
    assert {part.tenant for part in CAST if part.sender.configuration_set != part.tenant} == {SENDS_UNSEEN.tenant}
