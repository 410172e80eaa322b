"""The account as a whole: weighed with everybody's mail, said once a day, and felt by those who use its budget."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from reputation_guard.domain.account import largest_share, tightened, tightening
from reputation_guard.domain.counts import ACCOUNT_LEDGER, SLOTS_PER_DAY, first_open_day, slot_of
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.judgement import replayed
from reputation_guard.domain.mail import MailEvent
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.policy import Kind, Mode
from reputation_guard.domain.sight import Debt
from reputation_guard.domain.tenant import ACCOUNT, Standing
from reputation_guard.usecases.account import close_account_days
from tests.fakes.builders import NEWEST, NOW, STANDARD, ago, bounce, complaint, send, tags
from tests.fakes.counts import InMemoryCounts
from tests.usecases.world import TRAVELLING, World

SENT = (ago(hours=2), ago(hours=1))


def mail_of(tenant: str, sends: int, bounces: int, sent: Iterable[datetime] = SENT) -> list[MailEvent]:
    """So many recipients of one tenant at each of these moments, and how many of them bounced."""
    events: list[MailEvent] = []
    for at in sent:
        message = f"{tenant}-{at:%d%H%M%S}"
        events.append(send(message, tenant=tenant, sent_at=at, recipients=sends))
        events.append(bounce(message, tenant=tenant, sent_at=at, recipients=bounces))
    return events


def world_of(mode: Mode = Mode.ENFORCE) -> World:
    """A guard that has seen mail for days."""
    world = World(mode, InMemoryCounts())
    world.count([send("first", tenant="first", sent_at=ago(days=9))], ago(days=9))
    return world


def judged(world: World, events: Iterable[MailEvent], now: datetime = NOW) -> list[Decision]:
    """Judge what a batch brought once all that travels beside it is counted."""
    return world.judged(events, now)


def of_account(decisions: Iterable[Decision]) -> list[Decision]:
    return [each for each in decisions if each.tenant.name == ACCOUNT]


OVER = [*mail_of("shop", 3000, 250), *mail_of("news", 3000, 50), *mail_of("tiny", 10, 1)]
"""5 % of 12,020 recipients bounced: most of them shop's."""
FAR_OVER = [*OVER, *mail_of("spam", 1000, 400)]
NEAR = [*mail_of("shop", 5000, 330), *mail_of("news", 5000, 120)]
"""4.5 % of 20,000 recipients."""


def test_an_account_over_a_line_is_told_with_its_top_contributors() -> None:
    world = world_of()
    (decision,) = of_account(judged(world, OVER))
    assert decision.announces == "AccountAtRisk"
    assert decision.because
    assert (decision.because.window.feedback, decision.because.window.sends) == (602, 12_020)
    assert [each.tenant for each in decision.contributors] == ["shop", "news"]
    assert largest_share(decision.contributors[0].budget) == pytest.approx(500 / 601)
    world.enforce()
    (announcement,) = (each for each in world.bus.announced if each.name == "AccountAtRisk")
    assert notice_of(announcement).urgent
    assert world.book.outcomes()[decision.id] == "announced"


def test_an_account_near_a_line_is_told_once_a_day_and_once_more_when_it_crosses_the_line() -> None:
    world = world_of()
    (near,) = of_account(judged(world, NEAR))
    world.enforce()
    world.review(NOW + timedelta(minutes=1))
    later = NOW + timedelta(minutes=5)
    crossed = of_account(judged(world, mail_of("spam", 1000, 400, (ago(minutes=20),)), later))
    again = of_account(judged(world, mail_of("spam", 10, 9, (ago(minutes=15),)), later + timedelta(minutes=5)))
    world.enforce(later)
    told = [notice_of(each) for each in world.bus.announced if each.name == "AccountAtRisk"]
    assert [each.urgent for each in told] == [False, True]
    assert (len(crossed), again, near.tenant.version) == (1, [], 0)


def test_a_risk_that_lasts_is_told_again_after_a_day_by_the_review() -> None:
    """No feedback comes in any more, and the week still holds what came."""
    world = world_of()
    judged(world, OVER)
    for hours in range(1, 30):
        now = NOW + timedelta(hours=hours)
        world.count([send(f"pulse-{hours}", tenant="pulse", sent_at=now - timedelta(minutes=1))], now)
        world.review(now)
    told = [each.pending.decision for each in world.book.entries.values()]
    assert [each.at - NOW for each in of_account(told)] == [timedelta(), timedelta(days=1)]


def test_sends_alone_can_end_a_risk() -> None:
    world = world_of()
    judged(world, NEAR)
    now = NOW + timedelta(minutes=30)
    world.count([send("more", tenant="more", sent_at=NOW, recipients=20_000)], now)
    assert world.court(now).account.pressure == 0
    world.review(now + timedelta(days=1, minutes=1))
    assert len(of_account(each.pending.decision for each in world.book.entries.values())) == 1


def test_a_small_account_does_not_panic_at_one_bounce() -> None:
    world = world_of()
    assert judged(world, mail_of("shop", 20, 1, [ago(hours=2)])) == []
    world.review(NOW + timedelta(minutes=1))
    assert world.book.entries == {}


def test_mail_that_names_no_tenant_counts_for_the_account() -> None:
    """SES reviews all of it."""
    world = world_of()
    nobodys = tags(configuration_set="shared")
    events: list[MailEvent] = [
        send("m-1", sent_at=SENT[0], tags=nobodys, recipients=5000),
        bounce("m-1", sent_at=SENT[0], tags=nobodys, recipients=600),
    ]
    (decision,) = judged(world, events)
    assert decision.tenant.name == ACCOUNT
    assert decision.contributors == ()


