"""How many tenants sent is estimated: exactly enough for a share of them, whatever the order and the repetition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.senders import estimated, trace_of


@pytest.mark.parametrize(
    ("number", "off"), [(0, 0), (1, 0), (10, 0), (100, 0.05), (1_000, 0.1), (10_000, 0.1), (300_000, 0.1)]
)
def test_an_estimate_is_near_what_there_are(number: int, off: float) -> None:
    traces = {trace_of(f"tenant-{each}") for each in range(number)}
    assert abs(estimated(traces) - number) <= number * off
    assert len(traces) * 3 < 20_000, "a few kilobytes however many there are"


@given(st.lists(st.text(max_size=8), max_size=40))
def test_neither_order_nor_repetition_matters(names: list[str]) -> None:
    traces = [trace_of(name) for name in names]
    shuffled = sorted(traces * 2, reverse=True)
    assert estimated(traces) == estimated(shuffled)


def test_one_more_tenant_never_makes_fewer() -> None:
    traces: set[bytes] = set()
    last = 0
    for number in range(300):
        traces.add(trace_of(f"customer {number}"))
        assert estimated(traces) >= last
        last = estimated(traces)
