"""Who uses up the account's reputation."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cli.account import CannotRunError
from cli.export.lines import DayLine, Line, PolicyLine, TenantLine, UnattributedLine
from cli.report.fleet import fleet_of
from reputation_guard.domain.decision import Answer, GuardEvent
from reputation_guard.domain.policy import PRESETS, Kind
from reputation_guard.domain.tenant import Standing, Tenant
from tests.cli.histories import ACCOUNT, NOW, paused, settled, slots


def test_a_share_is_feedback_by_what_the_account_may_have() -> None:
    """SES reviews an account at 5 % hard bounces and 0.1 % complaints: docs.aws.amazon.com, "Amazon SES FAQs"."""
    fleet = fleet_of([ACCOUNT, *slots("acme", (6000, 100, 0)), *slots("other", (4000, 50, 5))], days=31)
    acme, other = sorted(fleet.tenants, key=lambda each: each.name)
    assert fleet.share(acme, Kind.BOUNCE) == pytest.approx(100 / 500)
    assert fleet.share(other, Kind.COMPLAINT) == pytest.approx(5 / 10)
    assert [each.name for each in fleet.tenants] == ["other", "acme"]


def test_sends_that_nobody_could_attribute_are_the_accounts() -> None:
    slot = NOW.replace(minute=0, second=0)
    astray = UnattributedLine(configuration_set="shared", slot=slot, sends=900, bounces=0, complaints=0)
    old = UnattributedLine(configuration_set="shared", day=slot.date(), sends=50, bounces=0, complaints=0)
    fleet = fleet_of([ACCOUNT, *slots("acme", (50, 50, 0)), astray, old], days=31)
    assert fleet.totals.sends == 1000
    assert fleet.share(fleet.tenants[0], Kind.BOUNCE) == pytest.approx(1.0)


def test_what_is_older_than_asked_for_is_left_out() -> None:
    days = [
        DayLine(tenant="acme", day=(NOW - timedelta(days=back)).date(), sends=10**back, bounces=0, complaints=0)
        for back in range(5)
    ]
    old = settled(paused("acme", NOW - timedelta(days=4)))
    assert fleet_of([ACCOUNT, *days, *old], days=3).totals.sends == 111
    assert fleet_of([ACCOUNT, *days, *old], days=3).tenants[0].decisions == []


def test_a_tenant_may_be_in_the_book_alone_or_in_the_counts_alone() -> None:
    fleet = fleet_of([ACCOUNT, *slots("quiet", (10, 0, 0)), TenantLine(tenant=Tenant(name="gone"))], days=31)
    assert {each.name: (each.totals.sends, each.standing) for each in fleet.tenants} == {
        "quiet": (10, Standing.HEALTHY),
        "gone": (0, Standing.HEALTHY),
    }


def test_the_limits_are_those_of_the_policy_that_the_guard_chooses() -> None:
    """As assigned or tagged, else the default; never those of a decision, which may have been tightened."""
    night = replace(PRESETS["standard"], name="night", version=3)
    tightened = replace(paused("other"), policy=replace(PRESETS["standard"], evidence_to_pause=3.0))
    lines = [
        ACCOUNT,
        PolicyLine(policy=PRESETS["strict"]),
        PolicyLine(policy=night),
        TenantLine(tenant=Tenant(name="acme", tagged_policy="night")),
        TenantLine(tenant=Tenant(name="shop", assigned_policy="vip")),
        TenantLine(tenant=Tenant(name="lost", assigned_policy="nobody-knows")),
        *settled(tightened),
    ]
    policies = {each.name: each.policy for each in fleet_of(lines, days=31).tenants}
    strict, vip = PRESETS["strict"], PRESETS["vip"]
    assert policies == {"acme": night, "shop": vip, "lost": strict, "other": strict}


def test_the_account_itself_is_no_tenant() -> None:
    at_risk = replace(paused("the whole account"), announces=GuardEvent.ACCOUNT_AT_RISK, answer=Answer.WARN)
    fleet = fleet_of([ACCOUNT, *slots("acme", (10, 0, 0)), *settled(at_risk)], days=31)
    assert [each.name for each in fleet.tenants] == ["acme"]
    assert [each.decision for each in fleet.at_risk] == [at_risk]


@pytest.mark.parametrize("lines", [[], slots("acme", (10, 0, 0))])
def test_a_history_begins_with_its_account(lines: list[Line]) -> None:
    with pytest.raises(CannotRunError, match="the first line has to be the record of the account"):
        fleet_of(lines, days=31)
