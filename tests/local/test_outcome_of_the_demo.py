"""The demo tells when the guard failed: a false pause, a missed one, a slow one, a wrong count."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from local.demo.cast import BORDERLINE, CAST, DELAYS, HEALTHY, LIST_BOMBED, PLAYED, TINY, Part
from local.demo.outcome import Ending, counted_in_words, miscounts, resumed
from local.demo.player import Put, SesSays
from local.demo.proof import counted_once, proven_at, recipients
from local.demo.scoreboard import Row
from local.traffic import ReportKind, traffic
from reputation_guard.domain.policy import PRESETS
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Standing, Tenant

START = datetime(2026, 5, 6, 7, 0, tzinfo=UTC)
STANDARD = PRESETS["standard"]
AS_IT_SHOULD_BE = Ending(
    part=LIST_BOMBED,
    standing=Standing.PAUSED,
    sending=Sending.DISABLED,
    announced=frozenset({"TenantWarned", "TenantPaused"}),
    latency=timedelta(seconds=1),
)


def put_of(part: Part) -> list[Put]:
    """A part's traffic, put on the bus when SES would have reported it."""
    reports = traffic([part.sender], seed=1, start=START, delays=DELAYS)
    return [Put(report, report.at) for report in reports if report.at < START + PLAYED]


def row_of(part: Part, put: list[Put]) -> Row:
    """A part as the tables show it when all that was put is counted."""
    counted: Counter[ReportKind] = Counter()
    for each in counted_once(put):
        counted[each.report.kind] += recipients(each)
    return Row(
        part=part,
        tenant=Tenant(name=part.tenant),
        sends=counted[ReportKind.SEND],
        hard_bounces=counted[ReportKind.HARD_BOUNCE],
        complaints=counted[ReportKind.COMPLAINT],
        window=None,
        bound=0.0,
        limit=0.1,
        says=SesSays(Sending.ENABLED),
    )


def test_nothing_is_wrong_with_a_tenant_that_ended_as_it_should() -> None:
    assert not list(AS_IT_SHOULD_BE.problems())


@pytest.mark.parametrize(
    "wrong",
    [
        replace(AS_IT_SHOULD_BE, standing=Standing.WARNED),
        replace(AS_IT_SHOULD_BE, sending=Sending.ENABLED),
        replace(AS_IT_SHOULD_BE, announced=frozenset({"TenantWarned"})),
        replace(AS_IT_SHOULD_BE, latency=timedelta(seconds=6)),
        replace(AS_IT_SHOULD_BE, latency=None),
    ],
)
def test_a_missed_a_silent_and_a_slow_pause_are_told(wrong: Ending) -> None:
    assert len(list(wrong.problems())) == 1


def test_a_pause_is_false_even_when_it_was_lifted_meanwhile() -> None:
    lifted = Ending(HEALTHY, Standing.HEALTHY, Sending.ENABLED, frozenset({"TenantPaused"}))
    assert lifted.is_false_pause
    assert list(lifted.problems())


def test_a_resumed_tenant_should_be_in_probation_and_send() -> None:
    row = replace(row_of(LIST_BOMBED, []), tenant=Tenant(name="list-bombed", standing=Standing.PROBATION))
    assert not list(resumed(AS_IT_SHOULD_BE, row).problems())
    assert list(resumed(AS_IT_SHOULD_BE, row_of(LIST_BOMBED, [])).problems())


def test_the_proof_comes_with_the_bounces_of_the_bombed_list_and_never_for_good_tenants() -> None:
    proven = proven_at(put_of(LIST_BOMBED), LIST_BOMBED.tenant, STANDARD)
    assert proven
    assert START + timedelta(minutes=60) < proven < START + timedelta(minutes=65)
    assert not any(proven_at(put_of(part), part.tenant, STANDARD) for part in (HEALTHY, BORDERLINE, TINY))


@pytest.mark.parametrize("part", CAST, ids=lambda part: part.tenant)
def test_every_count_that_differs_from_what_was_put_is_told(part: Part) -> None:
    put = put_of(part)
    row = row_of(part, put)
    assert not miscounts([row], put)
    assert miscounts([replace(row, hard_bounces=row.hard_bounces - 1)], put)
    assert not miscounts([replace(row, sends=row.sends + 1)], put)


def test_what_came_twice_is_told_apart() -> None:
    put = put_of(BORDERLINE)
    assert f"from {len(put):,} events" in counted_in_words(put)
    assert sum(1 for _ in counted_once(put)) < len(put)
