"""Law 9 and docs/policies.md: a pause ends by back-off, or early where its mail turned out better; nothing flaps."""

import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reputation_guard.domain.decision import Answer, Decision, record_after
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.judgement import decide_resume, replayed
from reputation_guard.domain.policy import PRESETS, Kind, Mode, Policy, Resumes
from reputation_guard.domain.resume import cohort, forgiven, reason_to_resume, struck
from reputation_guard.domain.tenant import Exemption, Owner, Pause, Standing, Tenant, without_lapsed_exemption
from reputation_guard.wire import MalformedError
from reputation_guard.wire.policy import read_document
from tests.fakes.builders import NOW, STANDARD, ago, case, counts, decision, tenant, window

HOURS = timedelta(hours=1)


def paused_tenant(
    strikes: int = 0, *, policy: Policy = STANDARD, at: datetime = NOW, kind: Kind = Kind.BOUNCE
) -> Tenant:
    """The record after the guard paused it at `at`, and SES confirmed."""
    because = replace(case(), window=window(45, 214, 178, kind=kind))
    before = tenant(strikes=strikes, clean_since=at - timedelta(days=3) if strikes else None)
    after = record_after(decision(tenant=before, at=at, policy=policy, because=because))
    return replace(after, under_way=False)


@pytest.mark.parametrize(("strikes", "hours"), [(0, 1), (1, 6), (2, 24), (3, 72), (4, None), (9, None)])
def test_each_pause_lasts_longer_than_the_one_before_and_the_fifth_is_ended_by_a_person(
    strikes: int, hours: int | None
) -> None:
    after = paused_tenant(strikes)
    assert after.pause
    assert (after.strikes, after.pause.ends) == (strikes + 1, hours and NOW + hours * HOURS)


@pytest.mark.parametrize(("strikes", "hours"), [(0, 24), (1, 24), (2, 24), (3, 72), (4, None)])
def test_a_pause_for_complaints_lasts_a_day_at_least(strikes: int, hours: int | None) -> None:
    pause = paused_tenant(strikes, kind=Kind.COMPLAINT).pause
    assert pause
    assert pause.ends == (hours and NOW + hours * HOURS)


def test_where_the_policy_wants_a_person_the_guard_resumes_nobody() -> None:
    person = replace(STANDARD, resumes=Resumes.PERSON)
    after = paused_tenant(policy=person)
    assert reason_to_resume(after, (window(0, 1000),), person, NOW + 900 * HOURS) == ""


@pytest.mark.parametrize(("days", "strikes"), [(29.9, 4), (30, 1)])
def test_strikes_are_forgotten_after_thirty_clean_days(days: float, strikes: int) -> None:
    before = tenant(strikes=3, clean_since=ago(days=days), resumed_early=True)
    after = struck(before, window(45, 214), STANDARD, NOW)
    assert (after.strikes, after.resumed_early) == (strikes, strikes > 1)
    assert forgiven(tenant(), STANDARD, NOW) == tenant()


def test_a_pause_remembers_the_mail_it_was_judged_on() -> None:
    """From the first slot of the window that proved it, and never from before the fence."""
    (pause,) = {struck(tenant(), window(45, 214, length=timedelta(minutes=15)), STANDARD, NOW).pause}
    assert pause
    assert pause.judged_from == datetime(2026, 11, 24, 11, 50, tzinfo=NOW.tzinfo)
    fenced = struck(tenant(fence=ago(minutes=3)), window(45, 214, length=timedelta(minutes=15)), STANDARD, NOW).pause
    assert fenced
    assert fenced.judged_from == ago(minutes=3)


def test_when_its_cool_down_is_over_the_guard_resumes_it() -> None:
    after = paused_tenant()
    assert reason_to_resume(after, (), STANDARD, NOW + 0.99 * HOURS) == ""
    assert reason_to_resume(after, (), STANDARD, NOW + HOURS) == "its cool-down is over"


@pytest.mark.parametrize(
    ("feedback", "due", "better"),
    [(45, 900, False), (44, 900, True), (45, 1000, True), (50, 1000, False), (0, 899, False), (0, 0, False)],
)
def test_mail_that_turned_out_better_ends_a_pause_early(feedback: int, due: float, *, better: bool) -> None:
    """Nine tenths of its feedback are due, and its rate is below the warn limit all the same."""
    mail = (window(feedback, 1000 if due else 0, due),)
    assert bool(reason_to_resume(paused_tenant(), mail, STANDARD, NOW + HOURS / 2)) is better


