"""The report: figures beside their targets and every rule beside ours, for a shell, docs/quality.md and the README."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.figures import ROOT, Made, Place, table
from bench.quality import peers
from bench.quality.runs import GUARD, Result
from bench.quality.scenarios import DEV, FALSE_PAUSES, FIRST_REPORTING_SEED, ROBUST
from bench.quality.scorer import Figures, Outcome, figures
from bench.quality.targets import TARGETS

DOCUMENT, README = ROOT / "docs" / "quality.md", ROOT / "README.md"
RULES = Place("<!-- rules side by side: written by `make bench` -->", "<!-- end of rules side by side -->")


@dataclass(frozen=True, slots=True)
class Scores:
    """Everything a report is written from: the results of each set, by its name."""

    results: Mapping[str, Sequence[Result]]

    @classmethod
    def of(cls, results: Iterable[Result]) -> "Scores":
        """Sort the results by set."""
        by_group: dict[str, list[Result]] = {}
        for result in sorted(results, key=lambda result: result.run.seed):
            by_group.setdefault(result.run.group.name, []).append(result)
        return cls(by_group)

    def figures(self, group: str, rule: str = GUARD) -> Figures:
        """A rule's figures over all seeds of a set."""
        results = self.results[group]
        return figures((each for result in results for each in result.outcomes[rule]), len(results))

    def of_the_guard(self) -> dict[str, Figures]:
        """The guard's own figures of every set that was played."""
        return {group: self.figures(group) for group in self.results}

    def split(self, group: str, key: Callable[[Outcome], str]) -> dict[str, Figures]:
        """The guard's figures of a set, by a trait of its tenants."""
        parts: dict[str, list[Outcome]] = {}
        for result in self.results[group]:
            for each in result.outcomes[GUARD]:
                parts.setdefault(key(each), []).append(each)
        return {name: figures(part, len(self.results[group])) for name, part in parts.items()}


def targets_table(scores: Scores) -> str:
    """The guard's figures beside what they are to be."""
    own = scores.of_the_guard()
    rows = []
    for target in TARGETS:
        if (reached := own.get(target.group.name)) is None:
            continue
        number = target.figure(reached)
        verdict = "met" if number <= target.most else "**missed**"
        rows.append((target.what, target.group.name, f"<= {target.text(target.most)}", target.text(number), verdict))
    return table(("figure", "set", "to reach", "reached", ""), rows)


def rules_table(scores: Scores, group: str, false_pauses: str | None = None) -> str:
    """Every rule's figures of a set; its false pauses may be counted on another set, which has more tenants."""
    pausing = false_pauses if false_pauses in scores.results else group
    count = scores.figures(pausing or group)
    head = (
        "rule",
        f"good tenants paused, of {count.good}",
        f"borderline paused, of {count.borderline}",
        "mails leaked, median",
        "95 %",
        "bad mails to the first pause",
        "missed",
    )
    rows = []
    for rule in (*(rule.name for rule in peers.RULES), GUARD):
        wrong, found = scores.figures(pausing or group, rule), scores.figures(group, rule)
        rows.append((rule, str(wrong.good_paused), str(wrong.borderline_paused), *_harm(found)))
    return table(head, rows)


def split_table(what: str, parts: Mapping[str, Figures]) -> str:
    """The guard's figures on bad tenants, part by part."""
    head = (what, "bad tenants", "mails leaked, median", "95 %", "bad mails to the first pause", "missed", "minutes")
    rows = [
        (name, str(part.bad), *_harm(part), f"{part.waited_median / 60:,.0f}")
        for name, part in parts.items()
        if part.bad
    ]
    return table(head, rows)


def _harm(part: Figures) -> tuple[str, ...]:
    """What bad tenants did; a set without any has no such figures."""
    if not part.bad:
        return ("-",) * 4
    numbers = (part.leaked_median, part.leaked_p95, part.bad_mails)
    return *(f"{number:,.0f}" for number in numbers), f"{100 * part.missed_share:.0f} %"


def side_by_side(scores: Scores) -> str:
    """The table that docs/quality.md and the README share."""
    return rules_table(scores, DEV.name, FALSE_PAUSES.name)


def document(scores: Scores, made: Made) -> str:
    """docs/quality.md of a whole run."""
    sources = "\n".join(f"- {rule.name}: {rule.source}." for rule in peers.RULES)
    sets = table(
        ("set", "seeds", "tenants a seed", "mails", "decided every"),
        (
            (
                f"`{name}`: {results[0].run.group.about}",
                ", ".join(str(result.run.seed) for result in results),
                str(len(results[0].run.group.tenants)),
                f"{sum(result.mails for result in results):,}",
                f"{results[0].run.tick} s",
            )
            for name, results in scores.results.items()
        ),
    )
    dev = scores.figures(DEV.name)
    return _DOCUMENT.format(
        command=made.command,
        commit=made.commit,
        on=made.on,
        days=scores.results[DEV.name][0].run.days,
        first_seed=FIRST_REPORTING_SEED,
        sets=sets,
        targets=targets_table(scores),
        warned=dev.borderline_warned,
        borderline=dev.borderline,
        rules=RULES.block(side_by_side(scores)),
        sources=sources,
        robust=rules_table(scores, ROBUST.name),
        twists=split_table("what is not as assumed", scores.split(ROBUST.name, lambda each: each.twist)),
        scenarios=split_table("scenario", scores.split(DEV.name, lambda each: each.scenario.value)),
    )


def write(scores: Scores, made: Made) -> None:
    """Write docs/quality.md, and the README's table from it."""
    readme = RULES.filled(README.read_text(encoding="utf-8"), side_by_side(scores))
    DOCUMENT.write_text(document(scores, made), encoding="utf-8")
    README.write_text(readme, encoding="utf-8")


_DOCUMENT = """\
# How good the judgement is

`{command}` wrote this on {on} at commit `{commit}`. The same command at the same commit gives the same figures.

Simulated tenants send for {days} days. What the guard pauses stops sending, and its feedback stops coming. The guard's
rule runs through `guard replay`, over the same domain code as in AWS; `bench/quality` makes the tenants and scores.

{sets}

Seeds below {first_seed} are for those who change the rule. Figures come from the seeds above alone, which nobody tunes
on. No trace of production was to be had: how true the simulation is, limits every figure here.

## The guard beside its targets
{targets}

- *Leaked*: the mails a bad tenant sent from the moment it was over a pause limit (10 % hard bounces, 0.5 % complaints)
  to its first pause, or to the end.
- *Bad mails*: those of them that bounce hard or are complained about, expected by the true rates, summed over all bad
  tenants of a seed.
- *Missed*: not paused while it was bad.
- A *borderline* tenant has 5-8 % hard bounces or 0.1-0.35 % complaints. It should be warned: {warned} of {borderline}
  were.

## The guard beside others
False pauses are counted on the set `fp`, all else on `dev`.

{rules}

Each rule keeps the windows and least counts it has where it is used, and all have the same limits: with a lower one of
its own a rule would pause borderline tenants on purpose. All are asked whenever feedback has come; nobody resumes what
they paused. Their windows are whole hours.

{sources}

## Where things are not as assumed: the set `robust`
{robust}

The guard alone:

{twists}

## The guard, scenario by scenario: the set `dev`
*Minutes*: the median from being over the limit to the pause, of those found.

{scenarios}
"""
