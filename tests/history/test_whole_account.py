"""`--account`: a history whose tenants are one account's, weighed as a whole beside them."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.export.lines import CountsLine, DayLine, UnattributedLine, to_json
from cli.export.policies import PoliciesByTenant
from cli.history.rehearsal import Rehearsal
from reputation_guard.domain.counts import ACCOUNT_LEDGER
from reputation_guard.domain.policy import PRESETS, Kind
from reputation_guard.usecases.account import close_account_days
from tests.history.builders import T0, answers, blast, complained, guard, history, parsed, sent, text_of, tick

HOUR, DAY = 3600, 86_400
START = datetime.fromtimestamp(T0, UTC)


def pressing(*, clean: int) -> list[dict[str, Any]]:
    """A tenant with 9.2 % hard bounces, enough for a warning alone, in an account with so much clean mail."""
    return [sent(0), *blast(HOUR, 5000, 440, "shop"), sent(HOUR, clean, "news")]


PRESSING, NOT_PRESSING = pressing(clean=3000), pressing(clean=15_000)


def decided(*words: str, lines: list[Any]) -> list[tuple[str, str]]:
    given = text_of(*lines, tick(HOUR + 600))
    return [(each["action"], each["tenant"]) for each in answers(guard("replay", *words, given=given))[:-1]]


def test_a_tenant_is_paused_sooner_where_the_account_nears_a_line() -> None:
    assert decided(lines=PRESSING) == [("warn", "shop")]
    assert decided("--account", lines=PRESSING) == [("pause", "shop"), ("warn", "the whole account")]


def test_where_nothing_presses_the_account_changes_nothing() -> None:
    assert decided(lines=NOT_PRESSING) == decided("--account", lines=NOT_PRESSING) == [("warn", "shop")]


def test_the_warning_has_a_line_a_person_can_check() -> None:
    _, warned, _ = answers(guard("replay", "--account", given=text_of(*PRESSING, tick(HOUR + 600))))
    assert warned["why"].startswith("440 hard bounces of 8001 sent in the last 1 d (")
    assert warned["ts"] == T0 + HOUR + 600


def test_the_account_is_warned_of_once_a_day() -> None:
    ticks = [tick(HOUR + 600 * each) for each in range(1, 6 * 30)]
    warned = [each for each in answers(guard("replay", "--account", given=text_of(*PRESSING, *ticks))) if "why" in each]
    moments = [each["ts"] - T0 for each in warned if each["tenant"] == "the whole account"]
    assert moments == [HOUR + 600, HOUR + 600 + DAY]


def test_a_tick_before_any_mail_is_answered() -> None:
    assert answers(guard("replay", "--account", given=text_of(tick(1), sent(2), tick(3)))) == [
        {"ack": T0 + 1},
        {"ack": T0 + 3},
    ]


def rehearsed(*lines: dict[str, Any]) -> Rehearsal:
    """A rehearsal that has got these lines."""
    rehearsal = Rehearsal(PoliciesByTenant([PRESETS["standard"]]), whole_account=True)
    rehearsal.add(list(map(parsed, lines)))
    return rehearsal


def test_the_account_has_no_turn_of_its_own() -> None:
    rehearsal = rehearsed()
    rehearsal.judge(START)
    assert rehearsal.next_turn() is None


def test_its_warning_knows_the_tenants_that_use_most_of_its_budget() -> None:
    *_, warned = rehearsed(*PRESSING).judge(START + timedelta(seconds=HOUR + 600))
    assert [each.tenant for each in warned.contributors] == ["shop"]


def test_a_full_slot_of_the_account_is_counted_at_what_its_sample_stands_for() -> None:
    """A tenant's at the lower bound of it: hundreds of those would hide a large account's risk."""
    rehearsal = rehearsed(*blast(60, 9000, 3000))
    rehearsal.judge(START + timedelta(minutes=2))
    own, all_mail = (rehearsal._ledgers.pages["acme"], rehearsal._ledgers.account)
    assert all_mail
    slot = T0 // 300
    assert own.feedback[Kind.BOUNCE].slots[slot] == own.ids[slot][Kind.BOUNCE].count()
    assert all_mail.feedback[Kind.BOUNCE].slots[slot] == all_mail.ids[slot][Kind.BOUNCE].estimate()


def test_the_same_id_of_two_tenants_is_two_pieces_of_the_accounts_feedback() -> None:
    """Ids are a tenant's own; the same one of the same tenant still counts once."""
    lines = [*blast(0, 100, 5, "acme"), *blast(0, 100, 5, "shop")]
    rehearsal = rehearsed(*lines, *lines[1:6])
    now = START + timedelta(minutes=1)
    rehearsal.judge(now)
    counts = rehearsal._ledgers.known(ACCOUNT_LEDGER, now).counts
    assert (counts.sends.slots[0], counts.bounces.slots[0]) == (200, 10)