def test_all_ways_to_measure_the_mail_have_to_show_it() -> None:
    good, bad = window(10, 1000), window(60, 1000)
    for mail in ((good, bad), (bad, good)):
        assert reason_to_resume(paused_tenant(), mail, STANDARD, NOW + HOURS / 2) == ""


def test_an_early_resume_is_no_strike_and_happens_once() -> None:
    record = paused_tenant(strikes=1)
    early = decide_resume(
        counts(sends={0: 1000}, bounces={0: 4}),
        policy=STANDARD,
        tenant=record,
        delays=START_DELAYS,
        mode=Mode.ENFORCE,
        now=NOW + HOURS,
    )
    assert early
    after = record_after(early)
    assert (after.standing, after.strikes, after.resumed_early, after.fence) == (
        Standing.PROBATION,
        1,
        True,
        early.at,
    )
    again = replace(record, resumed_early=True)
    assert reason_to_resume(again, (window(0, 1000),), STANDARD, NOW + HOURS) == ""


def test_a_late_resume_keeps_its_strike() -> None:
    after = record_after(resume_of(paused_tenant(), NOW + HOURS))
    assert (after.strikes, after.clean_since, after.pause) == (1, NOW + HOURS, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"stops": frozenset({Owner.GUARD, Owner.OPERATOR})},
        {"stops": frozenset({Owner.GUARD, Owner.SES})},
        {"stops": frozenset({Owner.OPERATOR})},
        {"under_way": True},
        {"pause": None},
        {"standing": Standing.PROBATION},
    ],
)
def test_the_guard_lifts_only_its_own_stop(changes: dict[str, object]) -> None:
    """Law 5; and only one that SES has confirmed."""
    record = replace(paused_tenant(), **changes)  # type: ignore[arg-type] # any field may change
    assert reason_to_resume(record, (window(0, 1000),), STANDARD, NOW + 900 * HOURS) == ""


def test_in_observe_mode_the_guard_leaves_a_paused_tenant_alone() -> None:
    """Law 12."""
    observing = decide_resume(
        counts(), policy=STANDARD, tenant=paused_tenant(), delays=START_DELAYS, mode=Mode.OBSERVE, now=NOW + 2 * HOURS
    )
    assert observing is None


def test_the_guards_resume_replays_from_what_it_stores() -> None:
    """Law 3."""
    for at in (NOW + HOURS / 2, NOW + HOURS):
        resume = resume_of(paused_tenant(), at)
        assert resume.judged
        assert replayed(resume) == resume
        assert replayed(replace(resume, at=NOW + timedelta(seconds=1), windows=())).answer is Answer.HOLD


def resume_of(record: Tenant, now: datetime) -> Decision:
    found = decide_resume(
        counts(sends={0: 1000}, bounces={0: 4}),
        policy=STANDARD,
        tenant=record,
        delays=START_DELAYS,
        mode=Mode.ENFORCE,
        now=now,
    )
    assert found
    return found


def test_the_cohort_is_the_mail_since_then_and_what_shares_an_hour_or_a_day_with_it() -> None:
    """Older bad mail in the same hour speaks against it, older good mail not for it."""
    pause = Pause(Kind.BOUNCE, judged_from=ago(minutes=12, seconds=20), began=NOW, ends=NOW + HOURS)
    found = cohort(counts(sends={1: 100, 9: 7}, bounces={1: 3, 2: 1, 9: 5}), pause, START_DELAYS, NOW)
    assert [(each.sends, each.feedback) for each in found] == [(107, 9), (107, 9), (100, 4)]
    assert all(each.due < each.sends for each in found)


MINUTES = st.integers(1, 90) | st.integers(1, 60 * 24 * 40)
STEPS = st.lists(st.tuples(MINUTES, st.booleans()), min_size=1, max_size=60)
DURATIONS = st.sampled_from(["1m", "1h", "23h", "1d", "3d", "30d"])
DOCUMENTS = st.fixed_dictionaries(
    {"name": st.just("drawn")},
    optional={
        "probation": DURATIONS,
        "cool_downs": st.lists(DURATIONS, min_size=1, max_size=12),
        "least_complaint_cool_down": DURATIONS,
        "strike_decays": DURATIONS,
    },
)
FLAPPING = {"name": "drawn", "strike_decays": "1m", "cool_downs": ["1m"], "probation": "1m"}


