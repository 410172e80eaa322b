"""What the guard's rule is to reach."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.quality.scenarios import BURST, DEV, FALSE_PAUSES, ROBUST, Group
from bench.quality.scorer import Figures


@dataclass(frozen=True, slots=True)
class Target:
    """A figure of a set, and the most it may be."""

    what: str
    group: Group
    most: float
    figure: Callable[[Figures], float]
    is_share: bool = False

    def text(self, number: float) -> str:
        """The number as people read it."""
        return f"{100 * number:.0f} %" if self.is_share else f"{number:,.0f}"


TARGETS = (
    Target("good tenants paused", DEV, 0, lambda figures: figures.good_paused),
    Target("borderline tenants paused", DEV, 0, lambda figures: figures.borderline_paused),
    Target("good tenants paused", FALSE_PAUSES, 0, lambda figures: figures.good_paused),
    Target("borderline tenants paused", FALSE_PAUSES, 1, lambda figures: figures.borderline_paused),
    Target("mails leaked, median", DEV, 250, lambda figures: figures.leaked_median),
    Target("mails leaked, median, decided on every 30 s", BURST, 250, lambda figures: figures.leaked_median),
    Target("bad mails to the first pause", DEV, 5000, lambda figures: figures.bad_mails),
    Target("missed", DEV, 0.15, lambda figures: figures.missed_share, is_share=True),
    Target("bad mails to the first pause", ROBUST, 4500, lambda figures: figures.bad_mails),
    Target("missed", ROBUST, 0.30, lambda figures: figures.missed_share, is_share=True),
)


def missed(figures: Mapping[str, Figures]) -> list[Target]:
    """The targets the guard's figures, by the name of the set, do not meet; sets that were not played have none."""
    return [
        target
        for target in TARGETS
        if target.group.name in figures and not target.figure(figures[target.group.name]) <= target.most
    ]
