"""How far the guard sees: the sends watermark, and from when on mail is judged."""

from datetime import timedelta

import pytest

from reputation_guard.domain.counts import KEPT_DAYS, Sight, Watermark
from tests.fakes.builders import NOW, ago, sight

TRAVELLING = timedelta(seconds=10)
LOW, HIGH, SINCE = ago(seconds=50), ago(seconds=30), ago(days=3)


@pytest.mark.parametrize(("seconds", "watermark"), [(0, LOW), (9.9, LOW), (10, HIGH), (3600, HIGH)])
def test_what_travels_beside_a_batch_is_counted_a_while_after_it(seconds: float, watermark: object) -> None:
    """Law 7: until then only what is older than all of the batch is known to be counted."""
    mark = Watermark(LOW, HIGH, counted_at=ago(seconds=seconds), since=SINCE)
    found = Sight.at(NOW, mark, TRAVELLING)
    assert (found.watermark, found.since, found.gaps) == (watermark, SINCE, ())


def test_while_no_sends_were_ever_counted_feedback_of_a_quarter_of_an_hour_ago_is_seen() -> None:
    """Whoever's sends are never published must be told, and not wait for ever."""
    found = Sight.at(NOW, None, TRAVELLING)
    assert (found.watermark, found.since) == (ago(minutes=15), ago(days=KEPT_DAYS))


def test_a_tenant_is_judged_from_its_fence_on() -> None:
    assert sight(since=SINCE).fence(ago(hours=2)) == ago(hours=2)
    assert sight(since=SINCE).fence(ago(days=9)) == ago(days=9)


def test_a_tenant_whose_sends_nobody_saw_is_judged_from_the_first_that_anybody_saw() -> None:
    assert sight(since=SINCE).fence(None) == SINCE


@pytest.mark.parametrize(
    ("own", "fence"), [(ago(hours=9), ago(hours=5)), (ago(hours=2), ago(hours=2)), (None, ago(hours=5))]
)
def test_nobody_is_judged_by_what_was_sent_before_the_guard_enforced(own: object, fence: object) -> None:
    """Law 12."""
    mark = Watermark(LOW, HIGH, counted_at=NOW, since=SINCE)
    assert Sight.at(NOW, mark, TRAVELLING, enforcing_since=ago(hours=5)).fence(own) == fence  # type: ignore[arg-type]
