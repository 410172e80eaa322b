"""SES on the wire: sending status, findings, tags and associations, read and set through SESv2."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from reputation_guard.aws.answers import answers
from reputation_guard.domain.sending import Finding, Sending, SendingStatus
from reputation_guard.ports.errors import GoneError, ThrottledError
from reputation_guard.ports.ses import Described, Entity

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


class SesSendingGate:
    """`ports.ses.SendingGate` on SESv2. A tenant's reputation entity is named by the tenant's ARN, verbatim."""

    def __init__(self, sesv2: "SESV2Client") -> None:
        self._sesv2 = sesv2

    def arn_of(self, tenant: str) -> str:
        with answers(throttled=ThrottledError, not_found=GoneError):
            return self._sesv2.get_tenant(TenantName=tenant)["Tenant"]["TenantArn"]

    def look(self, arn: str) -> SendingStatus:
        with answers(throttled=ThrottledError):
            found = self._sesv2.get_reputation_entity(ReputationEntityType="RESOURCE", ReputationEntityReference=arn)
        return _status(found["ReputationEntity"])

    def shut(self, arn: str) -> None:
        self._set(arn, Sending.DISABLED)

    def open(self, arn: str, *, despite_findings: bool) -> None:
        # ENABLED would let SES stop the tenant again for the findings that are open already.
        self._set(arn, Sending.REINSTATED if despite_findings else Sending.ENABLED)

    def _set(self, arn: str, sending: Sending) -> None:
        with answers(throttled=ThrottledError):
            self._sesv2.update_reputation_entity_customer_managed_status(
                ReputationEntityType="RESOURCE", ReputationEntityReference=arn, SendingStatus=sending.value
            )

    def findings(self, arn: str) -> tuple[Finding, ...]:
        try:
            return tuple(self._open_findings(arn))
        except GoneError:
            return ()  # what is not found here are findings: it says nothing of the tenant itself

    def _open_findings(self, arn: str) -> Iterator[Finding]:
        # One filter, or STATUS with IMPACT or TYPE: by the resource alone, and open ones are picked here.
        pages: dict[str, Any] = {"Filter": {"RESOURCE_ARN": arn}, "PageSize": 100}
        while True:
            with answers(throttled=ThrottledError, not_found=GoneError):
                page = self._sesv2.list_recommendations(**pages)
            for each in page.get("Recommendations", []):
                if each.get("Status") == "OPEN":
                    yield Finding(each.get("Type", ""), each.get("Impact", ""), each.get("Description", ""))
            if "NextToken" not in page:
                return
            pages["NextToken"] = page["NextToken"]


class SesEntities:
    """`ports.ses.Entities` on SESv2: its list of reputation entities has no name of a tenant but the one in its ARN."""

    def __init__(self, sesv2: "SESV2Client") -> None:
        self._sesv2 = sesv2

    def page(self, after: str | None) -> tuple[Sequence[Entity], str | None]:
        where: Any = {"NextToken": after} if after else {}
        with answers(throttled=ThrottledError):
            found = self._sesv2.list_reputation_entities(Filter={"ENTITY_TYPE": "RESOURCE"}, PageSize=100, **where)
        named = [(name, each) for each in found["ReputationEntities"] if (name := _tenant_in(each))]
        entities = [
            Entity(name, each["ReputationEntityReference"], _status(each), _has_findings(each)) for name, each in named
        ]
        return entities, found.get("NextToken")


def _tenant_in(entity: Any) -> str:
    """The name in arn:...:tenant/NAME/ID; "" for an entity that is something else."""
    kind, _, rest = entity["ReputationEntityReference"].rpartition(":")[2].partition("/")
    return rest.partition("/")[0] if kind == "tenant" else ""


def _has_findings(entity: Any) -> bool:
    # A healthy entity says NONE, or nothing; the model of the API knows LOW and HIGH alone.
    return str(entity.get("ReputationImpact", "NONE")) != "NONE"


class SesTenantTags:
    """`ports.ses.TenantTags` on SESv2. Its lists leave the tags out: each tenant is asked for."""

    def __init__(self, sesv2: "SESV2Client", key: str) -> None:
        self._sesv2 = sesv2
        self._key = key

    def describe(self, tenant: str) -> Described:
        with answers(throttled=ThrottledError, not_found=GoneError):
            found = self._sesv2.get_tenant(TenantName=tenant)["Tenant"]
        policies = (tag["Value"] for tag in found.get("Tags", ()) if tag["Key"] == self._key)
        return Described(found["TenantArn"], next(policies, ""))


class SesAssociations:
    """`ports.ses.Associations` on SESv2. `configuration_sets` is the ARN of an account's sets, without the name."""

    def __init__(self, sesv2: "SESV2Client", configuration_sets: str) -> None:
        self._sesv2 = sesv2
        self._configuration_sets = configuration_sets

    def tenants_of(self, configuration_set: str) -> Sequence[str]:
        arn = f"{self._configuration_sets}{configuration_set}"
        with answers(throttled=ThrottledError, not_found=GoneError):
            pages = self._sesv2.get_paginator("list_resource_tenants").paginate(ResourceArn=arn)
            return [tenant["TenantName"] for page in pages for tenant in page["ResourceTenants"]]


def _status(entity: Any) -> SendingStatus:
    # Both records are absent until somebody writes them.
    customer: Any = entity.get("CustomerManagedStatus", {})
    stamp = customer.get("LastUpdatedTimestamp")
    return SendingStatus(
        aggregate=Sending(entity["SendingStatusAggregate"]),
        customer_managed=_sending(customer),
        ses_managed=_sending(entity.get("AwsSesManagedStatus", {})),
        stamp=stamp.astimezone(UTC) if stamp else None,
        cause=customer.get("Cause", ""),
    )


def _sending(record: Any) -> Sending | None:
    return Sending(record["Status"]) if "Status" in record else None
