"""What Function URLs hand over (payload 2.0) when people and programs visit the pages."""

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from tests.functions.conftest import Context, Handler

FORM = "application/x-www-form-urlencoded"
OLGA = "arn:aws:iam::123456789012:user/olga"


@dataclass(frozen=True, slots=True)
class Shown:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def form_token(self) -> str:
        """The token of the page's forms."""
        found = re.search(r'name="token" value="([^"]+)"', self.body)
        assert found
        return found[1]

    @property
    def json(self) -> Any:
        """What a program reads."""
        return json.loads(self.body)


@dataclass(slots=True)
class Visitor:
    """Somebody before a Function URL; `arn` is who signed, where IAM asks for that."""

    handler: Handler
    arn: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"accept": "text/html,*/*;q=0.8"})

    def get(self, path: str) -> Shown:
        """Open a page."""
        return self._ask("GET", path)

    def head(self, path: str) -> Shown:
        """Ask only whether a page is there, as mail scanners do."""
        return self._ask("HEAD", path)

    def send(self, path: str, **form: str) -> Shown:
        """Send a form, which Lambda hands over in base64."""
        body = urlencode({name.rstrip("_"): text for name, text in form.items()})
        return self._ask("POST", path, FORM, base64.b64encode(body.encode()).decode(), encoded=True)

    def send_plain(self, path: str, body: str) -> Shown:
        """Send a form that is handed over as it is."""
        return self._ask("POST", path, FORM, body)

    def post(self, path: str, body: Any, content_type: str = "application/json") -> Shown:
        """Send JSON, as a program does."""
        return self._ask("POST", path, content_type, json.dumps(body))

    def _ask(self, method: str, path: str, content_type: str = "", body: str = "", *, encoded: bool = False) -> Shown:
        http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"}
        context: dict[str, Any] = {"http": http, "requestId": str(uuid4()), "stage": "$default"}
        if self.arn:
            context["authorizer"] = {"iam": {"userArn": self.arn}}
        headers = self.headers | ({"content-type": content_type} if content_type else {})
        event = {"version": "2.0", "rawPath": path, "rawQueryString": "", "headers": headers, "requestContext": context}
        answer = self.handler(event | {"body": body, "isBase64Encoded": encoded}, Context())
        return Shown(answer["statusCode"], answer["headers"], answer["body"])
