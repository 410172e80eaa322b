"""Runs of reconcile, in virtual time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reputation_guard.domain.tenant import Standing
from reputation_guard.usecases.reconcile import Reconciled, Reconciling, reconcile
from tests.fakes.builders import NOW
from tests.fakes.incidents import InMemoryExecutions
from tests.fakes.rounds import InMemoryRounds
from tests.usecases.pending import to_pause
from tests.usecases.world import World

A_RUN = timedelta(minutes=4)


@dataclass
class Walk:
    """Runs of reconcile over a world, in virtual time: each call of SES takes a second."""

    world: World = field(default_factory=World)
    rounds: InMemoryRounds = field(default_factory=InMemoryRounds)
    executions: InMemoryExecutions = field(default_factory=InMemoryExecutions)
    reported: dict[str, tuple[float, float]] = field(default_factory=dict)
    weighed: int = 0
    now: datetime = NOW

    def run(self, length: timedelta = A_RUN) -> Reconciled | None:
        return reconcile(self.reconciling, self.now + length)

    def done(self) -> Reconciled:
        found = self.run()
        assert found
        return found

    @property
    def reconciling(self) -> Reconciling:
        world = self.world
        mirror, bus = world.mirror(self.now), world.bus
        return Reconciling(
            world.ses,
            self,
            world.counts,
            self.rounds,
            mirror,
            world.incidents,
            self.executions,
            bus,
            lambda: self.now,
            self._rest,
        )

    def of_days(self, arns: Sequence[str], _: datetime) -> Mapping[str, tuple[float, float]]:
        """`ports.reported.ReportedByTenant`."""
        self.weighed += len(arns)
        return {arn: self.reported[arn] for arn in arns if arn in self.reported}

    def _rest(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def paused(walk: Walk, name: str = "shop") -> str:
    """A tenant the guard has paused, long ago."""
    walk.world.ses.add(name)
    decision = to_pause(walk.world, name)
    walk.world.enforce()
    assert walk.world.standing(name) is Standing.PAUSED
    return decision.id
