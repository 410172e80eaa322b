"""How long feedback took, in the counts table: the same tests on the fake and on DynamoDB."""

from reputation_guard.domain.counts import DAY_SECONDS
from reputation_guard.domain.learning import DayOfDelays
from reputation_guard.domain.policy import Kind
from tests.aws.conftest import BothSides
from tests.fakes.builders import NOW

TODAY = int(NOW.timestamp()) // DAY_SECONDS
BOUNCE, COMPLAINT = Kind.BOUNCE, Kind.COMPLAINT


def test_delays_add_up_by_kind_day_and_group(counts: BothSides) -> None:
    for day in (
        DayOfDelays(BOUNCE, TODAY, 3, {0: 2, 7: 1}),
        DayOfDelays(BOUNCE, TODAY, 3, {7: 4, 24: 1}),
        DayOfDelays(BOUNCE, TODAY, 5, {1: 1}),
        DayOfDelays(COMPLAINT, TODAY, 3, {9: 1}),
    ):
        counts.counting.add_delays(day)
    days = range(TODAY, TODAY + 1)
    assert counts.counted.delays(BOUNCE, days) == [
        DayOfDelays(BOUNCE, TODAY, 3, {0: 2, 7: 5, 24: 1}),
        DayOfDelays(BOUNCE, TODAY, 5, {1: 1}),
    ]
    assert counts.counted.delays(COMPLAINT, days) == [DayOfDelays(COMPLAINT, TODAY, 3, {9: 1})]


def test_only_the_days_asked_for_are_read(counts: BothSides) -> None:
    for day in range(TODAY - 4, TODAY + 1):
        counts.counting.add_delays(DayOfDelays(BOUNCE, day, 0, {0: 1}))
    assert [each.day for each in counts.counted.delays(BOUNCE, range(TODAY - 3, TODAY - 1))] == [TODAY - 3, TODAY - 2]
    assert counts.counted.delays(COMPLAINT, range(TODAY - 40, TODAY + 1)) == []
