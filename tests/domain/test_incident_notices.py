"""What people read of an incident, and which guard events wake whom."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.digest import digest_of
from reputation_guard.domain.escalation import Plan, announcement_of
from reputation_guard.domain.incident import Answer, Cause, Incident, Outcome, closed, opened, paged
from reputation_guard.domain.incident_notice import notice_about, notice_of_incident, with_ways_on
from reputation_guard.domain.notice import Notice, Severity
from reputation_guard.domain.notices import notice_of
from tests.fakes.builders import NOW, decision, notice

CASE = Announcement(id="shop.4.TenantPaused", name=GuardEvent.TENANT_PAUSED, at=NOW, decision=decision())
INCIDENT = opened(CASE, "execution", NOW)


def page(incident: Incident = INCIDENT, cause: Cause = Cause.FIRST, rungs: tuple[int, ...] = (0,)) -> Notice:
    after, told = paged(incident, cause, rungs, NOW)
    then = Plan(NOW + timedelta(minutes=15), Cause.CLIMBED, (1,))
    return notice_of_incident(announcement_of(GuardEvent.ESCALATION_RAISED, after, NOW, told, then))


def test_a_page_carries_the_whole_case_and_says_why_to_whom_and_what_comes_next() -> None:
    told = page()
    assert (told.event, told.severity, told.rungs) == ("TenantPaused", Severity.PAGE, (0,))
    assert (told.id, told.incident, told.subject) == (
        "shop.4.EscalationRaised.1.0.0.FIRST",
        "shop.4",
        notice_of(CASE).subject,
    )
    assert notice_of(CASE).text in told.text
    assert told.text.startswith("Page 1 of incident shop.4 to on-call: it began.")
    assert "If nobody answers: lead is paged at 2026-11-24 12:17:30 UTC." in told.text
    assert "To answer: guard ack shop.4" in told.text


def test_tenants_paused_together_are_one_page_that_names_them() -> None:
    told = page(replace(INCIDENT, members=tuple(f"t{number}.7" for number in range(30))))
    assert told.subject.startswith("[guard] 31 tenants paused: shop, t0, t1")
    assert "  t19 (incident t19.7)\n  and 10 more" in told.text
    assert "t20.7" not in told.text


def test_a_page_that_asks_for_a_person_says_how() -> None:
    assert "Only a person ends this pause" in page(cause=Cause.ASKS).text
    assert "guard resume shop --reason" in page(cause=Cause.ASKS).text


def test_an_answer_is_news_for_who_was_paged_and_a_line_in_the_digest_if_nobody_was() -> None:
    answered = replace(INCIDENT, answer=Answer("Olga", proved=True, at=NOW, until=NOW + timedelta(hours=2)))
    quiet = notice_of_incident(announcement_of(GuardEvent.ESCALATION_ACKNOWLEDGED, answered, NOW))
    assert quiet.severity is Severity.WARNING
    woken, _ = paged(answered, Cause.UNANSWERED, (0, 1), NOW)
    told = notice_of_incident(announcement_of(GuardEvent.ESCALATION_ACKNOWLEDGED, woken, NOW))
    assert (told.severity, told.rungs) == (Severity.NEWS, (0, 1))
    assert told.text.startswith("Olga has incident shop.4 until 2026-11-24 14:02 UTC.")
    ended = closed(woken, Outcome.HEALTHY, NOW)
    told = notice_of_incident(announcement_of(GuardEvent.INCIDENT_CLOSED, ended, NOW))
    assert (told.event, told.severity) == ("IncidentClosed", Severity.NEWS)
    assert told.text.startswith("Incident shop.4 is closed: the tenant is healthy again.")


@pytest.mark.parametrize(
    ("event", "gone", "severity"),
    [
        (GuardEvent.TENANT_PAUSED, False, None),
        (GuardEvent.PAUSE_REFUSED, False, None),
        (GuardEvent.PAUSE_REFUSED, True, Severity.PAGE),
        (GuardEvent.BRAKE_ENGAGED, False, None),
        (GuardEvent.GUARD_BLINDED, False, None),
        (GuardEvent.RESUME_REFUSED, False, Severity.PAGE),
        (GuardEvent.SENDS_UNSEEN, False, Severity.PAGE),
        (GuardEvent.TENANT_RESUMED, False, Severity.NEWS),
        (GuardEvent.TENANT_WARNED, False, Severity.WARNING),
        (GuardEvent.PAUSE_ADVISED, False, Severity.WARNING),
    ],
)
def test_what_the_escalation_pages_for_is_told_by_nobody_else(
    event: GuardEvent, severity: Severity | None, *, gone: bool
) -> None:
    told = notice_about(replace(CASE, name=event, gone=gone))
    assert (told.severity if told else None) == severity


def test_whoever_was_told_of_it_in_its_leaders_page_is_told_of_its_end() -> None:
    ended = closed(replace(opened(CASE, "arn:1", NOW), leader="other.4"), Outcome.HEALTHY, NOW)
    told = notice_of_incident(announcement_of(GuardEvent.INCIDENT_CLOSED, ended, NOW))
    assert (told.severity, told.rungs) == (Severity.NEWS, (0,))
    held_back = replace(ended, leader="the whole account.4")
    assert notice_of_incident(announcement_of(GuardEvent.INCIDENT_CLOSED, held_back, NOW)).severity is Severity.WARNING


def test_a_notice_says_where_to_read_on() -> None:
    told = with_ways_on(page(), "https://wiki/runbook", "https://page/shop.4")
    assert told.text.endswith("Runbook: https://wiki/runbook#tenantpaused\nIncident: https://page/shop.4")


def test_a_digest_is_one_line_for_the_repeated_warnings_of_a_tenant_and_fits_a_mail() -> None:
    def warning(number: int, tenant: str) -> Notice:
        at = NOW + timedelta(minutes=number)
        text = f"text {number} " + "x" * 2000
        return notice(id=f"w{number}", tenant=tenant, event="TenantWarned", text=text, at=at)

    told = digest_of([warning(1, "shop"), warning(3, "shop"), warning(2, "news")], NOW)
    assert told.text.startswith("2 warnings:\n  shop TenantWarned (2 times)\n  news TenantWarned\n")
    assert "text 3" in told.text
    assert "text 1" not in told.text
    many = [warning(number, f"t{number}") for number in range(3000)]
    assert len(digest_of(many, NOW).text.encode()) < 200_000
    assert digest_of(many, NOW).text.endswith(" more")
    assert digest_of(many, NOW).id == digest_of(many[::-1], NOW).id
