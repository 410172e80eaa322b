"""SES on the wire: the shapes boto3 knows, and what each answer means."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber

from reputation_guard.aws.ses import SesAssociations, SesSendingGate, SesTenantTags
from reputation_guard.domain.sending import MANUALLY_UPDATED, Finding, Sending, SendingStatus
from reputation_guard.ports.errors import GoneError, NoRightError, RefusedError, ThrottledError, UnavailableError
from reputation_guard.ports.ses import Described
from tests.aws.conftest import client
from tests.fakes.builders import ARN

ENTITY = {"ReputationEntityType": "RESOURCE", "ReputationEntityReference": ARN}
SETS = "arn:aws:ses:us-east-1:123456789012:configuration-set/"
STAMP = datetime(2026, 11, 24, 8, 44, 28, 995000, tzinfo=UTC)


@pytest.fixture
def ses() -> Any:
    return client("sesv2")


@pytest.fixture
def stub(ses: Any) -> Iterator[Stubber]:
    """SES's answers, in their order; each has to be asked for, in the documented shape."""
    with Stubber(ses) as answers:
        yield answers
        answers.assert_no_pending_responses()


def entity(**parts: Any) -> dict[str, Any]:
    return {"ReputationEntity": {**ENTITY, "SendingStatusAggregate": "ENABLED", **parts}}


def record(status: str, at: datetime = STAMP) -> dict[str, Any]:
    return {"Status": status, "Cause": "Status manually updated.", "LastUpdatedTimestamp": at}


def test_a_tenants_arn_is_taken_as_ses_writes_it(ses: Any, stub: Stubber) -> None:
    found = {"Tenant": {"TenantName": "shop", "TenantId": "tn-1a2b", "TenantArn": ARN, "SendingStatus": "ENABLED"}}
    stub.add_response("get_tenant", found, {"TenantName": "shop"})
    assert SesSendingGate(ses).arn_of("shop") == ARN


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        # Both records are absent until somebody writes them, and a healthy entity has an impact outside of the model.
        ({"ReputationImpact": "NONE"}, SendingStatus(Sending.ENABLED)),
        (
            {"SendingStatusAggregate": "DISABLED", "CustomerManagedStatus": record("DISABLED")},
            SendingStatus(Sending.DISABLED, Sending.DISABLED, None, STAMP, MANUALLY_UPDATED),
        ),
        (
            {"SendingStatusAggregate": "REINSTATED", "CustomerManagedStatus": record("REINSTATED")},
            SendingStatus(Sending.REINSTATED, Sending.REINSTATED, None, STAMP, MANUALLY_UPDATED),
        ),
        (
            {
                "SendingStatusAggregate": "DISABLED",
                "CustomerManagedStatus": record("ENABLED"),
                "AwsSesManagedStatus": record("DISABLED", STAMP + timedelta(days=1)),
                "ReputationImpact": "HIGH",
            },
            SendingStatus(Sending.DISABLED, Sending.ENABLED, Sending.DISABLED, STAMP, MANUALLY_UPDATED),
        ),
        # A record of SES's own says nothing about a person's hand.
        (
            {"SendingStatusAggregate": "DISABLED", "AwsSesManagedStatus": record("DISABLED")},
            SendingStatus(Sending.DISABLED, None, Sending.DISABLED, None),
        ),
        ({"CustomerManagedStatus": {}, "AwsSesManagedStatus": {}}, SendingStatus(Sending.ENABLED)),
    ],
)
def test_a_sending_status_is_read_with_both_its_parts(
    ses: Any, stub: Stubber, parts: dict[str, Any], status: SendingStatus
) -> None:
    stub.add_response("get_reputation_entity", entity(**parts), ENTITY)
    assert SesSendingGate(ses).look(ARN) == status


def test_a_stamp_is_kept_in_utc(ses: Any, stub: Stubber) -> None:
    """It is compared with the one that was stored, whatever zone the machine is in."""
    local = STAMP.astimezone(timezone(timedelta(hours=5)))
    stub.add_response("get_reputation_entity", entity(CustomerManagedStatus=record("DISABLED", local)), ENTITY)
    found = SesSendingGate(ses).look(ARN).stamp
    assert found == STAMP
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("act", "sending"),
    [
        (lambda gate: gate.shut(ARN), "DISABLED"),
        (lambda gate: gate.open(ARN, despite_findings=False), "ENABLED"),
        (lambda gate: gate.open(ARN, despite_findings=True), "REINSTATED"),
    ],
)
def test_the_customer_managed_status_is_set(
    ses: Any, stub: Stubber, act: Callable[[SesSendingGate], None], sending: str
) -> None:
    stub.add_response("update_reputation_entity_customer_managed_status", {}, {**ENTITY, "SendingStatus": sending})
    act(SesSendingGate(ses))


def recommendation(kind: str, status: str, impact: str = "HIGH") -> dict[str, Any]:
    return {"ResourceArn": ARN, "Type": kind, "Description": f"About {kind}.", "Status": status, "Impact": impact}


def test_open_findings_are_read_from_every_page(ses: Any, stub: Stubber) -> None:
    """ListRecommendations has no paginator, and takes one filter: those that are not open are left out here."""
    asked = {"Filter": {"RESOURCE_ARN": ARN}, "PageSize": 100}
    first = [recommendation("BOUNCE", "OPEN"), recommendation("COMPLAINT", "FIXED")]
    stub.add_response("list_recommendations", {"Recommendations": first, "NextToken": "t-1"}, asked)
    stub.add_response(
        "list_recommendations", {"Recommendations": [], "NextToken": "t-2"}, {**asked, "NextToken": "t-1"}
    )
    last = {"Recommendations": [recommendation("IP_LISTING", "OPEN", "LOW")]}
    stub.add_response("list_recommendations", last, {**asked, "NextToken": "t-2"})
    assert SesSendingGate(ses).findings(ARN) == (
        Finding("BOUNCE", "HIGH", "About BOUNCE."),
        Finding("IP_LISTING", "LOW", "About IP_LISTING."),
    )


