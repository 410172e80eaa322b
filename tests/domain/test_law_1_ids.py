"""Law 1, the part of the ids: counting has no order, and past a thousand it is a deterministic lower bound."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.counts import EXACT_IDS, SLOT_SECONDS, Ids, feedback_id, is_sampled, slot_start
from tests.fakes.builders import NEWEST, NOW

SLOT_START = slot_start(NEWEST)
some_ids = st.frozensets(st.binary(min_size=8, max_size=8), max_size=40)


def many_ids(number: int, seed: int = 1, seconds: int = SLOT_SECONDS) -> frozenset[bytes]:
    """Ids as feedback of a slot has them, spread over its first seconds."""
    chance = random.Random(seed)
    return frozenset(chance.randrange(seconds).to_bytes(2, "big") + chance.randbytes(6) for _ in range(number))


def test_the_same_feedback_has_the_same_id() -> None:
    first, again = (feedback_id(NOW, "m-1", "recipient@example.net", "bounce") for _ in range(2))
    assert first == again
    assert len(first) == 8


@pytest.mark.parametrize(
    "subject",
    [
        ("m-2", "recipient@example.net", "bounce"),
        ("m-1", "other@example.net", "bounce"),
        ("m-1", "recipient@example.net", "complaint"),
        ("m-1recipient@example.net", "bounce"),
    ],
)
def test_other_feedback_has_another_id(subject: tuple[str, ...]) -> None:
    assert feedback_id(NOW, *subject) != feedback_id(NOW, "m-1", "recipient@example.net", "bounce")


@given(second=st.integers(0, SLOT_SECONDS - 1))
def test_an_id_says_in_which_second_of_its_slot_the_mail_was_sent(second: int) -> None:
    ids = Ids.of([feedback_id(SLOT_START + timedelta(seconds=second), "m-1")])
    assert ids.count(second, second + 1) == 1
    assert ids.count(0, second) == 0
    assert ids.count(second + 1, SLOT_SECONDS) == 0


@given(batches=st.lists(some_ids, max_size=6), order=st.randoms(use_true_random=False))
def test_sets_of_ids_grow_to_the_same_whatever_the_order(batches: list[frozenset[bytes]], order: random.Random) -> None:
    """Law 1: any order, any batching, any duplicate: the same ids, and the same sample of them."""
    shuffled = [*batches, *batches]
    order.shuffle(shuffled)
    whole = Ids.of(frozenset[bytes]().union(*batches))
    parts = [Ids.of(batch) for batch in shuffled]
    assert frozenset[bytes]().union(*(part.exact for part in parts)) == whole.exact
    assert frozenset[bytes]().union(*(part.sample for part in parts)) == whole.sample


@given(seed=st.integers(0, 10_000), kept=st.integers(EXACT_IDS, 1500))
def test_past_a_thousand_ids_the_count_does_not_depend_on_which_were_kept(seed: int, kept: int) -> None:
    """Law 1: the ids beyond the room arrive in any order, and the count is that of the sample of all."""
    ids = sorted(many_ids(1500, seed))
    sample = frozenset(filter(is_sampled, ids))
    assert Ids(frozenset(ids[:kept]), sample).count() == Ids(frozenset(ids[-kept:]), sample).count()


@pytest.mark.parametrize("number", [0, 1, EXACT_IDS - 1])
def test_below_a_thousand_ids_the_count_is_exact(number: int) -> None:
    assert Ids.of(many_ids(number)).count() == number


@pytest.mark.parametrize("number", [EXACT_IDS, 5_000])
def test_past_a_thousand_ids_the_count_is_a_lower_bound(number: int) -> None:
    """A judgement may believe too little, never too much: in 99 of 100 slots the count is not above the truth."""
    found = [Ids.of(many_ids(number, seed)).count() for seed in range(50)]
    assert min(found) >= EXACT_IDS
    assert sum(count > number for count in found) <= 2
    assert max(found) > number / 3


def test_the_lower_bound_is_the_one_sided_99_percent_one_of_the_sample() -> None:
    """64 (n - 2.33 sqrt(n)) of n sampled ids."""
    sample = frozenset(sorted(many_ids(100)))
    assert Ids(many_ids(EXACT_IDS), sample).count() == 4908


def test_a_lower_bound_grows_with_the_truth() -> None:
    assert Ids.of(many_ids(30_000)).count() > 20_000


def test_a_part_of_a_full_slot_is_a_lower_bound_too() -> None:
    ids = Ids.of(many_ids(20_000))
    half = ids.count(0, SLOT_SECONDS // 2)
    assert 6_000 < half <= 10_000
    assert Ids.of(many_ids(20_000, seconds=150)).count(150, SLOT_SECONDS) == 0


def test_one_id_in_64_is_sampled() -> None:
    assert 700 < len(Ids.of(many_ids(50_000)).sample) < 870


def test_the_errors_of_an_estimate_even_out_over_many_slots() -> None:
    """A week of the account has 2,016 slots, and the sum of their lower bounds would be far too low."""
    slots = [Ids.of(many_ids(1500, seed)) for seed in range(100)]
    assert sum(ids.estimate() for ids in slots) == pytest.approx(150_000, rel=0.05)
    assert sum(ids.count() for ids in slots) < 110_000
    assert Ids.of(many_ids(999)).estimate() == 999
