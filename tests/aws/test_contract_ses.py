"""Who may send, and why not: the same tests on the fake and on SES's adapters, against the embedded AWS."""

from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from itertools import count
from typing import Protocol

import pytest

from local.aws import EmbeddedAws
from reputation_guard.aws.ses import SesAssociations, SesSendingGate
from reputation_guard.domain.sending import Finding, Sending
from reputation_guard.ports.errors import GoneError, RefusedError
from reputation_guard.ports.ses import Associations, SendingGate
from tests.fakes.ses import InMemorySes

ENABLED, DISABLED, REINSTATED = Sending.ENABLED, Sending.DISABLED, Sending.REINSTATED
STRANGER = "arn:aws:ses:us-east-1:000000000000:tenant/nobody/tn-0"
FINDING = Finding("BOUNCE", "HIGH", "The bounce rate exceeded 15.0 %.")
OTHER = Finding("COMPLAINT", "LOW", "The complaint rate exceeded 0.1 %.")
_numbers = count()


class Account(Protocol):
    """SES as its owner sees it, and the ports that the guard has of it."""

    @property
    def gate(self) -> SendingGate: ...

    @property
    def associations(self) -> Associations: ...

    def add(self, tenant: str) -> str:
        """Create a tenant; returns its ARN."""

    def stop(self, tenant: str) -> None:
        """Stop a tenant in SES's own name."""

    def find(self, tenant: str, finding: Finding) -> None:
        """Open a finding, without a stop for it."""

    def associate(self, configuration_set: str, *tenants: str) -> None:
        """Create a configuration set, and let tenants use it."""


@dataclass
class InMemory:
    """The account of the fake."""

    ses: InMemorySes = field(default_factory=InMemorySes)

    @property
    def gate(self) -> SendingGate:
        return self.ses

    @property
    def associations(self) -> Associations:
        return self.ses

    def add(self, tenant: str) -> str:
        return self.ses.add(tenant)

    def stop(self, tenant: str) -> None:
        self.ses.change(self.ses.arn_of(tenant), ses_managed=DISABLED)

    def find(self, tenant: str, finding: Finding) -> None:
        arn = self.ses.arn_of(tenant)
        self.ses.open_findings[arn] = (*self.ses.open_findings.get(arn, ()), finding)

    def associate(self, configuration_set: str, *tenants: str) -> None:
        self.ses.associations[configuration_set] = tenants


class Embedded:
    """The account of the embedded AWS, through the adapters."""

    sets = "arn:aws:ses:us-east-1:000000000000:configuration-set/"

    def __init__(self, aws: EmbeddedAws) -> None:
        self._aws = aws
        self._sesv2 = aws.client("sesv2", retries={"total_max_attempts": 1})
        self.gate = SesSendingGate(self._sesv2)
        self.associations = SesAssociations(self._sesv2, self.sets)

    def add(self, tenant: str) -> str:
        arn: str = self._sesv2.create_tenant(TenantName=tenant)["TenantArn"]
        return arn

    def stop(self, tenant: str) -> None:
        self._aws.control("/_ses/status", TenantName=tenant, SendingStatus="DISABLED")

    def find(self, tenant: str, finding: Finding) -> None:
        told = {"Type": finding.kind, "Impact": finding.impact, "Description": finding.text}
        self._aws.control("/_ses/findings", TenantName=tenant, MayPause=False, **told)

    def associate(self, configuration_set: str, *tenants: str) -> None:
        self._sesv2.create_configuration_set(ConfigurationSetName=configuration_set)
        for tenant in tenants:
            self._sesv2.create_tenant_resource_association(
                TenantName=tenant, ResourceArn=f"{self.sets}{configuration_set}"
            )


@pytest.fixture(scope="session")
def embedded(embedded_aws: EmbeddedAws) -> Embedded:
    """One account for all tests, each with tenants of its own."""
    return Embedded(embedded_aws)


@pytest.fixture(params=["fake", pytest.param("embedded", marks=pytest.mark.embedded)])
def account(request: pytest.FixtureRequest) -> Account:
    """SES's side."""
    if request.param == "fake":
        return InMemory()
    found: Embedded = request.getfixturevalue("embedded")
    return found


