"""Addresses in what people read: a domain and a hash, whatever the other side's server makes of them."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reputation_guard.domain.addresses import Veil, alike, domain_of, without_addresses

VEIL = Veil(b"one deployment")
NAME = "JoHn.o'dOe+x=y"
ADDRESS = f"{NAME}@Example.com"
WRITTEN = (
    "550 5.1.1 <{0}@example.com>: Recipient address rejected: User unknown",
    "550 {0}@example.com... no such user",
    "550 no mailbox for {0} here",
    "rfc822;{0}@example.com",
    "see mailto:{0}@example.com?subject=x",
    "https://example.com/why?rcpt={0}%40example.com&code=550",
    "550 '{0}@example.com'",
    '550 "{0}"@example.com',
    "550 {0}@",
    "550 {0} @example.com",
    "550 relay@{0}@example.com",
    "550 {0}\uff20example.com",
    "550 <@one.example,@two.example:{0}@example.com>",
    "{0}@example.com\u2028{0}@example.com",
)
LOCAL_PARTS = st.from_regex(re.compile(r"[a-z]{4}[a-z0-9.+_'-]{2,20}[a-z0-9]", re.ASCII), fullmatch=True).map(
    lambda local: f"zq{local}"
)


@pytest.mark.parametrize("written", WRITTEN)
def test_no_spelling_of_a_recipient_shows_who_it_is(written: str) -> None:
    told = VEIL.over(written.format(NAME), [ADDRESS])
    assert NAME.lower() not in told.lower()
    assert re.search("#[0-9a-f]{8}|<address>", told)


@pytest.mark.parametrize("at", ["%40", "\uff20", "\ufe6b"])
def test_an_address_of_another_is_found_by_any_at(at: str) -> None:
    """A server may name somebody whom the mail was not for."""
    for told in (VEIL.over(f"550 see {NAME}{at}example.com"), without_addresses(f"550 see {NAME}{at}example.com")):
        assert NAME.lower() not in told.lower()


@given(LOCAL_PARTS, st.text(max_size=40), st.text(max_size=40))
@example("zqjohn.doe", '"' * 39, '"@')
@example("zqjohn.doe", '"\\', "@")
def test_whatever_stands_around_an_address_it_is_found(local: str, before: str, after: str) -> None:
    for text in (f"{before}{local}@example.com{after}", f"{before} {local} {after}"):
        assert local not in VEIL.over(text, [f"{local}@example.com"])
    assert local not in without_addresses(f"{before}{local}@example.com{after}")
    assert "\n" not in VEIL.over(f"{before}{after}")


@given(st.text(max_size=200))
def test_no_at_is_left_but_those_behind_a_hash(text: str) -> None:
    once = VEIL.over(text)
    assert without_addresses(once).count("@") == 0
    assert "@" not in re.sub(r"#[0-9a-f]{8}@", "", once)


def test_the_same_recipient_is_told_by_the_same_hash_and_another_by_another() -> None:
    one, again, other = (VEIL.over(each) for each in ("<a.b@example.com>", "A.B@example.com", "<a.c@example.com>"))
    assert one.strip("<>").lower() == again.lower() != other.strip("<>")


def test_two_deployments_tell_a_recipient_by_different_hashes() -> None:
    assert VEIL.over(ADDRESS) != Veil(b"another").over(ADDRESS)


def test_words_that_are_roles_stay_words() -> None:
    assert VEIL.over("550 User unknown", ["user@example.com"]) == "550 User unknown"


def test_a_lifted_veil_shows_what_the_server_said_in_one_line() -> None:
    assert Veil(lifted=True).over(" 550\n<a.b@example.com> ", [ADDRESS]) == "550 <a.b@example.com>"


def test_half_an_address_at_the_end_of_a_long_text_is_left_out() -> None:
    told = VEIL.over("x " * 995 + "john.william.doe@example.com")
    assert "john" not in told


@pytest.mark.parametrize("said", ["a", '"\\', '"\\"', "@", "a@", '"', "a ", "<", "%40"])
def test_the_largest_event_there_is_costs_nothing_to_speak_of(said: str) -> None:
    """A stranger's server writes the text: its length is cut, and each character is looked at a few times."""
    said *= 262_144 // len(said)
    assert len(VEIL.over(said, [ADDRESS] * 50)) < 20_000


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("A.B@Example.COM", "example.com"),
        ("Sender <a@example.com>", "example.com"),
        ("a@example.com (John Doe)", "example.com"),
        ("a@[192.0.2.1]", "192.0.2.1"),
        ('"a@b"@example.com', "example.com"),
        ("john.doe", ""),
        ("john.doe@", ""),
        ("", ""),
    ],
)
def test_what_is_no_domain_is_not_told_as_one(address: str, domain: str) -> None:
    assert domain_of(address) == domain


def test_answers_that_differ_by_the_recipient_alone_are_one() -> None:
    said = [VEIL.over(f"550 5.1.1 <{name}@example.com>: gone") for name in ("ann.a", "bob.b", "cyd.c")]
    busy = VEIL.over("421 <ann.a@example.com> busy")
    assert alike([busy, *said, "550 <address> gone", busy]) == {
        "550 5.1.1 <address>: gone": 3,
        busy: 2,
        "550 <address> gone": 1,
    }


def test_answers_that_are_shown_whole_are_counted_as_one_all_the_same() -> None:
    assert alike(["550 <a.a@example.com>: gone", "550 <b.b@example.com>: gone"]) == {"550 <address>: gone": 2}
