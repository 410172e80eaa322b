"""An SESv2 call as it crosses the wire: its name, its parts, its refusals, its pages."""

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from local.events import Account

Response = tuple[int, dict[str, str], bytes]

STATUS_OF_ERROR = {
    "AccessDeniedException": 403,
    "AlreadyExistsException": 400,
    "BadRequestException": 400,
    "ConcurrentModificationException": 500,
    "ConflictException": 409,
    "InternalServiceErrorException": 500,
    "LimitExceededException": 400,
    "MessageRejected": 400,
    "NotFoundException": 404,
    "SendingPausedException": 400,
    "TooManyRequestsException": 429,
}

_ENTITY = r"/reputation/entities/(?P<entity_type>[^/]+)/(?P<reference>[^/]+)"
# The raw path, because the reference is an ARN whose slashes arrive as %2F.
_PATHS = {
    "GetReputationEntity": ("GET", _ENTITY),
    "ListReputationEntities": ("POST", "/reputation/entities"),
    "UpdateReputationEntityCustomerManagedStatus": ("PUT", _ENTITY + "/customer-managed-status"),
    "UpdateReputationEntityPolicy": ("PUT", _ENTITY + "/policy"),
    "ListRecommendations": ("POST", "/vdm/recommendations"),
    "SendEmail": ("POST", "/outbound-emails"),
    "SendBulkEmail": ("POST", "/outbound-bulk-emails"),
    "CreateTenant": ("POST", "/tenants"),
    "GetTenant": ("POST", "/tenants/get"),
    "ListTenants": ("POST", "/tenants/list"),
    "DeleteTenant": ("POST", "/tenants/delete"),
    "CreateTenantResourceAssociation": ("POST", "/tenants/resources"),
    "DeleteTenantResourceAssociation": ("POST", "/tenants/resources/delete"),
    "ListTenantResources": ("POST", "/tenants/resources/list"),
    "ListResourceTenants": ("POST", "/resources/tenants/list"),
    "GetAccount": ("GET", "/account"),
}
_ROUTES = [(name, method, re.compile(f"/v2/email{path}/?")) for name, (method, path) in _PATHS.items()]
OPERATIONS = tuple(_PATHS)


class SesError(Exception):
    """A refusal in SES's words; the code is the name of SESv2's exception."""

    def __init__(self, code: str, message: str) -> None:
        """Carry the exception's name and its text."""
        super().__init__(code, message)
        self.code = code
        self.message = message

    def response(self) -> Response:
        """Return the answer that boto3 raises as this exception."""
        headers = {"Content-Type": "application/json", "x-amzn-errortype": self.code}
        return STATUS_OF_ERROR.get(self.code, 400), headers, json.dumps({"message": self.message}).encode()


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a named operation."""

    operation: str
    account: Account
    now: datetime
    method: str
    path: str
    body: bytes
    data: dict[str, Any]
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def filters(self) -> dict[str, str]:
        """The members of `Filter`."""
        return self.data.get("Filter") or {}


def parse(*, account: Account, now: datetime, method: str, raw_path: str, body: bytes) -> Call:
    """Name a call; one that this project has no interest in has the operation `""`."""
    data = json_object(body)
    path = unquote(raw_path)
    for operation, verb, pattern in _ROUTES:
        found = pattern.fullmatch(raw_path)
        if found and verb == method:
            parts = {name: unquote(part) for name, part in found.groupdict().items()}
            return Call(operation, account, now, method, path, body, data, parts)
    return Call("", account, now, method, path, body, data)


def json_object(body: bytes) -> dict[str, Any]:
    """Return the object in a body; an empty one where there is none."""
    try:
        data = json.loads(body or b"{}")
    except ValueError:
        raise SesError("BadRequestException", "The request body is not JSON.") from None
    return data if isinstance(data, dict) else {}


def answer(data: dict[str, Any]) -> Response:
    """Return a successful response."""
    return 200, {"Content-Type": "application/json"}, json.dumps(data).encode()


def page(call: Call, name: str, items: list[dict[str, Any]]) -> Response:
    """Return the page of items that the call asks for, with the token of the next one."""
    size = int(call.data.get("PageSize") or 100)
    start = _start_of(call.data.get("NextToken"))
    end = start + size
    token = base64.urlsafe_b64encode(str(end).encode()).decode()
    return answer({name: items[start:end]} | ({"NextToken": token} if end < len(items) else {}))


def _start_of(token: str | None) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError:
        raise SesError("BadRequestException", f"Invalid NextToken: {token}") from None


def require_one_of(value: object, allowed: tuple[str, ...], member: str) -> str:
    """Return the value of a member, or refuse it in SES's words."""
    if value not in allowed:
        raise SesError(
            "BadRequestException",
            f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(allowed)}]",
        )
    return str(value)
