"""Policies as documents: what is put is what is read, and a bad one is refused with the field and the reason."""

import json
from dataclasses import fields, replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.policy import PRESETS, Limits, Mode, Policy, QuietHours, Resumes, Rung
from reputation_guard.wire import MalformedError
from reputation_guard.wire.policy import PolicyDocument, document_of, parse_document, read_document, schema
from tests.fakes.builders import STANDARD

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "policy.schema.json"
LIMITS = {"pause": 0.1, "warn": 0.05, "least": 4, "prior": 20, "prior_in_probation": 5}
QUIET = {"start": "22:00", "end": "07:00", "zone": "Europe/Berlin"}

lengths = st.integers(1, 31_000_000).map(lambda seconds: timedelta(seconds=seconds))
times = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    pause = draw(st.floats(1e-6, 1))
    prior = draw(st.integers(1, 10_000))
    return Limits(
        pause=pause,
        warn=draw(st.floats(0, pause, exclude_min=True, exclude_max=True)),
        least=draw(st.integers(1, 1000)),
        prior=prior,
        prior_in_probation=draw(st.integers(1, prior)),
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    to_pause = draw(st.floats(0.1, 100))
    names = draw(st.lists(st.text(min_size=1, max_size=64), min_size=1, max_size=4, unique=True))
    probation, least, cool_downs = draw(lengths), draw(lengths), sorted(draw(st.lists(lengths, min_size=1, max_size=6)))
    longest = max(probation, least, cool_downs[-1], timedelta(days=1))
    start, end = draw(st.lists(times, min_size=2, max_size=2, unique=True))
    quiet = QuietHours(start, end, draw(st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"])))
    return Policy(
        name=draw(st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)),
        version=draw(st.integers(1, 999_999)),
        bounce=draw(limits()),
        complaint=draw(limits()),
        evidence_to_pause=to_pause,
        evidence_to_warn=draw(st.floats(0.1, 100)),
        evidence_in_probation=draw(st.floats(0.05, to_pause)),
        probation=probation,
        cool_downs=tuple(cool_downs),
        least_complaint_cool_down=least,
        strike_decays=longest + draw(st.sampled_from([timedelta(0), timedelta(hours=5)])),
        resumes=draw(st.sampled_from(Resumes)),
        mode=draw(st.sampled_from(Mode)),
        enforced_share=draw(st.floats(0, 1)),
        rungs=tuple(Rung(name, draw(lengths)) for name in names),
        acknowledged_for=draw(lengths),
        page_again=draw(lengths),
        quiet_hours=draw(st.none() | st.just(quiet)),
    )


@given(policy=policies())
def test_what_is_shown_can_be_put_again_and_is_the_same_policy(policy: Policy) -> None:
    shown = json.dumps(document_of(policy))
    document = parse_document(shown, is_toml=False)
    assert document.version == policy.version
    assert document.to_domain(policy.version) == policy


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_built_in_is_a_document_too(name: str) -> None:
    assert read_document(document_of(PRESETS[name])).to_domain(PRESETS[name].version) == PRESETS[name]


def test_what_a_document_leaves_out_is_as_in_standard() -> None:
    policy = read_document({"name": "standard"}).to_domain(1)
    assert policy == STANDARD
    policy = read_document({"name": "own", "bounce": {"pause": 0.08}, "complaint": {"least": 9}}).to_domain(1)
    assert policy.bounce == replace(STANDARD.bounce, pause=0.08)
    assert policy.complaint == replace(STANDARD.complaint, least=9)


def test_every_field_of_a_policy_is_in_the_document() -> None:
    assert set(PolicyDocument.model_fields) == {field.name for field in fields(Policy)}


def test_people_may_write_toml() -> None:
    text = 'name = "night"\nprobation = "36h"\n[quiet_hours]\nstart = "22:00"\nend = "07:00"\nzone = "Asia/Tokyo"\n'
    policy = parse_document(text, is_toml=True).to_domain(3)
    assert (policy.name, policy.version, policy.probation) == ("night", 3, timedelta(hours=36))
    assert policy.quiet_hours == QuietHours(time(22), time(7), "Asia/Tokyo")


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"bounce": LIMITS | {"warn": 0.1}}, "bounce.warn", "must be below pause (0.1)"),
        ({"complaint": LIMITS | {"pause": 10}}, "complaint.pause", "less than or equal to 1"),
        ({"bounce": LIMITS | {"pause": 0}}, "bounce.pause", "greater than 0"),
        ({"bounce": LIMITS | {"prior": 0}}, "bounce.prior", "greater than or equal to 1"),
        ({"bounce": LIMITS | {"prior_in_probation": 21}}, "bounce.prior_in_probation", "not be above prior (20)"),
        ({"bounce": {"pause": 0.04}}, "bounce.warn", "must be below pause (0.04)"),
        ({"bounce": {"pause": "0.2"}}, "bounce.pause", "valid number"),
        ({"bounce": {"pauses": 0.2}}, "bounce.pauses", "not permitted"),
        ({"bounce": 0.2}, "bounce", "should be an object"),
        ({"evidence_to_pause": 2}, "evidence_in_probation", "must not be above evidence_to_pause (2)"),
        ({"evidence_to_pause": "4.6"}, "evidence_to_pause", "valid number"),
        ({"evidence_to_pause": float("inf")}, "evidence_to_pause", "finite"),
        ({"probation": "PT24H"}, "probation", "such as 90m, 24h or 30d"),
        ({"probation": 24}, "probation", "such as 90m, 24h or 30d"),
        ({"probation": "999999999d"}, "probation", "is at most 366d"),
        ({"cool_downs": []}, "cool_downs", "at least 1 item"),
        ({"cool_downs": ["2h", "1h"]}, "cool_downs", "must not become shorter"),
        ({"cool_downs": ["2h", "soon"]}, "cool_downs.1", "such as 90m, 24h or 30d"),
        ({"cool_downs": ["1m"] * 11}, "cool_downs", "at most 10 items"),
        ({"cool_downs": ["1m"], "strike_decays": "1m"}, "strike_decays", "must not be below 1d"),
        ({"strike_decays": "2d"}, "strike_decays", "must not be below cool_downs (3d)"),
        ({"strike_decays": "4d", "probation": "5d"}, "strike_decays", "must not be below probation (5d)"),
        (
            {"strike_decays": "4d", "least_complaint_cool_down": "90h"} | {"cool_downs": ["100h"]},
            "strike_decays",
            "must not be below cool_downs (100h)",
        ),
        (
            {"strike_decays": "3d", "least_complaint_cool_down": "4d"},
            "strike_decays",
            "must not be below least_complaint_cool_down (4d)",
        ),
        ({"cool_downs": [], "probation": "soon", "strike_decays": "2d"}, "probation", "such as 90m"),
        ({"rungs": []}, "rungs", "at least 1 item"),
        ({"rungs": [{"name": "a", "wait": "1h"}] * 2}, "rungs", "a name of their own"),
        ({"enforced_share": 1.01}, "enforced_share", "less than or equal to 1"),
        ({"enforced_share": -0.1}, "enforced_share", "greater than or equal to 0"),
        ({"mode": "on"}, "mode", "'observe' or 'enforce'"),
        ({"resumes": "never"}, "resumes", "'automatic' or 'person'"),
        ({"quiet_hours": QUIET | {"zone": "Europe/Atlantis"}}, "quiet_hours.zone", "IANA time zone"),
        ({"quiet_hours": QUIET | {"zone": "../etc/passwd"}}, "quiet_hours.zone", "IANA time zone"),
        ({"quiet_hours": QUIET | {"zone": "Europe"}}, "quiet_hours.zone", "IANA time zone"),
        ({"quiet_hours": QUIET | {"zone": ""}}, "quiet_hours.zone", "IANA time zone"),
        ({"quiet_hours": QUIET | {"start": "24:00"}}, "quiet_hours.start", "such as 22:00"),
        ({"quiet_hours": QUIET | {"end": "22:00"}}, "quiet_hours.end", "must differ from start"),
        ({"name": "Very Important"}, "name", "should match pattern"),
        ({"version": 0}, "version", "greater than or equal to 1"),
        ({"approvals": 3}, "approvals", "less than or equal to 2"),
        ({"evidense_to_pause": 3}, "evidense_to_pause", "not permitted"),
    ],
)
def test_a_bad_document_is_refused_with_the_field_and_the_reason(
    change: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(MalformedError) as refused:
        read_document({"name": "night"} | change)
    assert refused.value.field == field
    assert reason in refused.value.problem


@pytest.mark.parametrize(
    ("text", "is_toml", "problem"),
    [
        ("{", False, "is no JSON"),
        ("name = ", True, "is no TOML"),
        ("[]", False, "should be an object"),
        (f'{{"name": "night", "evidence_to_pause": {"9" * 5000}}}', False, "is no JSON"),
        ("[" * 100_000, False, "is no JSON"),
        (f"probation = {'9' * 5000}", True, "is no TOML"),
        (f"probation = {'[' * 100_000}", True, "is no TOML"),
        (f"probation = 0x{'f' * 5000}", True, "cannot be JSON"),
    ],
)
def test_what_is_no_document_at_all_is_refused(text: str, problem: str, *, is_toml: bool) -> None:
    with pytest.raises(MalformedError) as refused:
        parse_document(text, is_toml=is_toml)
    assert refused.value.field == "document"
    assert problem in refused.value.problem


def test_the_published_schema_is_that_of_the_documents() -> None:
    """`guard policy schema > docs/policy.schema.json` writes it."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema()
