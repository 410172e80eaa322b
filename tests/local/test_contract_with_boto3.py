"""Every SESv2 answer of the embedded AWS against boto3's own model of SESv2."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws import EmbeddedAws
from local.calls import OPERATIONS

pytestmark = pytest.mark.embedded

NewTenant = Callable[[], tuple[str, str]]

JSON_TYPE_OF: dict[str, Any] = {
    "string": str,
    "timestamp": (int, float),
    "boolean": bool,
    "integer": int,
    "long": int,
    "double": (int, float),
    "list": list,
    "map": dict,
    "structure": dict,
}
# What the real SES answers for a healthy tenant, and its model does not list.
BEYOND_THE_MODEL = {"NONE"}


def differences(shape: Any, value: Any, where: str) -> Iterator[str]:
    """Yield where a value is not what the model says."""
    if not isinstance(value, JSON_TYPE_OF[shape.type_name]):
        yield f"{where} is {value!r}, not a {shape.type_name}"
    elif shape.type_name == "structure":
        yield from (f"{where}.{name} is unknown" for name in value.keys() - shape.members.keys())
        for name in value.keys() & shape.members.keys():
            yield from differences(shape.members[name], value[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            yield from differences(shape.member, item, f"{where}[{index}]")
    elif shape.type_name == "string" and shape.enum and value not in {*shape.enum, *BEYOND_THE_MODEL}:
        yield f"{where} is {value!r}, not one of {shape.enum}"


@pytest.fixture
def tenant(ses: Any, new_tenant: NewTenant) -> dict[str, str]:
    """A tenant with everything that a call can name."""
    name, arn = new_tenant()
    account = arn.rpartition(":tenant/")[0]
    ses.create_configuration_set(ConfigurationSetName=name)
    ses.create_email_identity(EmailIdentity="example.com")
    for resource in ("identity/example.com", f"configuration-set/{name}"):
        ses.create_tenant_resource_association(TenantName=name, ResourceArn=f"{account}:{resource}")
    return {"name": name, "arn": arn, "set": f"{account}:configuration-set/{name}"}


def calls(tenant: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return the arguments of a successful call of every operation, in an order that works."""
    entity = {"ReputationEntityType": "RESOURCE", "ReputationEntityReference": tenant["arn"]}
    named = {"TenantName": tenant["name"]}
    content = {"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "Hi"}}}}
    sender = {"FromEmailAddress": "sender@example.com"}
    to = {"Destination": {"ToAddresses": ["someone@example.org"]}}
    template = {"Template": {"TemplateContent": {"Subject": "Hi", "Text": "Hi"}, "TemplateData": "{}"}}
    return {
        "CreateTenant": {"TenantName": tenant["name"] + "-2", "Tags": [{"Key": "k", "Value": "v"}]},
        "GetTenant": named,
        "ListTenants": {"PageSize": 1},
        "CreateTenantResourceAssociation": {"TenantName": tenant["name"] + "-2", "ResourceArn": tenant["set"]},
        "ListTenantResources": named,
        "ListResourceTenants": {"ResourceArn": tenant["set"]},
        "DeleteTenantResourceAssociation": {"TenantName": tenant["name"] + "-2", "ResourceArn": tenant["set"]},
        "UpdateReputationEntityPolicy": entity
        | {"ReputationEntityPolicy": "arn:aws:ses:us-east-1:aws:reputation-policy/strict"},
        "UpdateReputationEntityCustomerManagedStatus": entity | {"SendingStatus": "REINSTATED"},
        "GetReputationEntity": entity,
        "ListReputationEntities": {"PageSize": 1},
        "ListRecommendations": {"Filter": {"RESOURCE_ARN": tenant["arn"]}, "PageSize": 1},
        "SendEmail": sender | to | named | {"Content": content},
        "SendBulkEmail": sender | named | {"DefaultContent": template, "BulkEmailEntries": [to]},
        "GetAccount": {},
        "DeleteTenant": {"TenantName": tenant["name"] + "-2"},
    }


def test_every_answer_has_the_shape_that_boto3_knows(
    embedded_aws: EmbeddedAws, ses: Any, tenant: dict[str, str]
) -> None:
    for finding in ("BOUNCE", "COMPLAINT"):
        embedded_aws.control("/_ses/findings", TenantName=tenant["name"], Type=finding)
    bodies: list[bytes] = []
    ses.meta.events.register("before-parse.sesv2", lambda response_dict, **_: bodies.append(response_dict["body"]))
    found: list[str] = []
    for operation, arguments in calls(tenant).items():
        getattr(ses, method_of(ses, operation))(**arguments)
        shape = ses.meta.service_model.operation_model(operation).output_shape
        found += differences(shape, json.loads(bodies[-1]), operation)
    assert found == []
    assert set(calls(tenant)) == set(OPERATIONS)


def method_of(ses: Any, operation: str) -> str:
    """Return the name of boto3's method for an operation."""
    names: dict[str, str] = ses.meta.method_to_api_mapping
    return next(method for method, name in names.items() if name == operation)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_refusal_is_an_exception_that_boto3_models(
    embedded_aws: EmbeddedAws, ses: Any, tenant: dict[str, str], operation: str
) -> None:
    model = ses.meta.service_model.operation_model(operation)
    for error in (shape.name for shape in model.error_shapes if shape.name in STATUSES):
        embedded_aws.control("/_ses/refusals", Operation=operation, Error=error)
        with pytest.raises(getattr(ses.exceptions, error)) as refusal:
            getattr(ses, method_of(ses, operation))(**calls(tenant)[operation])
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == STATUSES[error]


STATUSES = {
    "BadRequestException": 400,
    "ConflictException": 409,
    "NotFoundException": 404,
    "TooManyRequestsException": 429,
}


def test_an_unknown_entity_is_not_found_when_read_and_a_bad_request_when_written(ses: Any) -> None:
    entity = {
        "ReputationEntityType": "RESOURCE",
        "ReputationEntityReference": "arn:aws:ses:us-east-1:000000000000:tenant/nobody/tn-0",
    }
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.get_reputation_entity(**entity)
    with pytest.raises(ses.exceptions.BadRequestException):
        ses.update_reputation_entity_customer_managed_status(**entity, SendingStatus="DISABLED")


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("list_reputation_entities", {"NextToken": "not a token"}),
        ("list_reputation_entities", {"Filter": {"COLOUR": "red"}}),
        ("list_recommendations", {"Filter": {"TYPE": "BOUNCE", "IMPACT": "HIGH"}}),
    ],
)
def test_a_senseless_question_is_a_bad_request(ses: Any, method: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ses.exceptions.BadRequestException):
        getattr(ses, method)(**arguments)


def test_a_status_that_does_not_exist_is_a_bad_request(ses: Any, tenant: dict[str, str]) -> None:
    with pytest.raises(ClientError, match=r"Member must satisfy enum value set: \[ENABLED, REINSTATED, DISABLED\]"):
        ses.update_reputation_entity_customer_managed_status(
            ReputationEntityType="RESOURCE", ReputationEntityReference=tenant["arn"], SendingStatus="PAUSED"
        )


def test_a_sets_event_destinations_are_read_back(ses: Any, tenant: dict[str, str]) -> None:
    destination = {
        "Enabled": True,
        "MatchingEventTypes": ["BOUNCE", "SEND"],
        "EventBridgeDestination": {"EventBusArn": "arn:aws:events:us-east-1:000000000000:event-bus/default"},
    }
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=tenant["name"], EventDestinationName="bus", EventDestination=destination
    )
    found = ses.get_configuration_set_event_destinations(ConfigurationSetName=tenant["name"])["EventDestinations"]
    assert found == [{"Name": "bus"} | destination]
