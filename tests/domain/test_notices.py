"""What people read at three in the morning."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from reputation_guard.domain.account import Contributor, account_risk, budget_of, tightened
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import Answer, Decision, Example, GuardEvent
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.judgement import decide_on_account
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.policy import Kind, Mode
from reputation_guard.domain.sending import Finding, Sending, SendingStatus
from reputation_guard.domain.tenant import ACCOUNT, Owner
from reputation_guard.domain.words import case_in_words, in_words, percent
from tests.fakes.builders import NOW, case, counts, decision, tenant, window

DISABLED = SendingStatus(Sending.DISABLED, Sending.DISABLED, None, NOW)
STOPPED_BY_SES = SendingStatus(Sending.DISABLED, Sending.ENABLED, Sending.DISABLED, NOW)
EXAMPLES = (
    Example(Kind.BOUNCE, "example.net", "smtp; 550 5.1.1 user unknown"),
    Example(Kind.BOUNCE, "example.net", "smtp; 550 5.1.1 user unknown"),
    Example(Kind.BOUNCE, "example.org", ""),
    Example(Kind.COMPLAINT, "example.com", "abuse"),
)
BY_HAND = decision(
    answer=Answer.RESUME, owner=Owner.OPERATOR, operator="night shift", reason="list cleaned", because=None, windows=()
)


def told(name: str, about: Decision, status: SendingStatus | None = None, refusal: str = "") -> Announcement:
    return Announcement(
        id=f"{about.id}.{name}", name=GuardEvent(name), at=NOW, decision=about, sending=status, refusal=refusal
    )


EVERY_EVENT = [
    told("TenantWarned", decision(answer=Answer.WARN, because=case(90, 1000, 1000))),
    told("PauseAdvised", decision(examples=EXAMPLES)),
    told("TenantPaused", decision(examples=EXAMPLES), DISABLED),
    told("PauseRefused", decision(examples=EXAMPLES), refusal="AccessDeniedException: not authorized"),
    told("TenantResumed", BY_HAND, SendingStatus(Sending.ENABLED, Sending.ENABLED)),
    told("ResumeRefused", BY_HAND, STOPPED_BY_SES, "SES itself has stopped the tenant"),
    told("SendsUnseen", decision(answer=Answer.HOLD, because=case(45, 3, 2), tenant=tenant(unseen_at=None))),
]


def of_account(bounces: int) -> Decision:
    """The account with so many bounces of 100,000 mails of the last day, most of them two tenants'."""
    risk = account_risk(counts({60: 100_000}, {60: bounces}), START_DELAYS, NOW)
    contributors = [
        Contributor(name, budget_of(counts(bounces={60: theirs}), risk), NOW) for name, theirs in USERS.items()
    ]
    return decide_on_account(
        risk, record=tenant(ACCOUNT, arn=None), mode=Mode.ENFORCE, now=NOW, contributors=contributors
    )


USERS = {"news": 400, "shop": 3100}
NEAR, OVER = told("AccountAtRisk", of_account(4_600)), told("AccountAtRisk", of_account(7_000))
EVERY_EVENT += [NEAR, OVER]
IDS = [each.name for each in EVERY_EVENT]


def test_the_line_a_person_can_check() -> None:
    """The example of the decision rule, digit by digit."""
    assert case_in_words(case(45, 214, 178)) == (
        "45 hard bounces of 214 sent in the last 5 min (178 with feedback due) = 25.3 %; "
        "at least 13.9 % with 99 % confidence; limit 10 %"
    )


def test_a_case_that_needs_less_evidence_tells_its_bound_with_less_confidence() -> None:
    """The bound of a case that is enough lies above the limit: 130 of 1,000 are 3.5 nats, and 99 % would take 4.6."""
    line = case_in_words(replace(case(130, 1000, 1000), window=window(130, 1000, length=timedelta(days=7))))
    assert line.endswith("at least 10.2 % with 95 % confidence; limit 10 %")


def test_complaints_are_told_as_complaints() -> None:
    measured = window(1, 150, 120.4, kind=Kind.COMPLAINT, length=timedelta(hours=3))
    line = case_in_words(replace(case(), window=measured, limit=0.001, prior=400))
    assert line.startswith("1 complaint of 150 sent in the last 3 h (120 with feedback due) = 0.831 %; at least ")
    assert line.endswith("limit 0.1 %")


@pytest.mark.parametrize(
    ("rate", "words"),
    [(0.253, "25.3 %"), (0.1, "10 %"), (0.005, "0.5 %"), (0.00123, "0.123 %"), (1.0, "100 %"), (22.5, "2250 %")],
)
def test_a_rate_is_told_in_percent_without_exponents(rate: float, words: str) -> None:
    assert percent(rate) == words


def test_a_rate_by_no_sends_is_none() -> None:
    assert percent(float("inf")) == "no sends seen"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(minutes=5), "5 min"),
        (timedelta(minutes=60), "1 h"),
        (timedelta(hours=24), "1 d"),
        (timedelta(days=30), "30 d"),
        (timedelta(hours=36), "36 h"),
        (timedelta(seconds=40), "40 s"),
    ],
)
def test_a_length_is_told_in_its_largest_whole_unit(length: timedelta, words: str) -> None:
    assert in_words(length) == words