def pauses_of(policy: Policy, steps: list[tuple[int, bool]]) -> list[datetime]:
    """When a tenant is paused that always does what it is paused for, `steps` of so many minutes.

    Of each step it is also said whether its mail turned out better. The guard alone ends its pauses; what a person
    resumes is a person's choice.
    """
    record, now = tenant(), NOW
    pauses: list[datetime] = []
    for minutes, is_better in steps:
        now += timedelta(minutes=minutes)
        if record.standing is not Standing.PAUSED:
            record = replace(record_after(decision(tenant=record, at=now, policy=policy)), under_way=False)
            pauses.append(now)
        mail = (window(0, 1000),) if is_better else ()
        if reason_to_resume(record, mail, policy, now):
            resume = decision(answer=Answer.RESUME, tenant=record, at=now, because=None, windows=mail, policy=policy)
            record = replace(record_after(resume), under_way=False)
    return pauses


def most_within(days: int, pauses: list[datetime]) -> int:
    """The most pauses that fall into so many days."""
    length = timedelta(days=days)
    return max((sum(first <= other < first + length for other in pauses) for first in pauses), default=0)


@given(name=st.sampled_from(sorted(PRESETS)), steps=STEPS)
def test_no_sequence_of_events_flaps_a_tenant(name: str, steps: list[tuple[int, bool]]) -> None:
    """Whatever it does after each resume, and whatever its mail turns out to be: six pauses in 30 days at most."""
    assert most_within(30, pauses_of(PRESETS[name], steps)) <= 6


@example(document=FLAPPING, steps=[(1, False)] * 60)
@example(document=FLAPPING | {"strike_decays": "1d", "cool_downs": ["1m"] * 50}, steps=[(1, False)] * 60)
@given(document=DOCUMENTS, steps=STEPS)
def test_no_policy_that_can_be_put_lets_a_tenant_flap(document: dict[str, Any], steps: list[tuple[int, bool]]) -> None:
    """One pause more than it has cool-downs, and an early one: never more in a day, nor until they are forgotten."""
    try:
        policy = read_document(document).to_domain(1)
    except MalformedError:
        return
    pauses, each_time = pauses_of(policy, steps), len(policy.cool_downs) + 1
    assert most_within(1, pauses) <= min(each_time + 1, 12)
    assert most_within(30, pauses) <= math.ceil(timedelta(days=30) / policy.strike_decays) * each_time + 1


EXEMPTION = Exemption(until=NOW, operator="Olga Operator", reason="a migration")


def test_an_exempt_tenant_is_only_observed_until_its_exemption_expires() -> None:
    exempt = tenant(exemption=EXEMPTION)
    assert exempt.mode_at(ago(seconds=1), Mode.ENFORCE) is Mode.OBSERVE
    assert exempt.mode_at(NOW, Mode.ENFORCE) is Mode.ENFORCE
    assert tenant().mode_at(NOW, Mode.ENFORCE) is Mode.ENFORCE


def test_what_was_allowed_is_not_held_against_it_afterwards() -> None:
    exempt = tenant(exemption=EXEMPTION)
    assert without_lapsed_exemption(exempt, ago(seconds=1)) == exempt
    lapsed = without_lapsed_exemption(exempt, NOW + HOURS)
    assert (lapsed.exemption, lapsed.fence) == (None, NOW)
    later = replace(exempt, fence=NOW + HOURS / 2)
    assert without_lapsed_exemption(later, NOW + HOURS).fence == NOW + HOURS / 2


def test_a_paused_tenant_is_looked_at_at_doubling_ages_until_its_pause_ends() -> None:
    record = paused_tenant(strikes=1)
    looks, now = [], NOW
    while now < NOW + 6 * HOURS:
        now = record.due_at(now)
        looks.append((now - NOW) / HOURS)
    assert looks == [0.25, 0.5, 1, 2, 4, 6]
    assert record.due_at(NOW + 7 * HOURS) == NOW + 7 * HOURS + timedelta(minutes=10)
    by_a_person = paused_tenant(strikes=4)
    assert by_a_person.pause
    assert by_a_person.pause.next_look(NOW) is None
