"""What an operator's resume does beside the plain case, and what it refuses."""

from collections.abc import Callable

import pytest

from reputation_guard.domain.tenant import Owner, Standing
from tests.e2e.account import Account, SesTenant
from tests.e2e.waiting import eventually


@pytest.fixture
def paused(account: Account) -> SesTenant:
    """A tenant that a person paused at SES: the quickest way to a paused one."""
    tenant = account.new_tenant("paused")
    account.set_by_hand(tenant, "DISABLED")
    account.book.wait_for_standing(tenant.name, Standing.PAUSED)
    return tenant


def test_a_tenant_with_open_findings_is_reinstated(account: Account, paused: SesTenant) -> None:
    """ENABLED would let SES stop it again for the same findings; once they are resolved SES itself makes it ENABLED."""
    account.aws.control("/_ses/findings", TenantName=paused.name, Type="BOUNCE", MayPause=False)
    eventually(lambda: account.book.record(paused.name).findings, "the finding on the tenant")
    assert account.resume(tenant=paused.name, reason="SES is informed", operator="Olga Operator")["resumed"]
    assert account.wait_for_sending(paused, "REINSTATED")["CustomerManagedStatus"]["Status"] == "REINSTATED"
    record = account.book.wait_for_standing(paused.name, Standing.PROBATION)
    assert [finding.kind for finding in record.findings] == ["BOUNCE"]
    notice = account.inbox.wait_for(paused.name, "TenantResumed")
    assert "REINSTATED" in notice.text
    decided = len(account.book.decisions(paused.name))
    account.aws.control("/_ses/findings/resolve", TenantName=paused.name, Type="BOUNCE")
    account.wait_for_sending(paused, "ENABLED")
    eventually(lambda: account.is_drained("StatusQueueUrl"), "SES's own change seen")
    assert account.book.record(paused.name).standing == Standing.PROBATION
    assert len(account.book.decisions(paused.name)) == decided


def test_ses_stops_the_tenant_while_it_is_being_resumed(account: Account, paused: SesTenant) -> None:
    """A resume that SES does not let through is announced as refused, and the stop is SES's."""
    account.aws.control("/_ses/switches", StatusEvents=False)
    throttled = {"Operation": "ListRecommendations", "Error": "ConflictException"}
    try:
        account.aws.control("/_ses/refusals", **throttled, Times=1)
        assert account.resume(tenant=paused.name, reason="the list is cleaned", operator="Olga Operator")["resumed"]
        account.aws.control("/_ses/status", TenantName=paused.name, SendingStatus="DISABLED")
    finally:
        account.aws.control("/_ses/switches", StatusEvents=True)
    account.review_until(lambda: account.book.decisions(paused.name)[-1].outcome == "refused", "the resume refused")
    assert account.book.wait_for_standing(paused.name, Standing.PAUSED).stops == {Owner.SES}
    notice = account.inbox.wait_for(paused.name, "ResumeRefused")
    assert "only AWS Support can lift this" in notice.text


def never_heard_of(_account: Account) -> str:
    return "nobody"


def still_sending(account: Account) -> str:
    tenant = account.new_tenant("findings-only")
    account.aws.control("/_ses/findings", TenantName=tenant.name, Type="SPF", Impact="LOW")
    eventually(lambda: account.book.find(tenant.name), "the tenant in the Book")
    return tenant.name


def stopped_by_ses(account: Account) -> str:
    tenant = account.new_tenant("stopped-by-ses")
    account.aws.control("/_ses/status", TenantName=tenant.name, SendingStatus="DISABLED")
    account.book.wait_for_standing(tenant.name, Standing.PAUSED)
    return tenant.name


@pytest.mark.parametrize(
    ("arrange", "error", "words"),
    [
        (never_heard_of, "UnknownTenant", "check the spelling"),
        (still_sending, "NotPaused", "HEALTHY, not PAUSED"),
        (stopped_by_ses, "StoppedBySes", "only AWS Support can lift this"),
    ],
)
def test_a_resume_that_makes_no_sense_is_refused(
    account: Account, arrange: Callable[[Account], str], error: str, words: str
) -> None:
    """A clear refusal: which rule stands against it, and what the operator can do. Nothing is decided."""
    name = arrange(account)
    decided = len(account.book.decisions(name))
    answer = account.resume(tenant=name, reason="please", operator="Olga Operator")
    assert (answer["resumed"], answer["error"]) == (False, error)
    assert words in answer["message"]
    assert len(account.book.decisions(name)) == decided


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "   "}, "reason"),
        ({"operator": ""}, "operator"),
        ({"tenat": "bombed"}, "tenat"),
    ],
)
def test_an_order_that_is_not_one_is_refused_by_its_field(account: Account, wrong: dict[str, str], field: str) -> None:
    """An operator who mistypes is told where."""
    order = {"tenant": "bombed", "reason": "the list is cleaned", "operator": "Olga Operator"}
    answer = account.resume(**(order | wrong))
    assert (answer["resumed"], answer["error"]) == (False, "BadOrder")
    assert answer["message"].startswith(f"{field}: ")