@pytest.mark.parametrize(
    ("event", "urgent", "subject", "phrases"),
    [
        (
            EVERY_EVENT[0],
            False,
            "[guard] shop warned: 9 % bounces",
            ["shop was warned at 2026-11-24 12:02:30 UTC. It keeps sending", "10 % hard bounces or 0.5 % complaints"],
        ),
        (
            EVERY_EVENT[1],
            False,
            "[guard] shop would be paused (observe mode): 25.3 % bounces",
            ["would have been paused at", "only observes. It keeps sending", "Mode=enforce"],
        ),
        (
            EVERY_EVENT[2],
            True,
            "[guard] shop PAUSED: 25.3 % bounces",
            [
                "Tenant shop was paused at 2026-11-24 12:02:30 UTC, and SES confirmed it. It cannot send",
                "Why: 45 hard bounces of 214 sent in the last 5 min",
                "from 3 examples:",
                "recipients at example.net (2), example.org (1)",
                "2 x smtp; 550 5.1.1 user unknown",
                "Sending status at SES: DISABLED (customer-managed DISABLED, SES-managed -)",
                "guard resume shop --reason",
                "Decision shop.4, policy standard v1",
            ],
        ),
        (
            EVERY_EVENT[3],
            True,
            "[guard] shop NOT PAUSED, SES refused: 25.3 % bounces",
            ["is NOT: it still sends", "AccessDeniedException: not authorized", "tries every minute", "guard doctor"],
        ),
        (
            EVERY_EVENT[4],
            False,
            "[guard] shop resumed",
            [
                "was resumed at",
                "by night shift (as declared). Reason: list cleaned",
                "1 d of probation",
                "Only mail sent from now on",
            ],
        ),
        (
            EVERY_EVENT[5],
            True,
            "[guard] shop NOT RESUMED",
            [
                "to be resumed by night shift",
                "SES itself has stopped the tenant",
                "SES-managed DISABLED",
                "AWS Support",
            ],
        ),
        (
            EVERY_EVENT[6],
            True,
            "[guard] shop cannot be judged, its sends are not seen: 2250 % bounces",
            ["sends are not seen", "it is NOT paused", "message tag", "configuration set of its own", "guard doctor"],
        ),
    ],
    ids=IDS[:7],
)
def test_a_notice_says_who_what_why_and_what_is_next(
    event: Announcement, subject: str, phrases: list[str], *, urgent: bool
) -> None:
    notice = notice_of(event)
    assert (notice.id, notice.event, notice.tenant, notice.urgent) == (event.id, event.name, "shop", urgent)
    assert notice.subject == subject
    for phrase in phrases:
        assert phrase in notice.text


@pytest.mark.parametrize(
    ("event", "urgent", "subject", "phrases"),
    [
        (
            NEAR,
            False,
            "[guard] the whole account near SES's line: 4.62 % bounces",
            ["is near a line at which SES reviews it", "limit 5 %", "You are told again in a day"],
        ),
        (
            OVER,
            True,
            "[guard] the whole account OVER SES's line: 7.03 % bounces",
            [
                "is over a line at which SES reviews it, and may pause it.",
                "Why: 7000 hard bounces of 100000 sent in the last 1 d",
                "All mail of the account:\n  hard bounces in 1 d: 7.03 % (7000), line 5 %",
                "complaints in 7 d: 0 % (0), line 0.1 %",
                "use most of the hard bounces that SES's line leaves the account in 1 d:",
                "\n  shop: 62 % (3100)\n  news: 8 % (400)",
                "use 5 % or more of such a budget are tightened, by 100 % of what they can be",
                "Next: look at these tenants",
                "policy account v1",
            ],
        ),
    ],
    ids=["near", "over"],
)
def test_the_accounts_notice_says_how_it_is_and_who_makes_it_so(
    event: Announcement, subject: str, phrases: list[str], *, urgent: bool
) -> None:
    notice = notice_of(event)
    assert (notice.tenant, notice.urgent, notice.subject) == (ACCOUNT, urgent, subject)
    for phrase in phrases:
        assert phrase in notice.text


def test_a_tenants_notice_says_what_it_uses_of_the_accounts_budget() -> None:
    risk = account_risk(counts({60: 100_000}, {60: 4_700}), START_DELAYS, NOW)
    budget = budget_of(counts(bounces={60: 3_100}), risk)
    about = decision(budget=budget, policy=tightened(decision().policy, budget))
    text = notice_of(told("TenantPaused", about, DISABLED)).text
    assert "It uses 62 % of the hard bounces that SES's line leaves the whole account in 1 d." in text
    assert "tightened for this judgement: a pause needs 3.7 nats above 8.62 % hard bounces or 0.5 % complaints." in text
    calm = account_risk(counts({60: 100_000}, {60: 3_200}), START_DELAYS, NOW)
    text = notice_of(told("TenantPaused", decision(budget=budget_of(counts(bounces={60: 3_100}), calm)))).text
    assert "It uses 62 %" in text
    assert "tightened" not in text


