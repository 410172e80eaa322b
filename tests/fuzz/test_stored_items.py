"""Items in the tables that are not as the guard writes them: they are read or left where they are, and stop nobody."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, example, given

from reputation_guard import wiring
from reputation_guard.aws import book, incidents
from reputation_guard.aws.book_items import pending_from, tenant_from
from reputation_guard.aws.items import to_item
from reputation_guard.domain.decision import record_after
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Tenant
from reputation_guard.usecases.mode import mode_in_force
from reputation_guard.wire.announcement import decisions, plain, tenants
from tests.aws.tables import BOOK
from tests.fakes.builders import decision
from tests.functions.conftest import ARRIVED, client
from tests.functions.conftest import example as shape
from tests.fuzz.shapes import mutated, tried

DECIDED = decision(tenant=Tenant(name="acme"), at=ARRIVED)
PENDING = {"decision": plain(decisions(), DECIDED), "attempted_at": "2026-11-24T08:45:00+00:00"}
RECORD = {"tenant": plain(tenants(), record_after(DECIDED))}
INCIDENT = {"incident": shape("announced-escalation-raised")["detail"]["incident"]}


def keyed(item: Any) -> Mapping[str, Any]:
    """Every item has its key."""
    assume(isinstance(item, dict))
    return {**item, "pk": "tenant#acme", "sk": "tenant"}


@tried(150)
@given(mutated([PENDING, RECORD, INCIDENT]))
@example({**PENDING, "attempted_at": "yesterday"})
@example({**PENDING, "attempted_at": 7})
@example({})
def test_an_item_is_read_or_left_where_it_is(item: Any) -> None:
    """Of a round's hundred items one must not hide the others (Law 11)."""
    row = keyed(item)
    for read in (tenant_from, pending_from):
        book._readable(read, row)
    incidents._readable(row)


@pytest.mark.parametrize("in_force", ["enfroce", "", 7, None])
@pytest.mark.parametrize("since", ["2026-11-24T08:00:00", "yesterday", 7, None])
@pytest.mark.parametrize(("switch", "mode"), [("enforce", "enforce"), ("ENFROCE", "observe"), (7, "observe")])
def test_what_nobody_can_read_beside_the_switch_is_noted_anew(
    in_force: object, since: object, switch: object, mode: str
) -> None:
    """People write into this item by hand (Law 12): what is wrong in it must not stop every judgement."""
    item = {"pk": "guard", "sk": "mode", "switch": switch, "in_force": in_force, "enforcing_since": since}
    client("dynamodb").put_item(TableName=BOOK, Item=to_item(item))
    found = mode_in_force(wiring.book(), Mode.ENFORCE, ARRIVED)
    again = mode_in_force(wiring.book(), Mode.ENFORCE, ARRIVED + timedelta(hours=1))
    assert found.mode == again.mode == mode
    assert again.enforcing_since == found.enforcing_since