def test_complaints_press_as_bounces_do() -> None:
    world = world_of()
    sends: list[MailEvent] = [send("m-1", sent_at=SENT[0], recipients=30_000)]
    complaints = [complaint("m-1", sent_at=SENT[0], feedback=f"f-{number}") for number in range(90)]
    (decision,) = of_account(judged(world, [*sends, *complaints]))
    assert decision.because
    assert (decision.because.window.kind, decision.because.limit) == (Kind.COMPLAINT, 0.001)


def test_who_uses_the_budget_is_paused_on_less_while_the_account_is_over_its_line() -> None:
    """9 % bounces alone earn a warning; in an account over SES's line they cost the right to send."""
    shop = mail_of("shop", 3000, 270)
    (calm,) = (each for each in judged(world_of(), [*mail_of("clean", 30_000, 100), *shop]))
    (paused, _) = judged(world_of(), shop)
    assert (calm.announces, calm.policy) == ("TenantWarned", STANDARD)
    assert paused.announces == "TenantPaused"
    assert paused.policy.bounce.pause == pytest.approx(0.075)


def test_a_decision_stores_the_policy_as_tightened_and_what_tightened_it() -> None:
    """Law 3: it replays from what it stores, and anybody can tighten the policy again by the same numbers."""
    world = world_of()
    decisions = judged(world, FAR_OVER)
    (paused,) = (each for each in decisions if each.tenant.name == "spam")
    assert tightening(paused.budget) > 0
    assert paused.policy == tightened(STANDARD, paused.budget)
    assert [replayed(each) for each in decisions] == decisions


def test_a_tenant_with_little_of_the_budget_is_judged_as_ever() -> None:
    world = world_of()
    decisions = judged(world, [*FAR_OVER, *mail_of("small", 40, 10)])
    (paused,) = (each for each in decisions if each.tenant.name == "small")
    assert paused.budget
    assert paused.policy == STANDARD


def test_observing_tightens_and_tells_and_touches_nobody() -> None:
    """Law 12."""
    world = world_of(Mode.OBSERVE)
    decisions = judged(world, FAR_OVER)
    assert {each.tenant.name: each.announces for each in decisions} == {
        "shop": "PauseAdvised",
        "spam": "PauseAdvised",
        ACCOUNT: "AccountAtRisk",
    }
    world.enforce()
    assert (world.standing("spam"), world.ses.calls) == (Standing.HEALTHY, [])


def test_the_account_is_said_once_however_often_it_is_judged() -> None:
    """The stream delivers at least once, and the review judges beside it: twice is once."""
    world = world_of()
    world.count(OVER, NOW - TRAVELLING)
    world.others_are_punctual(NOW - TRAVELLING)
    grown = list(world.counts.grown)
    first = world.judge_what_grew(NOW)
    world.counts.grown.extend(grown)
    assert of_account(world.judge_what_grew(NOW + timedelta(seconds=1))) == []
    world.review(NOW + timedelta(seconds=2))
    assert len(of_account(first)) == 1
    assert sum(each.pending.decision.tenant.name == ACCOUNT for each in world.book.entries.values()) == 1


def test_the_account_has_no_turn_of_a_tenants() -> None:
    """Nobody judges it as a tenant, and no list of tenants shows it."""
    world = world_of()
    judged(world, OVER)
    assert world.book.tenant(ACCOUNT)
    assert ACCOUNT not in [each.name for each in world.book.due(NOW + timedelta(days=30))]


def test_feedback_whose_sends_are_owed_is_not_weighed() -> None:
    """Law 7: a batch that comes again would look like a rate."""
    world = world_of()
    world.count(OVER, NOW - TRAVELLING)
    world.others_are_punctual(NOW - TRAVELLING)
    world.counts.open_debt(Debt(ago(hours=3), NOW + timedelta(minutes=3), tenant="shop"))
    assert of_account(world.judge_what_grew(NOW)) == []
    assert of_account(world.judge_what_grew(NOW + timedelta(minutes=4)))


def test_the_accounts_days_are_closed_once_a_day_with_what_came_late() -> None:
    world = world_of()
    sent_at = ago(days=3)
    day = slot_of(sent_at) // SLOTS_PER_DAY
    world.count([send("m-1", sent_at=sent_at, recipients=50)], sent_at)
    world.review(NOW)
    judged(world, [bounce("m-1", sent_at=sent_at, recipients=4)], NOW)
    page = world.counts.pages[ACCOUNT_LEDGER]
    assert (page.days["sends", day], page.days[Kind.BOUNCE, day]) == (50, 0)
    world.review(NOW + timedelta(hours=1))
    assert page.days[Kind.BOUNCE, day] == 0
    world.review(NOW + timedelta(days=1))
    assert page.days[Kind.BOUNCE, day] == 4
    record = world.book.tenant(ACCOUNT)
    assert record
    assert record.closed_day == first_open_day(NEWEST)


def test_a_day_that_is_closed_already_costs_one_read() -> None:
    world = world_of()
    close_account_days(world.book, world.counts, NOW)
    version = world.tenant(ACCOUNT).version
    close_account_days(world.book, world.counts, NOW + timedelta(hours=1))
    assert world.tenant(ACCOUNT).version == version
