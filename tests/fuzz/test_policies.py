"""Policies as people write them and as they lie in the Book: read, or refused by the field; no judgement stops."""

import json
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from reputation_guard.aws.policies import _kept
from reputation_guard.domain.choice import Chosen, ChosenBy, PolicyVersion, fenced
from reputation_guard.domain.policy import PRESETS
from reputation_guard.domain.tenant import Tenant
from reputation_guard.wire import MalformedError
from reputation_guard.wire.policy import PolicyDocument, document_of, parse_document, read_document
from tests.functions.conftest import ARRIVED
from tests.fuzz.shapes import VALUES, mutated, tried, written

QUIET = {"start": "22:00", "end": "07:00", "zone": "Europe/Berlin"}
DOCUMENTS: list[Any] = [
    *({key: value for key, value in document_of(policy).items() if key != "version"} for policy in PRESETS.values()),
    {"name": "night", "evidence_to_pause": 5.5, "probation": "36h", "quiet_hours": QUIET},
    {"name": "night", "rungs": [{"name": "first", "wait": "15m"}], "cool_downs": ["1h"], "mode": "observe"},
]
TOML = 'name = "night"\nprobation = "36h"\n[bounce]\npause = 0.05\n[quiet_hours]\nstart = 22:00:00\nend = "07:00"\n'


def sound(read: PolicyDocument) -> None:
    """What was read can be put and read again."""
    policy = read.to_domain(1)
    document = document_of(policy)
    del document["version"]
    assert read_document(document) == read


@tried(250)
@given(mutated(DOCUMENTS) | VALUES)
@example({"name": "night", "probation": "999999999d"})
@example({"name": "night", "evidence_to_pause": float("nan")})
@example({"name": "night", "quiet_hours": QUIET | {"zone": "../../etc/passwd"}})
@example({"name": "night", "quiet_hours": QUIET | {"zone": "\x00"}})
@example({"name": "night", "quiet_hours": QUIET | {"zone": "a" * 5_000}})
@example({"name": "night", "quiet_hours": QUIET | {"zone": ""}})
@example({"name": "night", "quiet_hours": QUIET | {"zone": "Europe"}})
def test_a_document_is_read_or_refused_by_its_field(document: Any) -> None:
    try:
        sound(read_document(document))
    except MalformedError as error:
        assert error.field
        assert error.problem


@tried(150)
@given(
    written(mutated(DOCUMENTS) | VALUES)
    | st.text(max_size=60)
    | st.integers(0, len(TOML)).map(lambda length: TOML[:length])
)
@example("[" * 3_000)
@example("a = " + "[" * 3_000)
@example("a = " + "9" * 5_000)
@example(TOML)
@example("\ud800")
def test_a_file_of_a_policy_is_read_or_refused(text: str) -> None:
    for is_toml in (True, False):
        try:
            sound(parse_document(text, is_toml=is_toml))
        except MalformedError as error:
            assert error.problem


ITEMS: list[Any] = [
    {"sk": "standard#000002", "document": DOCUMENTS[0], "put_at": "2026-11-24T08:00:00+00:00", "put_by": "arn:ann"},
    {"sk": "strict#000002", "document": DOCUMENTS[1], "put_at": "2026-11-24T08:00:00+00:00", "put_by": "arn:ann"},
]


OBSERVING = PolicyVersion(read_document({"name": "standard", "mode": "observe"}).to_domain(1), ARRIVED)


@tried(150)
@given(mutated(ITEMS))
@example(ITEMS[0] | {"put_at": "2026-11-24T08:00:00"})
@example(ITEMS[0] | {"put_at": "0001-01-01T00:00:00+14:00"})
@example(ITEMS[0] | {"put_at": "9999-12-31T23:59:59-14:00"})
@example(ITEMS[0] | {"put_by": ["ann"]})
@example(ITEMS[0] | {"sk": "standard#00000\u0663"})
@example(ITEMS[0] | {"sk": "standard#00000\u00b2"})
def test_an_item_in_the_book_is_a_policy_to_judge_by_or_says_why_not(item: Any) -> None:
    """A moment without a time zone was read, and stopped each judgement that compared it."""
    assume(isinstance(item, dict) and "sk" in item)  # every item has its key
    kept = _kept(item)
    if kept.found:
        chosen = Chosen((kept.found, OBSERVING), ChosenBy.DEFAULT)
        assert fenced(Tenant(name="acme", fence=ARRIVED), chosen, ARRIVED).fence
    else:
        assert kept.problem


@pytest.mark.parametrize("zone", ["../../etc/passwd", "\x00", "a" * 5_000, "", "Europe", "/etc/localtime"])
def test_a_zone_that_is_none_is_refused_and_no_file_is_read(zone: str) -> None:
    with pytest.raises(MalformedError) as error:
        read_document(json.loads(json.dumps({"name": "night", "quiet_hours": QUIET | {"zone": zone}})))
    assert error.value.field == "quiet_hours.zone"
