"""A signed link opens one incident, until it expires, and nothing else does."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.links import (
    Keyring,
    LinkRefusedError,
    Why,
    check_form,
    form_token,
    key_id_of,
    sign,
    verify,
)

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
OLD, CURRENT, NEXT = ("0a1b2c3d", b"o" * 32), ("4e5f6071", b"c" * 32), ("82939495", b"n" * 32)
RING = Keyring((CURRENT, OLD))
INCIDENTS = st.text(max_size=80)
CHARACTERS = st.characters(codec="utf-8")


def refused(token: str, keyring: Keyring = RING, now: datetime = NOW) -> Why:
    with pytest.raises(LinkRefusedError) as error:
        verify(token, keyring, now)
    assert str(error.value) == ""
    return error.value.why


def form_refused(token: str, incident: str = "acme.17", keyring: Keyring = RING, now: datetime = NOW) -> Why:
    with pytest.raises(LinkRefusedError) as error:
        check_form(token, incident, keyring, now)
    return error.value.why


@given(INCIDENTS)
def test_a_link_opens_its_incident_and_fits_a_path(incident: str) -> None:
    token = sign(incident, LATER, RING)
    assert verify(token, RING, NOW) == incident
    assert re.fullmatch(r"[A-Za-z0-9._-]+[A-Za-z0-9]", token)


@given(INCIDENTS, st.text(max_size=40))
def test_a_form_token_gives_back_its_nonce(incident: str, nonce: str) -> None:
    assert check_form(form_token(incident, nonce, LATER, RING), incident, RING, NOW) == nonce


@given(st.data(), INCIDENTS, CHARACTERS)
def test_a_token_with_any_character_changed_added_or_missing_is_refused(
    data: st.DataObject, incident: str, other: str
) -> None:
    for token, refuse in (
        (sign(incident, LATER, RING), refused),
        (form_token(incident, "once", LATER, RING), lambda text: form_refused(text, incident)),
    ):
        at = data.draw(st.integers(0, len(token) - 1))
        changed = (
            token[:at] + (other if other != token[at] else "~") + token[at + 1 :],
            token[:at] + other + token[at:],
            token[:at] + token[at + 1 :],
            token + other,
        )
        for each in changed:
            if each != token:
                assert refuse(each) in {Why.ALTERED, Why.FOREIGN}


@given(st.text(max_size=200))
def test_no_text_that_was_not_signed_breaks_anything(text: str) -> None:
    assert refused(text) in {Why.ALTERED, Why.FOREIGN}
    assert form_refused(text) in {Why.ALTERED, Why.FOREIGN}


@given(INCIDENTS, INCIDENTS, st.integers(0, 3))
def test_no_token_of_one_incident_opens_another(one: str, other: str, cut: int) -> None:
    """Nor do the parts of two: what a token says is signed as one."""
    first, second = sign(one, LATER, RING), sign(other, LATER, RING)
    assert verify(first, RING, NOW) == one
    if one != other:
        mixed = ".".join([*first.split(".")[:cut], *second.split(".")[cut:]])
        assert mixed in {first, second} or refused(mixed) is Why.ALTERED
        assert form_refused(form_token(one, "once", LATER, RING), other) is Why.FOREIGN


@given(INCIDENTS, st.text(max_size=40))
def test_a_form_token_is_no_link_and_a_link_no_form_token(incident: str, nonce: str) -> None:
    assert refused(form_token(incident, nonce, LATER, RING)) is Why.ALTERED
    assert form_refused(sign(incident, LATER, RING), incident) is Why.ALTERED


@given(INCIDENTS, st.integers(-10_000, 10_000))
def test_a_token_opens_until_it_expires_and_not_from_then_on(incident: str, seconds: int) -> None:
    now = LATER + timedelta(seconds=seconds)
    link, form = sign(incident, LATER, RING), form_token(incident, "once", LATER, RING)
    if seconds < 0:
        assert (verify(link, RING, now), check_form(form, incident, RING, now)) == (incident, "once")
    else:
        assert (refused(link, now=now), form_refused(form, incident, now=now)) == (Why.EXPIRED, Why.EXPIRED)


def test_the_key_before_still_verifies_and_a_forgotten_one_does_not() -> None:
    token = sign("acme.17", LATER, RING)
    assert key_id_of(token) == CURRENT[0]
    assert verify(token, Keyring((NEXT, CURRENT)), NOW) == "acme.17"
    assert refused(token, Keyring((NEXT, OLD))) is Why.FOREIGN


def test_another_guards_key_of_the_same_id_does_not_verify() -> None:
    assert refused(sign("acme.17", LATER, Keyring(((CURRENT[0], b"x" * 32),)))) is Why.ALTERED


def test_a_keyring_does_not_show_its_keys() -> None:
    assert "ccc" not in repr(RING)
