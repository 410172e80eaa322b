"""The load in small: exact whatever breaks, by a table in memory that keeps what DynamoDB's stand-in keeps."""

import base64
import random
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws

from bench.load.checks import outcome
from bench.load.function import Function, _Body
from bench.load.mails import Load, Truth, emitted
from bench.load.queues import Account, Faults
from bench.load.table import Table
from reputation_guard.aws.counting import CountsWriter
from reputation_guard.aws.owners import OwnersTable
from reputation_guard.domain.counts import EXACT_IDS, SLOTS_PER_HOUR, HourOfSends, Ids, Ledger, SlotOfFeedback
from reputation_guard.domain.counts import feedback_id as id_of
from reputation_guard.domain.decision import Example
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sight import Debt, Mark
from tests.aws.tables import COUNTS, create_tables
from tests.fakes.builders import NEWEST, NOW, ago

SMALL = Load(events=20_000, tenants=100, usual_rate=100, burst_seconds=5)
TROUBLED = Faults(twice=0.02, killed=0.1, unanswered=0.05, refused=0.01)


def test_nothing_is_lost_and_feedback_is_exact_whatever_breaks() -> None:
    truth, account = Truth(), Account(SMALL, TROUBLED, seed=1)
    with Function(account.answer) as function:
        account.run(emitted(SMALL, 1, truth), function)
    found = outcome(account.table, truth)
    assert {cause for cause in account.faults if account.faults[cause]} == {
        "message handed over twice",
        "function killed",
        "answer lost",
        "write refused",
    }
    assert account.dead_letters == []
    assert truth.ids > 150
    assert (found.ids, found.wrong_slots, found.wrong_slots_of_account) == (truth.ids, 0, 0)
    assert found.tenants_under == 0
    assert found.sends - truth.sends.total() == account.overcount.total() > 0


def test_what_was_lost_or_counted_twice_is_found() -> None:
    """The checks themselves: a table that forgets an id, adds one, or forgets a send."""
    truth, account = Truth(), Account(SMALL, Faults(0, 0, 0, 0), 3)
    few = Load(events=1000, tenants=5, usual_rate=100, burst_seconds=0)
    with Function(account.answer) as function:
        account.run(emitted(few, 3, truth), function)
    assert outcome(account.table, truth).ids == truth.ids > 0
    for partition, wrong in (("feedback#", (1, 0)), ("account-feedback", (0, 1))):
        item = next(item for _, _, item in account.table.of(partition) if "bounce" in item)
        kept = item["bounce"]["BS"].pop()
        found = outcome(account.table, truth)
        assert (found.wrong_slots, found.wrong_slots_of_account) == wrong
        item["bounce"]["BS"].add(kept)
    sends = next(item for _, _, item in account.table.of("tenant#"))
    name = next(name for name in sends if name[1:].isdigit())
    sends[name] = {"N": str(int(sends[name]["N"]) - 1)}
    assert outcome(account.table, truth).tenants_under == 1


def test_the_same_seed_is_the_same_mail_with_a_burst_in_the_middle() -> None:
    once, again = (list(emitted(SMALL, 7, Truth())) for _ in range(2))
    assert once == again
    assert len(once) == len({each.ident for each in once}) == SMALL.events
    assert [each.at for each in once] == sorted(each.at for each in once)
    in_burst = [each for each in once if 0 <= each.at - 0.5 - SMALL.burst_from < SMALL.burst_seconds]
    assert sum(not each.is_feedback for each in in_burst) == pytest.approx(20 * 100 * 5, abs=20)


@pytest.mark.parametrize("seed", range(3))
def test_the_table_in_memory_keeps_what_dynamodb_keeps(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        dynamodb = _client()
        create_tables(dynamodb)
        _write_everything(dynamodb, random.Random(seed))
        kept = {(item.pop("pk")["S"], item.pop("sk")["S"]): item for item in dynamodb.scan(TableName=COUNTS)["Items"]}
    table = Table()
    _write_everything(_client_of(table), random.Random(seed))
    assert {key: _plain(item) for key, item in table.items.items()} == {key: _plain(item) for key, item in kept.items()}


def _client() -> Any:
    connect: Any = boto3.client
    return connect("dynamodb", region_name="us-east-1")


def _client_of(table: Table) -> Any:
    """A client whose socket ends in a table in memory."""
    client = _client()

    def answer(request: Any, **_: object) -> AWSResponse:
        status, body = table.answer(request.headers["X-Amz-Target"].decode().rpartition(".")[2], request.body)
        return AWSResponse(request.url, status, HTTPHeaders(), _Body(body))

    client.meta.events.register("before-send.dynamodb", answer)
    return client


def _plain(item: Any) -> dict[str, Any]:
    """An item without the difference between bytes and their text on the wire, and without an order in its sets."""
    return {name: _value(*value.items()) for name, value in item.items()}


def _value(of_one_kind: tuple[str, Any]) -> Any:
    kind, value = of_one_kind
    if kind == "BS":
        return {each if isinstance(each, bytes) else base64.b64decode(each) for each in value}
    return {"SS": set, "N": float}.get(kind, lambda same: same)(value)


def _write_everything(dynamodb: Any, chance: random.Random) -> None:
    """All that `ingest` writes, with each condition held and broken."""
    counting, owners = CountsWriter(dynamodb, COUNTS), OwnersTable(dynamodb, COUNTS)
    for _ in range(20):
        ledger = chance.choice([Ledger(tenant="shop"), Ledger(configuration_set="astray"), Ledger(whole_account=True)])
        slot, second = NEWEST - chance.randrange(3), chance.randrange(1000)
        sends = {slot: chance.randrange(1, 9)}
        through = frozenset({chance.choice("ab")}) if ledger.tenant else frozenset[str]()
        counting.add_sends(HourOfSends(ledger, slot // SLOTS_PER_HOUR, sends, 1, second, second + 9, NOW, through))
        idents = {id_of(NOW, str(chance.randrange(9999))) for _ in range(EXACT_IDS // 8)}
        counting.add_feedback(SlotOfFeedback(ledger, NEWEST, {kind: Ids.of(idents) for kind in Kind}))
        shown = [(ident, Example(Kind.BOUNCE, "reader.example", "")) for ident in sorted(idents)[:3]]
        counting.add_examples("shop", slot // SLOTS_PER_HOUR, shown)
        at = ago(seconds=chance.randrange(100))
        counting.advance_watermark(Mark(at, at, NOW, timedelta(seconds=1)))
        counting.open_debt(Debt(at, NOW))
        if chance.random() < 1 / 2:
            counting.close_debt(Debt(at, NOW))
    counting.note_sight(NOW)
    counting.note_senders(NEWEST // SLOTS_PER_HOUR, frozenset({b"abc", b"abd"}))
    owners.note_unattributed(["astray"])
    assert dict(owners.all()) == {"astray": ""}
