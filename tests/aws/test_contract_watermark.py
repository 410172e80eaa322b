"""The watermark and the examples in the counts table: the same tests on the fake and on DynamoDB."""

from dataclasses import replace
from datetime import timedelta

from reputation_guard.domain.counts import SLOTS_PER_HOUR, HourOfSends, feedback_id, slot_of
from reputation_guard.domain.decision import Example
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sight import Debt, Gap, Mark, Watermark
from tests.aws.conftest import BothSides
from tests.aws.ledgers import ASTRAY, NEWS, SHOP, sends
from tests.fakes.builders import NEWEST, NOW, ago


def test_the_watermark_is_that_of_the_batch_with_the_last_send(counts: BothSides) -> None:
    counts.counting.advance_watermark(Mark(ago(seconds=50), ago(seconds=30), ago(seconds=20)))
    counts.counting.advance_watermark(Mark(ago(seconds=40), ago(seconds=10), NOW))
    counts.counting.advance_watermark(Mark(ago(hours=2), ago(hours=1), NOW + timedelta(seconds=9)))
    mark = Mark(ago(seconds=40), ago(seconds=10), NOW)
    assert counts.counted.watermark() == Watermark(since=ago(seconds=50), mark=mark)


def test_of_two_batches_with_the_same_last_send_the_later_counts(counts: BothSides) -> None:
    """A burst within a second is counted when what travels beside its last batch is."""
    later = Mark(ago(seconds=9), ago(seconds=9), NOW)
    counts.counting.advance_watermark(replace(later, counted_at=ago(seconds=5)))
    counts.counting.advance_watermark(later)
    known = counts.counted.watermark()
    assert known
    assert known.mark == later


def test_before_any_send_the_guard_sees_since_its_first_event(counts: BothSides) -> None:
    counts.counting.note_sight(ago(minutes=5))
    counts.counting.note_sight(NOW)
    assert counts.counted.watermark() == Watermark(since=ago(minutes=5))


def test_a_debt_is_open_until_it_is_closed_however_often_it_was_opened(counts: BothSides) -> None:
    anybodys = Debt(ago(seconds=20), NOW + timedelta(minutes=3))
    shops = replace(anybodys, tenant="shop")
    counts.counting.note_sight(NOW)
    for debt in (anybodys, shops, anybodys):
        counts.counting.open_debt(debt)
    assert counts.counted.watermark() == Watermark(NOW, debts=(anybodys, shops))
    counts.counting.close_debt(anybodys)
    counts.counting.close_debt(anybodys)
    assert counts.counted.watermark() == Watermark(NOW, debts=(shops,))


def test_known_gaps_are_kept(counts: BothSides) -> None:
    gaps = Gap(ago(hours=2), ago(hours=1)), Gap(ago(seconds=9), ago(seconds=8))
    counts.counting.note_sight(NOW)
    for gap in (*reversed(gaps), gaps[0]):
        counts.counting.note_gap(gap)
    assert counts.counted.watermark() == Watermark(NOW, gaps=gaps)


def test_a_ledger_has_the_mark_of_its_own_last_batch(counts: BothSides) -> None:
    """Whatever the batches of others, and in whatever order its own come (Law 3): its last send is the latest."""
    first, last = (int(ago(seconds=seconds).timestamp()) for seconds in (40, 20))
    batch = HourOfSends(SHOP, NEWEST // SLOTS_PER_HOUR, {NEWEST: 2}, 0, first, last, ago(seconds=10))
    counts.counting.add_sends(sends(1, ago(hours=3)))
    counts.counting.add_sends(batch)
    counts.counting.add_sends(sends(1, NOW, NEWS))
    assert counts.counted.known(SHOP, NOW).mark == Mark(ago(seconds=40), ago(seconds=20), ago(seconds=10))
    counts.counting.add_sends(replace(batch, first=first - 9, last=first - 5, counted_at=NOW))
    assert counts.counted.known(SHOP, NOW).mark == Mark(ago(seconds=49), ago(seconds=20), NOW)
    assert counts.counted.known(ASTRAY, NOW).mark is None


def test_examples_are_kept_by_hour_the_latest_first(counts: BothSides) -> None:
    example = Example(Kind.BOUNCE, "example.net", "smtp; 550 5.1.1 <address> unknown", "192.0.2.25")
    hour = slot_of(NOW) // SLOTS_PER_HOUR
    old = Example(Kind.COMPLAINT, "example.org", "abuse")
    counts.counting.add_examples("shop", hour - 1, [(b"12345678", old)])
    counts.counting.add_examples("shop", hour, [(b"87654321", example)])
    counts.counting.add_examples("shop", hour, [(b"87654321", example)])
    counts.counting.add_examples("shop", hour - 60, [(b"12345679", old)])
    assert counts.counted.examples("shop", NOW) == (example, old)
    assert counts.counted.examples("news", NOW) == ()


def test_examples_of_the_last_two_hours_with_feedback_are_enough(counts: BothSides) -> None:
    hour = slot_of(NOW) // SLOTS_PER_HOUR
    for back in (0, 3, 5):
        shown = Example(Kind.BOUNCE, f"{back}.example.net", "")
        counts.counting.add_examples("shop", hour - back, [(f"id-{back:05}".encode(), shown)])
    assert [each.domain for each in counts.counted.examples("shop", NOW)] == ["0.example.net", "3.example.net"]


def test_no_examples_are_nothing(counts: BothSides) -> None:
    counts.counting.add_examples("shop", 7, [])
    assert counts.counted.examples("shop", NOW) == ()


def test_about_twenty_examples_an_hour_are_enough(counts: BothSides) -> None:
    hour = slot_of(NOW) // SLOTS_PER_HOUR
    for batch in range(9):
        examples = [
            (feedback_id(NOW, f"{batch}-{number}"), Example(Kind.BOUNCE, "example.net", "")) for number in range(5)
        ]
        counts.counting.add_examples("shop", hour, examples)
    assert len(counts.counted.examples("shop", NOW)) == 20
