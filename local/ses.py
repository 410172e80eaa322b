"""SES's reputation entities and recommendations, which MiniStack lacks. The tenants are the entities."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local import events
from local import ministack_inside as inside
from local.calls import Call, Response, SesError, answer, page, require_one_of
from local.reputation import POLICIES, SENDING_STATUSES, Finding, ManagedStatus, Reputation


@dataclass(slots=True)
class Ses:
    """The reputation side of SES: every tenant's reputation, by ARN, and whether its events go out."""

    reputations: dict[str, Reputation] = field(default_factory=dict)
    status_events: bool = True

    def reputation(self, tenant_name: str) -> Reputation:
        """Return a tenant's reputation."""
        tenant = inside.tenants().get(tenant_name)
        if tenant is None:
            raise SesError("NotFoundException", f"The requested tenant <{tenant_name}> does not exist.")
        return self._of(tenant)

    def all_reputations(self) -> list[Reputation]:
        """Return the reputations of all tenants by name."""
        return [self._of(tenant) for _, tenant in sorted(inside.tenants().items())]

    def by_reference(self, call: Call) -> Reputation:
        """Return the reputation that a call's path names by type and ARN."""
        require_one_of(call.parts["entity_type"], ("RESOURCE",), "reputationEntityType")
        reference = call.parts["reference"]
        for reputation in self.all_reputations():
            if reputation.tenant_arn == reference:
                return reputation
        # The Update calls model no NotFoundException.
        code = "NotFoundException" if call.method == "GET" else "BadRequestException"
        raise SesError(code, f"Reputation entity <{reference}> does not exist.")

    def write_customer_status(
        self, reputation: Reputation, status: ManagedStatus, origin: str = "CUSTOMER_MANAGED"
    ) -> None:
        """Change the customer-managed status, and tell the default bus."""
        reputation.customer = status
        self._tell(reputation, status, origin)

    def write_ses_status(self, reputation: Reputation, status: ManagedStatus) -> None:
        """Change SES's own status, which no customer can lift, and tell the default bus."""
        reputation.ses = status
        self._tell(reputation, status, "AWS_MANAGED")

    def lose_customer_status(self, reputation: Reputation) -> None:
        """Forget the customer-managed status and tell nobody, so that reconciling can be tried."""
        reputation.customer = None
        inside.show_sending_status(reputation.tenant_arn.split("/")[1], reputation.aggregate)

    def open_finding(self, reputation: Reputation, finding: Finding, *, may_pause: bool = True) -> None:
        """Open a finding; as on SES, the reputation policy may pause the tenant for it."""
        reputation.findings.append(finding)
        self._tell_finding(reputation, finding)
        if may_pause and reputation.pauses_on(finding.impact) and reputation.aggregate != "DISABLED":
            cause = f"Paused by the {reputation.policy} reputation policy: {finding.description}"
            self.write_customer_status(
                reputation, ManagedStatus("DISABLED", finding.updated_at, cause[:512]), "AWS_MANAGED"
            )

    def resolve_finding(self, reputation: Reputation, finding_type: str, now: datetime) -> None:
        """Resolve a finding; the last one turns REINSTATED back into ENABLED."""
        finding = reputation.open_finding(finding_type)
        if finding is None:
            raise SesError("NotFoundException", f"No open {finding_type} finding.")
        finding.is_open, finding.updated_at = False, now
        self._tell_finding(reputation, finding)
        reinstated = reputation.customer is not None and reputation.customer.status == "REINSTATED"
        if reinstated and reputation.impact == "NONE":
            self.write_customer_status(
                reputation, ManagedStatus("ENABLED", now, "All findings are resolved."), "AWS_MANAGED"
            )

    def _of(self, tenant: dict[str, Any]) -> Reputation:
        arn = tenant["TenantArn"]
        if arn not in self.reputations:
            created = datetime.fromtimestamp(tenant["CreatedTimestamp"], UTC)
            self.reputations[arn] = Reputation(arn, arn.split(":")[3], ManagedStatus("ENABLED", created))
        return self.reputations[arn]

    def _tell(self, reputation: Reputation, status: ManagedStatus, origin: str) -> None:
        inside.show_sending_status(reputation.tenant_arn.split("/")[1], reputation.aggregate)
        self._publish(
            events.sending_status(
                reputation.tenant_arn,
                status=status.status,
                cause=status.cause or "Status manually updated.",
                origin=origin,
                at=status.updated_at,
            )
        )

    def _tell_finding(self, reputation: Reputation, finding: Finding) -> None:
        self._publish(
            events.finding(
                reputation.tenant_arn,
                finding_type=finding.finding_type,
                impact=finding.impact,
                description=finding.description,
                at=finding.updated_at,
                resolved=not finding.is_open,
            )
        )

    def _publish(self, event: events.Event) -> None:
        # SES's events are best effort: a switch loses them, so that reconciling can be tried.
        if self.status_events:
            inside.publish(event)


