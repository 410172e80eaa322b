"""Who counts as a second person: by what IAM vouches for, and never by what a caller may choose."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.approval import Identity, Proposal
from reputation_guard.domain.obstacles import approval_missing
from tests.fakes.builders import NOW, STANDARD

HERE = "arn:aws:sts::123456789012"
SSO = f"{HERE}:assumed-role/AWSReservedSSO_Operators_0123456789abcdef"
SESSIONS = st.from_regex(r"[\w+=,.@-]{2,64}", fullmatch=True)


def are_one(name: str, other: str) -> bool:
    """Whether the two names are one person's, whichever of them comes first."""
    ann, bob = Identity(name, proved=True), Identity(other, proved=True)
    assert ann.is_same_person(bob) is bob.is_same_person(ann)
    return ann.is_same_person(bob)


@given(SESSIONS, SESSIONS)
def test_whatever_sessions_of_one_role_are_called_they_are_one_person(one: str, other: str) -> None:
    """Whoever may take a role chooses the session's name, unless its trust policy says otherwise."""
    assert are_one(f"{HERE}:assumed-role/ops/{one}", f"{HERE}:assumed-role/ops/{other}")
    assert are_one(f"{HERE}:federated-user/{one}", f"{HERE}:federated-user/{other}")


@given(SESSIONS, SESSIONS)
def test_sessions_of_identity_center_are_as_many_people_as_it_has_users(one: str, other: str) -> None:
    """It names the session after the user who signed in, so that one user in two of its roles is one person."""
    assert are_one(f"{SSO}/{one}", f"{SSO}/{other}") is (one.casefold() == other.casefold())
    lead = SSO.replace("Operators", "Leads").replace("aws:", "aws-eusc:", 1).replace("123456789012", "210987654321")
    assert are_one(f"{SSO}/{one}", f"{lead}/{one}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("arn:aws:iam::123456789012:user/ann", "arn:aws:iam::123456789012:user/bob"),
        ("arn:aws:iam::123456789012:user/ann", "arn:aws:iam::210987654321:user/ann"),
        (f"{HERE}:assumed-role/ops/x", f"{HERE}:assumed-role/leads/x"),
        (f"{HERE}:assumed-role/ops/x", "arn:aws:sts::210987654321:assumed-role/ops/x"),
        (f"{HERE}:assumed-role/ops/ann", f"{SSO}/ann"),
        (f"{HERE}:assumed-role/ops/x", f"{HERE}:federated-user/x"),
        ("ann", "bob"),
    ],
)
def test_others_are_two_people(one: str, other: str) -> None:
    assert not are_one(one, other)


def test_the_refusal_tells_why_another_name_is_no_other_person() -> None:
    two_people = replace(STANDARD, name="two-people", approvals=2)
    proposal = Proposal("shop", "shop.1", Identity(f"{HERE}:assumed-role/ops/ann", proved=True), "cleaned", NOW)

    def advice(name: str) -> str:
        [found] = approval_missing(two_people, proposal, Identity(name, proved=True))
        assert (found.code, found.refuses) == ("SecondApproverNeeded", True)
        return found.advice

    assert "Two sessions of one role are one person" in advice(f"{HERE}:assumed-role/ops/bob")
    assert "Two sessions of one role" not in advice(proposal.by.name)
