"""The guard as it looks from afar, once a review: numbers for people who watch it. Nobody decides by them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reputation_guard.domain.account import REVIEWED, AccountRisk
from reputation_guard.domain.sight import Sight
from reputation_guard.ports.counted import Counted
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.ports.headcount import Headcount

_LENGTHS = dict(zip(REVIEWED, ("Day", "Week"), strict=True))


@dataclass(frozen=True, slots=True)
class Survey:
    """The numbers of one moment; what could not be had is left out, and `missing` says why.

    `rates` (0..1) are the account's, such as `BounceRateOfDay`; a length in which no feedback is due yet has none.
    `watermark_age_seconds` ago was the last send before which all are known to be counted: it grows while nobody sends.
    """

    rates: dict[str, float]
    standings: dict[str, int] = field(default_factory=dict)
    kept: int | None = None
    watermark_age_seconds: float | None = None
    missing: str = ""


def survey(risk: AccountRisk, counted: Counted, headcount: Headcount, travelling: timedelta, now: datetime) -> Survey:
    """Look at `now`. Nothing waits for these numbers, so no answer is a gap in a graph, and no failure of a review."""
    rates = {f"{each.kind.title()}RateOf{_LENGTHS[each.length]}": each.rate for each in risk.windows if each.due}
    try:
        known = counted.watermark()
        seen = Sight.at(now, known, travelling).watermark if known and known.mark else None
        standings, kept = headcount.standings(), headcount.kept()
    except (UnavailableError, RefusedError) as error:
        return Survey(rates, missing=repr(error))
    age = (now - seen).total_seconds() if seen else None
    return Survey(rates, {each.value: number for each, number in standings.items()}, kept, age)
