"""The report: what the benchmark writes is what the README shows."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bench.figures import Made
from bench.quality import peers, report
from bench.quality.__main__ import main
from bench.quality.runs import GUARD, Result, Run
from bench.quality.scenarios import DEV, FALSE_PAUSES, GROUPS, REPORTING_SEEDS
from bench.quality.scorer import Figures, Outcome, figures
from bench.quality.targets import TARGETS, missed

MADE = Made("python -m bench.quality --write", "abc1234", date(2026, 11, 24))


def result(group: int = 0, seed: int = 1, **of_the_guard: Any) -> Result:
    """A run in which every rule found every bad tenant at once, but for what the guard's outcomes are given."""
    run = Run(GROUPS[group], seed, 14, 10, ("guard", "replay"))
    perfect = [
        Outcome(scenario, twist.name, pauses=0, warned=False, found=True, waited=60)
        for scenario, twist in run.group.tenants
    ]
    outcomes = {rule.name: perfect for rule in peers.RULES}
    outcomes[GUARD] = [replace(each, **of_the_guard) for each in perfect]
    return Result(run, 1000, outcomes)


def test_the_readme_shows_the_table_that_the_benchmark_wrote() -> None:
    readme, document = (each.read_text(encoding="utf-8") for each in (report.README, report.DOCUMENT))
    assert report.RULES.block_of(readme) == report.RULES.block_of(document)


def test_the_document_is_written_from_reporting_seeds() -> None:
    text = report.DOCUMENT.read_text(encoding="utf-8")
    assert ", ".join(map(str, REPORTING_SEEDS)) in text


def test_a_document_names_its_command_commit_seeds_and_every_rule_and_target() -> None:
    scores = report.Scores.of([result(i, seed) for i in range(len(GROUPS)) for seed in (9002, 9001)])
    text = report.document(scores, MADE)
    for words in (MADE.command, MADE.commit, "2026-11-24", "14 days", "9001, 9002", GUARD):
        assert words in text
    for rule in peers.RULES:
        assert rule.source in text
    assert text.count("| met |") == len(TARGETS)
    assert report.RULES.block_of(text) == report.RULES.block(report.side_by_side(scores))


def test_figures_of_two_seeds_are_pooled_and_bad_mails_taken_by_the_seed() -> None:
    both = report.Scores.of([result(1, 1, bad_leaked=10.0), result(1, 2, bad_leaked=20.0)])
    pooled = both.figures(DEV.name)
    assert pooled.good == 80
    assert pooled.bad_mails == 32 * 10 / 2 + 32 * 20 / 2 + 52 * 0


def test_false_pauses_are_counted_where_most_tenants_are() -> None:
    scores = report.Scores.of([result(0, pauses=1), result(1)])
    line = report.rules_table(scores, DEV.name, FALSE_PAUSES.name).splitlines()[-1]
    assert line.startswith(f"| {GUARD} | 300 | 100 | 0 ")
    assert report.rules_table(scores, DEV.name).splitlines()[-1].startswith(f"| {GUARD} | 0 | 0 | 0 ")


def test_a_set_without_bad_tenants_has_no_figures_of_them() -> None:
    line = report.rules_table(report.Scores.of([result(0)]), FALSE_PAUSES.name).splitlines()[-1]
    assert line == f"| {GUARD} | 0 | 0 | - | - | - | - |"


def test_a_target_is_missed_by_more_than_it_allows_and_by_no_figure_at_all() -> None:
    met = {group.name: figures(result(i).outcomes[GUARD]) for i, group in enumerate(GROUPS)}
    assert missed(met) == []
    nothing: Figures = figures([])
    assert [target.what for target in missed({DEV.name: nothing})] == [
        "mails leaked, median",
        "missed",
    ]
    one_more = replace(met[FALSE_PAUSES.name], borderline_paused=2)
    assert [target.what for target in missed({FALSE_PAUSES.name: one_more})] == ["borderline tenants paused"]
    assert "**missed**" in report.targets_table(report.Scores.of([result(1, leaked=251)]))


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--write", "--short"], "--write takes the whole run"),
        (["--write", "--seed", "5"], "--seed: figures are written from seeds of 9000 and more"),
        (["--short", "--set", "dev"], "not allowed with argument --short"),
        (["--days", "0"], "'0' is no whole number above 0"),
        (["--set", "all"], "invalid choice: 'all'"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused_with_what_to_do(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert why in capsys.readouterr().err