def test_a_finding_may_lack_its_words(ses: Any, stub: Stubber) -> None:
    stub.add_response("list_recommendations", {"Recommendations": [{"Status": "OPEN"}]})
    assert SesSendingGate(ses).findings(ARN) == (Finding("", "", ""),)


def test_a_set_is_asked_for_by_its_arn_and_all_its_tenants_are_read(ses: Any, stub: Stubber) -> None:
    asked = {"ResourceArn": f"{SETS}shop-mail"}
    stub.add_response("list_resource_tenants", {"ResourceTenants": [{"TenantName": "shop"}], "NextToken": "t-1"}, asked)
    stub.add_response(
        "list_resource_tenants", {"ResourceTenants": [{"TenantName": "news"}]}, {**asked, "NextToken": "t-1"}
    )
    assert SesAssociations(ses, SETS).tenants_of("shop-mail") == ["shop", "news"]


def test_a_set_nobody_is_associated_with_has_no_tenants(ses: Any, stub: Stubber) -> None:
    stub.add_response("list_resource_tenants", {"ResourceTenants": []})
    assert SesAssociations(ses, SETS).tenants_of("shop-mail") == []


CALLS: dict[str, Callable[[Any], object]] = {
    "get_tenant": lambda aws: SesSendingGate(aws).arn_of("shop"),
    "get_reputation_entity": lambda aws: SesSendingGate(aws).look(ARN),
    "update_reputation_entity_customer_managed_status": lambda aws: SesSendingGate(aws).shut(ARN),
    "list_recommendations": lambda aws: SesSendingGate(aws).findings(ARN),
    "list_resource_tenants": lambda aws: SesAssociations(aws, SETS).tenants_of("shop-mail"),
}


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    "answer",
    [
        ("TooManyRequestsException", 429, ThrottledError),
        ("ThrottlingException", 400, ThrottledError),
        ("LimitExceededException", 400, ThrottledError),
        # Where the same call may succeed in a moment.
        ("ConflictException", 409, UnavailableError),
        ("ConcurrentModificationException", 500, UnavailableError),
        ("InternalServiceErrorException", 500, UnavailableError),
        ("ServiceUnavailable", 503, UnavailableError),
        # Where it would not.
        ("BadRequestException", 400, RefusedError),
        ("AccessDeniedException", 403, NoRightError),
    ],
)
def test_an_error_of_ses_says_what_can_be_done_about_it(
    ses: Any, stub: Stubber, operation: str, answer: tuple[str, int, type[Exception]]
) -> None:
    code, status, raised = answer
    stub.add_client_error(operation, code, "these are SES's words", http_status_code=status)
    with pytest.raises(raised) as error:
        CALLS[operation](ses)
    assert error.type is raised
    if issubclass(raised, RefusedError):
        assert error.value.args == (code, "these are SES's words")


@pytest.mark.parametrize(
    ("operation", "raised"),
    [
        ("get_tenant", GoneError),
        ("list_resource_tenants", GoneError),
        ("get_reputation_entity", RefusedError),
        ("update_reputation_entity_customer_managed_status", RefusedError),
    ],
)
def test_only_what_is_asked_for_by_its_name_can_be_gone(
    ses: Any, stub: Stubber, operation: str, raised: type[Exception]
) -> None:
    """The ARN on record may be an old one: that SES does not know it says nothing of the tenant."""
    stub.add_client_error(operation, "NotFoundException", "these are SES's words", http_status_code=404)
    with pytest.raises(raised) as error:
        CALLS[operation](ses)
    assert error.type is raised


def test_where_ses_finds_no_recommendations_there_are_no_findings(ses: Any, stub: Stubber) -> None:
    stub.add_client_error("list_recommendations", "NotFoundException", "no such resource", http_status_code=404)
    assert SesSendingGate(ses).findings(ARN) == ()


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("timeout", [ConnectTimeoutError, ReadTimeoutError])
def test_an_answer_that_does_not_come_may_come_later(
    ses: Any, operation: str, timeout: Callable[..., Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any, **__: Any) -> None:
        raise timeout(endpoint_url="https://email.us-east-1.amazonaws.com")

    monkeypatch.setattr(ses, "_make_api_call", silent)
    with pytest.raises(UnavailableError) as error:
        CALLS[operation](ses)
    assert error.type is UnavailableError


@pytest.mark.parametrize(
    ("tags", "policy"),
    [
        ([{"Key": "team", "Value": "shops"}, {"Key": "guard-policy", "Value": "free"}], "free"),
        ([{"Key": "team", "Value": "free"}], ""),
        ([], ""),
        (None, ""),
    ],
)
def test_the_policy_of_a_tenant_is_read_from_its_tag(ses: Any, stub: Stubber, tags: Any, policy: str) -> None:
    found = {"TenantName": "shop", "TenantArn": ARN} | ({} if tags is None else {"Tags": tags})
    stub.add_response("get_tenant", {"Tenant": found}, {"TenantName": "shop"})
    assert SesTenantTags(ses, "guard-policy").describe("shop") == Described(ARN, policy)
