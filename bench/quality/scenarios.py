"""Who is simulated: the scenarios, the twists of the set `robust`, and how many tenants a set has of each."""

from dataclasses import dataclass
from enum import StrEnum

from bench.quality.delays import DAY, EXPECTED, FAST, HOUR, SLOW, Delays
from reputation_guard.domain.policy import PRESETS

# Whoever changes the rule may look at any seed below; figures are reported only from the seeds named here, which nobody
# tunes on. A seed that was tuned on is no seed to report any more: then take the next ones.
FIRST_REPORTING_SEED = 9000
REPORTING_SEEDS = (9001, 9002, 9003, 9004, 9005)

PAUSE_LIMIT_BOUNCES = PRESETS["standard"].bounce.pause
PAUSE_LIMIT_COMPLAINTS = PRESETS["standard"].complaint.pause


class Label(StrEnum):
    """What a guard should do: leave alone, at most warn, pause."""

    GOOD = "good"
    BORDERLINE = "borderline"
    BAD = "bad"


class Scenario(StrEnum):
    """What happens to a tenant; `tenants` says with which numbers."""

    GOOD = "good"
    BORDERLINE = "borderline"
    LIST_BOMB = "list bomb"
    SPAMMER = "spammer"
    SLOW_DECAY = "slow decay"
    BURST = "burst of 5 min"
    NEW_BAD = "new and bad"
    JUST_OVER_BOUNCES = "just over the bounce limit"
    JUST_OVER_COMPLAINTS = "just over the complaint limit"
    LOW_VOLUME = "low volume"

    @property
    def label(self) -> Label:
        """Whether a tenant of this scenario is good, borderline or bad."""
        return Label(self.value) if self in {Scenario.GOOD, Scenario.BORDERLINE} else Label.BAD


BAD = tuple(scenario for scenario in Scenario if scenario.label is Label.BAD)


@dataclass(frozen=True, slots=True)
class Twist:
    """What differs from what the rule assumes.

    `stall`: from when to when (seconds from the start) feedback waits somewhere and then comes at once. `severity`
    scales the rates of bad tenants, `volume` the mail they add.
    """

    name: str = "none"
    delays: Delays = EXPECTED
    stall: tuple[float, float] | None = None
    severity: float = 1.0
    volume: float = 1.0


AS_EXPECTED = Twist()
TWISTS = (
    Twist("slow feedback", delays=SLOW),
    Twist("fast feedback", delays=FAST),
    Twist("stalled feedback", stall=(3 * DAY + 2 * HOUR, 3 * DAY + 5 * HOUR)),
    Twist("doubled volume, milder rates", severity=0.8, volume=2.0),
)


@dataclass(frozen=True, slots=True)
class Group:
    """A set of tenants that is played and scored together; `tick`: how often (seconds) decisions are asked for.

    It is played with the first `runs` of the seeds.
    """

    name: str
    about: str
    mix: tuple[tuple[Scenario, int], ...]
    twists: tuple[Twist, ...] = (AS_EXPECTED,)
    tick: int = 10
    runs: int = 1

    @property
    def tenants(self) -> tuple[tuple[Scenario, Twist], ...]:
        """Each tenant's scenario and twist; the twists take turns, so every scenario meets every one."""
        scenarios = [scenario for scenario, count in self.mix for _ in range(count)]
        return tuple((scenario, self.twists[i % len(self.twists)]) for i, scenario in enumerate(scenarios))


_MIX = ((Scenario.GOOD, 40), (Scenario.BORDERLINE, 12), *((scenario, 4) for scenario in BAD))
_FEW = ((Scenario.GOOD, 10), (Scenario.BORDERLINE, 3), *((scenario, 1) for scenario in BAD))

DEV = Group("dev", "every scenario, with the delays the rule starts from", _MIX, runs=5)
ROBUST = Group("robust", "every scenario, each tenant with one thing the rule does not assume", _MIX, TWISTS, runs=3)
FALSE_PAUSES = Group(
    "fp", "good and borderline tenants alone, to count false pauses", ((Scenario.GOOD, 300), (Scenario.BORDERLINE, 100))
)
BURST = Group("burst", "bursts of 5 minutes, decided on every 30 s", ((Scenario.BURST, 16),), tick=30)
SHORT = Group("short", "every scenario, a few tenants", _FEW)
# The longest first: they are played side by side.
GROUPS = (FALSE_PAUSES, DEV, ROBUST, BURST)
