"""Law 7: a gap in our sight never pauses a tenant. Law 9: a fence lets only later mail be judged."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.counts import (
    SLOT_SECONDS,
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    Counts,
    Ids,
    Series,
    first_open_day,
    slot_of,
    slot_start,
)
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sight import Gap, edges_to_read, judged_part
from reputation_guard.domain.windows import measure
from tests.fakes.builders import NEWEST, NOW, STANDARD, ago, counts, series, sight

START = ago(days=40)
Slots = dict[int, int]
ANY_SLOTS = st.dictionaries(st.integers(0, 430), st.integers(1, 60), max_size=8)
FEW_SLOTS = st.dictionaries(st.integers(0, 40), st.integers(1, 60), max_size=8)


def edge(slot: int, seconds: Mapping[int, int], kind: Kind = Kind.BOUNCE) -> dict[int, dict[str, dict[Kind, Ids]]]:
    """The ids of one slot: how many of them are of mail sent in which second."""
    idents = [
        second.to_bytes(2, "big") + number.to_bytes(6, "big")
        for second, many in seconds.items()
        for number in range(many)
    ]
    return {slot: {"": {kind: Ids.of(idents)}}}


def strongest(part: Counts, kind: Kind) -> float:
    """The strongest case that can be made of one kind of feedback against its pause limit."""
    limits = STANDARD.limits(kind)
    windows = measure(part, Counts(part.newest), STANDARD, START_DELAYS, NOW)
    return max((each.evidence(limits.pause, limits.prior) for each in windows if each.kind is kind), default=0.0)


@given(sends=ANY_SLOTS, bounces=ANY_SLOTS, complaints=ANY_SLOTS, late=ANY_SLOTS, behind=st.integers(0, 90_000))
def test_feedback_past_the_watermark_is_no_evidence_and_its_sends_favour_the_tenant(
    sends: Slots, bounces: Slots, complaints: Slots, late: Slots, behind: int
) -> None:
    """Law 7: whatever comes back for mail sent past the watermark, the same is judged, and all sends stay."""
    watermark = ago(seconds=behind)
    unseen = NEWEST - slot_of(watermark)
    past = {back: number for back, number in late.items() if back <= unseen}
    part = judged_part(counts(sends, bounces, complaints), sight(watermark), START, {})
    more = counts(sends, bounces | past, complaints | past)
    assert judged_part(more, sight(watermark), START, {}) == part
    assert part.sends == more.sends
    for kind in Kind:
        assert strongest(part, kind) <= strongest(more, kind)


@given(bounces=ANY_SLOTS, behind=st.integers(0, 90_000))
def test_feedback_before_the_watermark_is_judged(bounces: Slots, behind: int) -> None:
    """What the watermark hides is a slot at most, or an hour where feedback is judged by the hour."""
    watermark = ago(seconds=behind)
    seen = {back: number for back, number in bounces.items() if back > NEWEST - slot_of(watermark) + SLOTS_PER_HOUR}
    part = judged_part(counts({}, bounces), sight(watermark), START, {})
    assert sum(part.bounces.numbers) >= sum(seen.values())


def test_of_the_slot_with_the_watermark_what_was_sent_before_it_is_judged() -> None:
    watermark = slot_start(NEWEST) + timedelta(seconds=100)
    ids = edge(NEWEST, {0: 3, 99: 2, 100: 4, 140: 1})
    part = judged_part(counts({0: 90}, {0: 10, 1: 7}), sight(watermark), START, ids)
    assert part.bounces.slots[:2] == (5, 7)
    assert part.complaints.slots[0] == 0


def test_a_watermark_ahead_of_the_clock_hides_nothing() -> None:
    part = judged_part(counts({0: 90}, {0: 10}), sight(NOW + timedelta(minutes=9)), START, {})
    assert part.bounces.slots[0] == 10


@given(
    back=st.integers(0, 20),
    early=st.integers(0, 299),
    late=st.integers(0, 299),
    before=st.integers(1, 9),
    after=st.integers(1, 9),
)
def test_a_fence_inside_a_slot_parts_its_feedback_by_the_second_of_the_send(
    back: int, early: int, late: int, before: int, after: int
) -> None:
    """Law 9: only mail sent after the fence is judged, whatever comes back for the mail before it."""
    slot = NEWEST - 30 - back
    fence = slot_start(slot) + timedelta(seconds=150, milliseconds=500)
    ids = edge(slot, {early % 151: before, 151 + late % 149: after})
    part = judged_part(counts({30 + back: 90}, {30 + back: before + after}), sight(), fence, ids)
    assert part.bounces.slots[30 + back] == after
    assert part.sends.slots[30 + back] == 90


@given(
    slots=st.lists(ANY_SLOTS, min_size=6, max_size=6),
    days=st.dictionaries(st.integers(0, 30), st.integers(1, 99)),
    back=st.integers(0, 430),
)
def test_nothing_from_before_a_fence_reaches_a_judgement(slots: list[Slots], days: dict[int, int], back: int) -> None:
    """Law 9: counts of mail sent before the fence may be anything: what is judged is the same."""
    known = [{at: number for at, number in each.items() if at <= back} for each in slots[:3]]
    before = [{at: number for at, number in each.items() if at > back} for each in slots[3:]]
    rewritten = [series(now | then, days) for now, then in zip(known, before, strict=True)]
    fence = slot_start(NEWEST - back)
    part = judged_part(Counts(NEWEST, *rewritten), sight(), fence, {})
    assert part == judged_part(counts(*known), sight(), fence, {})
    if back < len(series().slots):
        assert sum(part.sends.numbers) == sum(known[0].values())


def test_a_fence_in_the_future_leaves_nothing_to_judge() -> None:
    part = judged_part(counts({0: 9}, {0: 9}), sight(), NOW + timedelta(minutes=5), {})
    assert (sum(part.sends.slots), sum(part.bounces.slots), part.sends.days) == (0, 0, ())


@pytest.mark.parametrize(
    ("hours_into_the_day", "kept"),
    [(0, 3), (1, 2), (23, 2)],
)
def test_a_fence_rounds_up_to_whole_closed_days(hours_into_the_day: int, kept: int) -> None:
    """A closed day is judged when all of it was sent after the fence."""
    first_day = first_open_day(NEWEST) - 3
    fence = slot_start(first_day * SLOTS_PER_DAY) + timedelta(hours=hours_into_the_day)
    known = Counts(NEWEST, series(days={0: 5, 1: 6, 2: 7, 3: 8}), series(), series())
    assert judged_part(known, sight(), fence, {}).sends.days == (5, 6, 7)[:kept]


@given(
    known=st.builds(counts, FEW_SLOTS, FEW_SLOTS, FEW_SLOTS),
    lost=st.builds(counts, FEW_SLOTS, FEW_SLOTS, FEW_SLOTS),
    youngest=st.integers(0, 20),
    length=st.integers(1, 20),
)
def test_cohorts_inside_a_gap_of_our_sight_are_not_judged(
    known: Counts, lost: Counts, youngest: int, length: int
) -> None:
    """Law 7: whatever was counted of a gap, the judgement is the same; what lies outside is judged as ever."""
    inside = range(youngest, youngest + length)
    gap = Gap(slot_start(NEWEST - youngest - length + 1), slot_start(NEWEST - youngest + 1))

    def other(now: Series, then: Series) -> Series:
        slots = (then.slots[back] if back in inside else number for back, number in enumerate(now.slots))
        return replace(now, slots=tuple(slots))

    rewritten = Counts(
        NEWEST,
        other(known.sends, lost.sends),
        other(known.bounces, lost.bounces),
        other(known.complaints, lost.complaints),
    )
    blind = sight(NOW + timedelta(minutes=5), gaps=(gap,))
    part = judged_part(known, blind, START, {})
    assert part == judged_part(rewritten, blind, START, {})
    for back, number in enumerate(known.bounces.slots):
        assert part.bounces.slots[back] == (0 if back in inside else number)


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(seconds=1)])
def test_a_gap_takes_the_slots_the_hours_and_the_days_it_touches_and_no_others(offset: timedelta) -> None:
    everywhere = series(dict.fromkeys(range(433), 1), dict.fromkeys(range(31), 1))
    known = Counts(NEWEST, everywhere, everywhere, everywhere)
    first_slot_of_hours = NEWEST - len(everywhere.slots)
    gaps = tuple(
        Gap(start + offset, end - offset)
        for start, end in (
            (slot_start(NEWEST - 20), slot_start(NEWEST - 18)),
            (slot_start(first_slot_of_hours - 23), slot_start(first_slot_of_hours - 11)),
            (
                slot_start((first_open_day(NEWEST) - 3) * SLOTS_PER_DAY),
                slot_start((first_open_day(NEWEST) - 2) * SLOTS_PER_DAY),
            ),
        )
    )
    part = judged_part(known, sight(NOW + timedelta(minutes=5), gaps=gaps), START, {})
    for judged in (part.sends, part.bounces, part.complaints):
        assert [back for back, number in enumerate(judged.slots) if not number] == [19, 20]
        assert [back for back, number in enumerate(judged.hours) if not number] == [1]
        assert [back for back, number in enumerate(judged.days) if not number] == [2]


def test_a_gap_that_touches_a_closed_day_takes_the_day() -> None:
    last_closed = slot_start((first_open_day(NEWEST) - 1) * SLOTS_PER_DAY)
    blind = sight(gaps=(Gap(last_closed + timedelta(hours=3), last_closed + timedelta(hours=4)),))
    known = Counts(NEWEST, series(days={0: 5, 1: 6}), series(days={0: 1, 1: 2}), series())
    part = judged_part(known, blind, START, {})
    assert (part.sends.days[:2], part.bounces.days[:2]) == ((0, 6), (0, 2))


@given(known=st.builds(counts, FEW_SLOTS, FEW_SLOTS), late=FEW_SLOTS, kind=st.sampled_from(Kind))
def test_sends_that_were_counted_late_only_weaken_a_case(known: Counts, late: dict[int, int], kind: Kind) -> None:
    """Law 7, and Law 1's "a redelivery can only overcount": more sends are never more evidence."""
    sends = tuple(map(sum, zip(known.sends.slots, series(late).slots, strict=True)))
    more = replace(known, sends=replace(known.sends, slots=sends))
    assert strongest(more, kind) <= strongest(known, kind) + 1e-9


def test_only_slots_that_are_cut_and_have_feedback_are_read() -> None:
    """A judgement reads numbers; ids only where the fence or the watermark runs through a slot."""
    known = counts({0: 9, 5: 9, 8: 9}, {0: 1, 5: 1, 8: 1})
    whole_slot, inside = slot_start(NEWEST - 8), slot_start(NEWEST - 5) + timedelta(seconds=1)
    assert edges_to_read(known, sight(NOW), whole_slot) == (NEWEST,)
    assert edges_to_read(known, sight(NOW), inside) == (NEWEST - 5, NEWEST)
    assert edges_to_read(known, sight(NOW), inside - timedelta(seconds=SLOT_SECONDS)) == (NEWEST,)
    assert edges_to_read(counts({0: 9}), sight(NOW), inside) == ()
    assert edges_to_read(known, sight(NOW + timedelta(minutes=9)), ago(days=40)) == ()