@pytest.fixture
def shop() -> str:
    """A name that no other test gives to a tenant."""
    return f"shop-{next(_numbers)}"


def test_a_tenant_that_ses_does_not_know_is_gone(account: Account, shop: str) -> None:
    with pytest.raises(GoneError):
        account.gate.arn_of(shop)
    with pytest.raises(RefusedError) as error:
        account.gate.look(STRANGER)
    assert error.type is RefusedError, "it may be the old ARN of a tenant that was created anew"


def test_a_stranger_can_be_neither_stopped_nor_let_through(account: Account) -> None:
    """SES's Update calls have no NotFoundException: it is a bad request."""
    for call in (account.gate.shut, partial(account.gate.open, despite_findings=False)):
        with pytest.raises(RefusedError) as error:
            call(STRANGER)
        assert (error.type, error.value.args[0]) == (RefusedError, "BadRequestException")


def test_a_tenant_is_found_by_its_name(account: Account, shop: str) -> None:
    assert account.add(shop) == account.gate.arn_of(shop)


def test_a_tenant_nobody_has_touched_may_send_and_has_no_stamp(account: Account, shop: str) -> None:
    status = account.gate.look(account.add(shop))
    assert (status.aggregate, status.customer_managed, status.stamp) == (ENABLED, None, None)
    assert not status.stopped_by_ses


def test_a_tenant_is_shut_and_opened(account: Account, shop: str) -> None:
    arn = account.add(shop)
    for call, sending in (
        (account.gate.shut, DISABLED),
        (partial(account.gate.open, despite_findings=False), ENABLED),
        (account.gate.shut, DISABLED),
        (partial(account.gate.open, despite_findings=True), REINSTATED),
    ):
        call(arn)
        status = account.gate.look(arn)
        assert (status.aggregate, status.customer_managed) == (sending, sending)


def test_another_tenant_is_left_as_it_is(account: Account, shop: str) -> None:
    other = account.add(f"not-{shop}")
    before = account.gate.look(other)
    account.gate.shut(account.add(shop))
    account.find(shop, FINDING)
    assert account.gate.look(other) == before
    assert account.gate.findings(other) == ()


def test_every_change_has_a_later_stamp_and_looking_changes_none(account: Account, shop: str) -> None:
    """By its stamp the guard knows its own change from somebody else's."""
    arn = account.add(shop)
    account.gate.shut(arn)
    first = account.gate.look(arn).stamp
    assert first
    assert first.tzinfo is UTC
    assert account.gate.look(arn).stamp == first
    account.gate.open(arn, despite_findings=False)
    second = account.gate.look(arn).stamp
    assert second
    assert second > first


def test_what_ses_has_stopped_nobody_else_opens(account: Account, shop: str) -> None:
    """Law 5; and SES's own hand leaves no stamp on the customer's record."""
    arn = account.add(shop)
    account.gate.open(arn, despite_findings=False)
    before = account.gate.look(arn)
    account.stop(shop)
    stopped = account.gate.look(arn)
    assert stopped.stopped_by_ses
    assert (stopped.aggregate, stopped.customer_managed, stopped.stamp) == (DISABLED, ENABLED, before.stamp)
    account.gate.open(arn, despite_findings=True)
    status = account.gate.look(arn)
    assert (status.aggregate, status.customer_managed) == (DISABLED, REINSTATED)
    assert status.stopped_by_ses


def test_all_open_findings_are_told(account: Account, shop: str) -> None:
    arn = account.add(shop)
    assert account.gate.findings(arn) == ()
    account.find(shop, FINDING)
    account.find(shop, OTHER)
    assert set(account.gate.findings(arn)) == {FINDING, OTHER}
    assert account.gate.look(arn).aggregate is ENABLED


def test_a_set_is_its_tenants(account: Account, shop: str) -> None:
    news = f"not-{shop}"
    for tenant in (shop, news):
        account.add(tenant)
    account.associate(f"{shop}-own", shop)
    account.associate(f"{shop}-shared", shop, news)
    account.associate(f"{shop}-nobodys")
    assert list(account.associations.tenants_of(f"{shop}-own")) == [shop]
    assert set(account.associations.tenants_of(f"{shop}-shared")) == {shop, news}
    assert list(account.associations.tenants_of(f"{shop}-nobodys")) == []
