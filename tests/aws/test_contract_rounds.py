"""What the walk's page means: the same tests on the fake and on DynamoDB."""

from datetime import timedelta

import pytest

from reputation_guard.aws.rounds import RoundsTable
from reputation_guard.ports.rounds import Round, Rounds
from tests.aws.tables import BOOK
from tests.fakes.builders import NOW
from tests.fakes.rounds import InMemoryRounds

A_RUN = timedelta(minutes=4)


@pytest.fixture(params=["fake", "dynamodb"])
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """The walk's page."""
    if request.param == "fake":
        return InMemoryRounds()
    return RoundsTable(request.getfixturevalue("dynamodb"), BOOK)


def test_the_first_walk_has_not_begun(rounds: Rounds) -> None:
    assert rounds.take(NOW, NOW + A_RUN) == Round()


def test_one_has_it_until_he_leaves_it_or_his_time_is_over(rounds: Rounds) -> None:
    assert rounds.take(NOW, NOW + A_RUN)
    assert rounds.take(NOW + A_RUN / 2, NOW + 2 * A_RUN) is None
    assert rounds.take(NOW + A_RUN, NOW + 2 * A_RUN)
    rounds.leave()
    assert rounds.take(NOW + A_RUN, NOW + 2 * A_RUN)


def test_the_next_one_goes_on_where_it_was_left(rounds: Rounds) -> None:
    rounds.take(NOW, NOW + A_RUN)
    progress = Round(began_at=NOW, after="token-7", is_done=False)
    rounds.save(progress)
    rounds.leave()
    assert rounds.take(NOW, NOW + A_RUN) == progress
