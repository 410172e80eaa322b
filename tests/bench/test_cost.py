"""The rules of the bill, by examples worked out by hand, and a small stretch of mail on the real handlers."""

import json
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bench.cost.__main__ import play
from bench.cost.flow import PAYLOAD_BYTES, Line, requests_of_sqs
from bench.cost.meter import Meter, index_units
from bench.cost.naive import measure_naive
from bench.cost.prices import READS, WRITES, bill
from bench.cost.world import World, seconds_of
from bench.load.mails import START, Load, Truth, emitted
from bench.sizes import item_bytes, read_units, write_units

KEY = {"pk": {"S": "tenant#shop"}, "sk": {"S": "hour#2026"}}


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "ab"}}, 2 + 2),
        ({"pk": {"S": "é"}}, 2 + 2),
        ({"n": {"N": "12345"}}, 1 + 3 + 1),
        ({"n": {"N": "1200"}}, 1 + 1 + 1),
        ({"s": {"SS": ["ab", "c"]}}, 1 + 3),
        ({"b": {"BS": [b"12345678", b"abcdefgh"]}}, 1 + 16),
        ({"m": {"M": {"a": {"BOOL": True}}}}, 1 + 3 + 1 + 1 + 1),
        ({"l": {"L": [{"NULL": True}]}}, 1 + 3 + 1 + 1),
    ],
)
def test_an_item_is_as_large_as_its_names_and_values(item: dict[str, Any], size: int) -> None:
    assert item_bytes(item) == size


def test_a_write_pays_for_the_larger_item_and_a_read_for_four_times_as_much() -> None:
    assert [write_units(0, 1), write_units(1024, 10), write_units(10, 1025), write_units(0, 0)] == [1, 1, 2, 1]
    assert [read_units(0, consistent=True), read_units(4097, consistent=True)] == [1, 2]
    assert [read_units(4096, consistent=False), read_units(4097, consistent=False)] == [0.5, 1]


def test_an_index_is_written_only_where_its_keys_change_and_twice_where_they_move() -> None:
    due, later = ({"todo": {"S": "review"}, "todo_order": {"N": each}} for each in "12")
    assert [index_units({}, due), index_units(due, due), index_units(due, later), index_units(due, {})] == [1, 0, 2, 1]
    healthy = {"standing": {"S": "HEALTHY"}}
    assert index_units({}, due | healthy) == 2


def _add(number: int) -> dict[str, Any]:
    ids = {":ids": {"BS": [f"{number:04d}{each:04d}".encode() for each in range(100)]}}
    return {
        "TableName": "counts",
        "Key": KEY,
        "UpdateExpression": "ADD ids :ids",
        "ExpressionAttributeValues": ids,
    }


def test_an_addition_pays_for_the_whole_set() -> None:
    meter = Meter()
    units = []
    for number in range(3):
        before = meter.usage[WRITES]
        meter.call("UpdateItem", _add(number))
        units.append(meter.usage[WRITES] - before)
    # 800 bytes each, beside the keys: one, two and three kilobytes begun.
    assert units == [1, 2, 3]
    assert meter.hot == {"tenant#shop": 6}


def test_a_write_that_its_condition_stops_pays_and_a_transaction_pays_double() -> None:
    meter = Meter()
    put = {"TableName": "book", "Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"}
    meter.call("PutItem", put)
    with pytest.raises(ClientError):
        meter.call("PutItem", put)
    assert meter.usage[WRITES] == 2
    other = {**put, "Item": {**KEY, "sk": {"S": "other"}}}
    meter.call("TransactWriteItems", {"TransactItems": [{"Put": other}]})
    assert meter.usage[WRITES] == 2 + 2
    meter.call("GetItem", {"TableName": "book", "Key": KEY})
    meter.call("GetItem", {"TableName": "book", "Key": KEY, "ConsistentRead": True})
    assert meter.usage[READS] == 0.5 + 1


def test_a_batch_of_eleven_takes_two_requests_to_receive_and_two_to_delete() -> None:
    assert [requests_of_sqs(each) for each in (1, 10, 11, 500)] == [2, 2, 4, 100]


def test_a_batch_is_handed_over_when_it_is_full_or_its_payload_or_its_window_is_over() -> None:
    line = Line("sends", "ingest", batch=3, window=5)
    line.put(1, "a", 10)
    assert line.ready_at(2) == 6
    line.put(2, "b", 10)
    line.put(3, "c", 10)
    assert line.ready_at(3) == 3
    assert line.take() == ["a", "b", "c"]
    line.put(4, "large", PAYLOAD_BYTES - 5)
    line.put(4, "larger", 10)
    assert line.ready_at(4) == 4
    assert line.take() == ["large"]
    assert line.waiting_bytes == 10


def test_a_bill_is_what_was_bought_at_its_price_for_a_million_mails() -> None:
    assert bill(Counter({WRITES: 500}), 1000) == {WRITES: pytest.approx(0.3125)}
    assert seconds_of(0.001, 2, 1769 // 2) == pytest.approx(0.002 + 0.01, rel=0.01)


def test_a_stretch_counts_all_mail_and_each_call_on_the_wire_is_a_call_that_was_counted() -> None:
    truth, world = Truth(), World(START, whole_sdk_of=1)
    from bench.cost.flow import Flow  # noqa: PLC0415

    flow = Flow(world)
    with world.running():
        flow.run(emitted(Load(600, 20, 50, burst_seconds=0), 5, truth))
    assert flow.records["ingest of sends"] == truth.sends.total()
    assert flow.records["ingest of feedback"] == truth.ids > 0
    for way, took in world.took.items():
        assert took.sent == took.calls == took.whole_calls > 0, way
    counted = sum(
        int(value["N"])
        for item in world.meter.tables.of("counts")
        if item["pk"]["S"].startswith("tenant#") and item["sk"]["S"].startswith("hour#")
        for name, value in item.items()
        if name[0] == "s" and name[1:].isdigit()
    )
    assert counted == truth.sends.total()


def test_the_same_seed_costs_the_same_calls_and_units_and_a_higher_rate_fewer() -> None:
    once, again = (play(5_000_000, 400, tenants=20) for _ in range(2))
    assert (once.calls, once.usage[WRITES], once.hot) == (again.calls, again.usage[WRITES], again.hot)
    assert play(500_000_000, 400, tenants=20).calls < once.calls


def test_the_naive_design_makes_four_calls_and_five_units_an_event() -> None:
    messages = list(emitted(Load(20, 5, 50, burst_seconds=0), 1, Truth()))
    usage, calls, events = measure_naive(messages)
    assert (calls, events) == (4 * len(messages), len(messages))
    raw = sum(-(-len(json.dumps(json.loads(each.body))) // 1024) for each in messages)
    assert usage[WRITES] == pytest.approx(3 * len(messages) + raw, abs=len(messages))
