"""`guard exempt`: a person's word, for a while, and seen by everybody."""

from datetime import timedelta
from typing import Any

import pytest

from reputation_guard.domain.policy import Kind
from reputation_guard.domain.tenant import Exemption, Owner, Pause, Standing
from tests.cli.aws import FakeAws, guard, refused, tenant_arn

WHY = ("--reason", "a migration", "--operator", "Olga Operator")


def test_a_tenant_is_exempt_for_a_while(aws: FakeAws) -> None:
    aws.enter("shop")
    result = guard("exempt", "shop", "--for", "12h", *WHY)
    assert result.exit_code == 0
    assert "shop is exempt from pauses by the guard until" in " ".join(result.stdout.split())
    record = aws.book.tenant("shop")
    assert record
    assert record.exemption
    assert (record.exemption.operator, record.exemption.reason) == ("Olga Operator", "a migration")
    assert timedelta(hours=11) < record.exemption.until - aws.now < timedelta(hours=13)
    assert "exempt from pauses until" in " ".join(guard("status").stdout.split())
    assert "by Olga Operator: a migration" in " ".join(guard("status", "shop").stdout.split())


def test_a_tenant_the_book_does_not_know_yet_is_exempt_too(aws: FakeAws) -> None:
    aws.answers["GetTenant"] = lambda **asked: {"Tenant": {"TenantArn": tenant_arn(asked["TenantName"])}}
    assert guard("exempt", "new", "--for", "7d", *WHY).exit_code == 0
    record = aws.book.tenant("new")
    assert record
    assert record.arn == tenant_arn("new")


def test_a_typo_is_no_new_tenant(aws: FakeAws) -> None:
    aws.answers["GetTenant"] = refused("GetTenant", "NotFoundException")
    assert guard("exempt", "shpo", "--for", "7d", *WHY).exit_code == 1
    assert aws.book.tenant("shpo") is None


@pytest.mark.parametrize("name", ["the whole account", "m\u00fcller", "a b", "x" * 65, ""])
def test_what_cannot_be_a_tenant_at_ses_is_not_exempt(aws: FakeAws, name: str) -> None:
    """Above all not the account's own record: its warning is about everybody."""
    aws.answers["GetTenant"] = lambda **asked: {"Tenant": {"TenantArn": tenant_arn(asked["TenantName"])}}
    result = guard("exempt", name, "--for", "7d", *WHY)
    assert (result.exit_code, "is no tenant's name at SES" in result.stderr) == (1, True)
    assert aws.book.tenant(name or "x") is None


def test_it_ends_at_once_when_a_person_says_so(aws: FakeAws) -> None:
    aws.enter("shop", exemption=Exemption(aws.now + timedelta(days=1), "Olga Operator", "a migration"))
    result = guard("exempt", "shop", "--end")
    assert (result.exit_code, "shop is guarded again" in result.stdout) == (0, True)
    record = aws.book.tenant("shop")
    assert record
    assert record.exemption is None
    assert record.fence is not None
    assert guard("exempt", "shop", "--end").exit_code == 1


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--for", "12h"), 2, "how long and why"),
        (("--for", "12h", "--reason", " "), 2, "how long and why"),
        (("--end", "--for", "12h", *WHY), 2, "how long and why"),
        ((), 2, "how long and why"),
        (("--for", "12", *WHY), 2, "such as 12h or 7d"),
        (("--for", "forever", *WHY), 2, "such as 12h or 7d"),
        (("--for", "31d", *WHY), 1, "up to 30 days"),
        (("--for", "0h", *WHY), 1, "up to 30 days"),
        (("--for", "12h", "--reason", "a\nmigration"), 1, "one line of printable text"),
        (("--for", "12h", "--reason", "a migration", "--operator", "Olga\x1b[2J"), 1, "one line of printable text"),
    ],
)
def test_an_exemption_says_how_long_and_why(aws: FakeAws, words: tuple[str, ...], code: int, why: str) -> None:
    aws.enter("shop")
    result = guard("exempt", "shop", *words)
    assert (result.exit_code, why in result.stderr) == (code, True), result.stderr
    record = aws.book.tenant("shop")
    assert record
    assert record.exemption is None


def test_the_status_says_who_ends_a_pause(aws: FakeAws) -> None:
    pause = Pause(Kind.BOUNCE, aws.now, aws.now, aws.now + timedelta(hours=6))
    paused: dict[str, Any] = {
        "standing": Standing.PAUSED,
        "stops": frozenset({Owner.GUARD}),
        "strikes": 2,
        "pause": pause,
    }
    aws.enter("shop", **paused)
    aws.enter("news", **paused | {"pause": Pause(Kind.BOUNCE, aws.now, aws.now, None)})
    text = " ".join(guard("status").stdout.split())
    assert "the guard resumes it 20" in text
    assert "a person has to resume it" in text
    page = " ".join(guard("status", "shop").stdout.split())
    assert "Pauses in a row: 2" in page
    assert "The guard resumes it: 20" in page