def test_a_tenant_with_next_to_nothing_of_the_budget_is_told_nothing_of_it() -> None:
    risk = account_risk(counts({60: 100_000}, {60: 4_700}), START_DELAYS, NOW)
    assert (
        "It uses" not in notice_of(told("TenantPaused", decision(budget=budget_of(counts(bounces={60: 9}), risk)))).text
    )


@pytest.mark.parametrize(
    ("owner", "reason", "words"),
    [
        (Owner.SES, "", ["stopped by SES itself, seen at", "only AWS Support can lift this"]),
        (Owner.OPERATOR, "", ["paused by a person at SES, seen at", "until an operator resumes it"]),
        (Owner.GUARD, "the guard's pause was lost", ["paused again (the guard's pause was lost) at", "SES confirmed"]),
    ],
)
def test_a_pause_is_told_as_its_owners(owner: Owner, reason: str, words: list[str]) -> None:
    about = decision(owner=owner, reason=reason, adopted=owner is not Owner.GUARD, because=None)
    notice = notice_of(told("TenantPaused", about, DISABLED))
    assert notice.subject == "[guard] shop PAUSED"
    assert all(each in notice.text for each in words)


@pytest.mark.parametrize(
    ("owner", "words"),
    [(Owner.SES, "resumed at 2026-11-24 12:02:30 UTC by SES"), (Owner.OPERATOR, "by a person at SES")],
)
def test_a_resume_that_was_found_is_told_as_its_owners(owner: Owner, words: str) -> None:
    found = replace(BY_HAND, owner=owner, operator="", adopted=True)
    assert words in notice_of(told("TenantResumed", found)).text


def test_unattributed_sends_are_told_with_their_sets() -> None:
    measured = window(45, 214, 178, unattributed=99.6)
    about = decision(
        because=replace(case(), window=measured), tenant=tenant(configuration_sets=frozenset({"shop-mail", "news"}))
    )
    text = notice_of(told("SendsUnseen", about)).text
    assert "100 sends (with feedback due) in the configuration sets it uses (news, shop-mail) name no tenant" in text


def test_only_the_feedback_that_made_the_case_is_told() -> None:
    assert "example.com" not in notice_of(told("TenantPaused", decision(examples=EXAMPLES), DISABLED)).text
    measured = window(9, 150, kind=Kind.COMPLAINT)
    text = notice_of(told("TenantPaused", decision(examples=EXAMPLES, because=replace(case(), window=measured)))).text
    assert "from 1 examples:\n  recipients at example.com (1)\n  1 x abuse" in text


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (STOPPED_BY_SES, "the tenant stays paused. Only AWS Support lifts a stop by SES; open a case there."),
        (DISABLED, "the tenant stays paused. Look who stopped it at SES meanwhile, then resume it again."),
        (None, "the guard tries every minute. Check its rights (guard doctor), or resume the tenant by hand."),
    ],
    ids=["by SES", "still shut", "refused"],
)
def test_a_refused_resume_says_who_can_do_what_about_it(status: SendingStatus | None, words: str) -> None:
    notice = notice_of(told("ResumeRefused", BY_HAND, status, "no"))
    assert f"Next: {words}" in notice.text


@pytest.mark.parametrize(("name", "verb"), [("PauseRefused", "paused"), ("ResumeRefused", "resumed")])
def test_of_a_tenant_that_is_gone_nobody_is_told_that_it_still_sends(name: str, verb: str) -> None:
    notice = notice_of(replace(told(name, decision(), refusal="NotFoundException: no such tenant"), gone=True))
    assert f"Tenant shop was to be {verb}, and SES has no such tenant any more." in notice.text
    assert "Next: nothing, the decision is done with." in notice.text
    assert "still" not in notice.text


def test_open_findings_are_told() -> None:
    finding = Finding("BOUNCE", "HIGH", "The bounce rate exceeded 15.0 %.")
    text = notice_of(told("TenantPaused", decision(tenant=tenant(findings=(finding,))), DISABLED)).text
    assert "Open findings at SES:\n  HIGH BOUNCE: The bounce rate exceeded 15.0 %." in text


@pytest.mark.parametrize("event", EVERY_EVENT, ids=IDS)
@pytest.mark.parametrize("name", ["shop", "a" * 64, "m\u00fcller-\u5e97", "x" * 300])
def test_a_subject_fits_sns(event: Announcement, name: str) -> None:
    """SNS takes ASCII of less than 100 characters, on one line."""
    subject = notice_of(replace(event, decision=replace(event.decision, tenant=tenant(name)))).subject
    assert subject.isascii()
    assert subject.isprintable()
    assert 0 < len(subject) < 100


@pytest.mark.parametrize("event", EVERY_EVENT, ids=IDS)
def test_no_notice_shows_an_address(event: Announcement) -> None:
    notice = notice_of(event)
    assert not re.search(r"[\w.+-]+@[\w-]+\.\w", notice.subject + notice.text)


@pytest.mark.parametrize("event", EVERY_EVENT, ids=IDS)
def test_the_same_event_is_the_same_notice(event: Announcement) -> None:
    assert notice_of(event) == notice_of(event)