def test_late_feedback_of_closed_days_reaches_the_account_once_a_day() -> None:
    """As the review does it; the tenant's own is counted at once."""
    rehearsal = rehearsed(sent(0, 100), sent(2 * DAY, 100))
    now = START + timedelta(days=2, hours=1)
    rehearsal.judge(now)
    rehearsal.add([parsed(complained(0, 1, delay=2 * DAY + HOUR))])
    seen = []
    for moment in (now, now + timedelta(hours=22), now + timedelta(hours=24)):
        rehearsal.judge(moment)
        seen.append(sum(rehearsal._ledgers.known(ACCOUNT_LEDGER, moment).counts.complaints.numbers))
    assert seen == [0, 0, 1]
    later = now + timedelta(days=3)
    close_account_days(rehearsal._records, rehearsal._ledgers, later)
    assert sum(rehearsal._ledgers.known(ACCOUNT_LEDGER, later).counts.complaints.numbers) == 1, "and no second time"


def test_without_the_flag_nothing_is_counted_for_the_account() -> None:
    assert Rehearsal(PoliciesByTenant())._ledgers.account is None


def test_a_back_test_weighs_the_account_of_each_policy(tmp_path: Path) -> None:
    """Where a tenant is paused, less mail weighs on the account."""
    path = history(tmp_path, *PRESSING)
    words = ("backtest", path, "--policy", "standard", "--against", "conservative", "--json")
    alone, together = json.loads(guard(*words).stdout), json.loads(guard(*words, "--account").stdout)
    assert ("account_at_risk" in alone, alone["only_candidate"], alone["both"]) == (False, [], [])
    assert [row["tenant"] for row in together["both"]] == ["shop"]
    (warned,) = together["account_at_risk"]["candidate"]
    assert warned["at"] == "2026-01-01T01:01:00+00:00"
    assert " hard bounces of 8001 sent in the last 1 d (" in warned["why"]
    told = " ".join(guard(*words[:-1], "--account").stdout.split())
    assert (
        "The whole account under standard@1 (candidate): at risk since 2026-01-01 01:01:00 UTC: 440 hard bounces"
        in told
    )


def test_a_back_test_says_that_the_account_was_never_at_risk(tmp_path: Path) -> None:
    told = guard("backtest", history(tmp_path, *NOT_PRESSING), "--policy", "strict", "--account").stdout
    assert "The whole account under strict@1 (candidate): never at risk." in " ".join(told.split())


@pytest.mark.parametrize("by_day", [False, True])
def test_mail_that_nobody_could_attribute_weighs_on_the_account_and_on_nobody_else(
    tmp_path: Path, *, by_day: bool
) -> None:
    """From an export: it is told by configuration set, by slot or by day."""

    def astray(name: str) -> str:
        place: Any = {"day": date(2026, 1, 1)} if by_day else {"slot": START + timedelta(hours=1)}
        return to_json(UnattributedLine(configuration_set=name, sends=2000, bounces=490, complaints=0, **place))

    own: Any = (
        DayLine(tenant="acme", day=date(2026, 1, 1), sends=500, bounces=1, complaints=0)
        if by_day
        else CountsLine(tenant="acme", slot=START, sends=500, bounces=1, complaints=0)
    )
    path = history(tmp_path, to_json(own), astray("news"), astray("shop"))
    words = ("backtest", path, "--policy", "standard", "--json")
    alone, together = json.loads(guard(*words).stdout), json.loads(guard(*words, "--account").stdout)
    assert (together["tenants"], together["sends"], together["both"]) == (1, 500, [])
    assert {key: together[key] for key in alone} == alone
    assert together["account_at_risk"]["candidate"]