def respond(ses: Ses, call: Call) -> Response | None:
    """Answer a call about reputation; None for any other."""
    operation = _OPERATIONS.get(call.operation)
    return operation(ses, call) if operation else None


def _get_entity(ses: Ses, call: Call) -> Response:
    return answer({"ReputationEntity": ses.by_reference(call).shape()})


def _list_entities(ses: Ses, call: Call) -> Response:
    tests: dict[str, Callable[[Reputation, str], bool]] = {
        "ENTITY_TYPE": lambda _, wanted: wanted == "RESOURCE",
        "REPUTATION_IMPACT": lambda reputation, wanted: reputation.impact == wanted,
        "SENDING_STATUS": lambda reputation, wanted: reputation.aggregate == wanted,
        "ENTITY_REFERENCE_PREFIX": lambda reputation, wanted: reputation.tenant_arn.startswith(wanted),
    }
    for name in call.filters:
        require_one_of(name, tuple(tests), "filter")
    found = [
        reputation.shape()
        for reputation in ses.all_reputations()
        if all(tests[name](reputation, wanted) for name, wanted in call.filters.items())
    ]
    return page(call, "ReputationEntities", found)


def _update_customer_managed_status(ses: Ses, call: Call) -> Response:
    reputation = ses.by_reference(call)
    status = require_one_of(call.data.get("SendingStatus"), SENDING_STATUSES, "sendingStatus")
    ses.write_customer_status(reputation, ManagedStatus(status, call.now, "Status manually updated."))
    return answer({})


def _update_policy(ses: Ses, call: Call) -> Response:
    reputation = ses.by_reference(call)
    prefix, _, policy = str(call.data.get("ReputationEntityPolicy")).rpartition("/")
    if policy not in POLICIES or not prefix.endswith(":aws:reputation-policy"):
        raise SesError("BadRequestException", "ReputationEntityPolicy is not the ARN of a reputation policy.")
    reputation.policy = policy
    return answer({})


def _list_recommendations(ses: Ses, call: Call) -> Response:
    names = set(call.filters)
    for name in names:
        require_one_of(name, ("TYPE", "IMPACT", "STATUS", "RESOURCE_ARN"), "filter")
    if len(names) > 1 and names not in ({"STATUS", "IMPACT"}, {"STATUS", "TYPE"}):
        raise SesError(
            "BadRequestException", "Use an individual filter, or combine STATUS with IMPACT, or STATUS with TYPE."
        )
    members = {"TYPE": "Type", "IMPACT": "Impact", "STATUS": "Status", "RESOURCE_ARN": "ResourceArn"}
    shapes = [
        finding.shape(reputation.tenant_arn) for reputation in ses.all_reputations() for finding in reputation.findings
    ]
    found = [shape for shape in shapes if all(shape[members[name]] == wanted for name, wanted in call.filters.items())]
    return page(call, "Recommendations", found)


_OPERATIONS: dict[str, Callable[[Ses, Call], Response]] = {
    "GetReputationEntity": _get_entity,
    "ListReputationEntities": _list_entities,
    "UpdateReputationEntityCustomerManagedStatus": _update_customer_managed_status,
    "UpdateReputationEntityPolicy": _update_policy,
    "ListRecommendations": _list_recommendations,
}
