"""The AWS account a command talks to: clients, names, and commands a person can paste."""

import os
import shlex
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError, ProfileNotFound
from pydantic import ValidationError

from reputation_guard.ports.errors import RefusedError, UnavailableError

# A person waits for the answer: give up sooner than the SDK would, and ride out a throttled call.
_PATIENCE = Config(connect_timeout=5, read_timeout=35, retries={"mode": "standard", "max_attempts": 4})
_LINE = 72


class CannotRunError(Exception):
    """The command cannot run at all; the text says why and what to do, in one line."""


class Account:
    """An AWS account in one region, found the usual AWS ways."""

    def __init__(self, profile: str | None = None, region: str | None = None) -> None:
        self._profile = profile
        try:
            self._session = boto3.Session(profile_name=profile, region_name=region or os.environ.get("AWS_REGION"))
        except ProfileNotFound as error:
            raise CannotRunError(in_one_line(error)) from error
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The boto3 client of a service."""
        if service not in self._clients:
            create: Any = self._session.client
            self._clients[service] = create(service, config=_PATIENCE)
        return self._clients[service]

    def signed(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """The headers of a request to a function URL, with those that prove whose credentials sent it (SigV4)."""
        credentials = self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers or {}))
        SigV4Auth(credentials.get_frozen_credentials(), "lambda", self.region).add_auth(request)
        return dict(request.headers.items())

    def way_to(self, url: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Where a function URL is reached, and with which headers.

        What stands in for AWS (AWS_ENDPOINT_URL) has its function URLs as well, told apart by their hosts.
        """
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        if not endpoint:
            return url, dict(headers)
        parts = urlsplit(url)
        return urlunsplit((*urlsplit(endpoint)[:2], parts.path, parts.query, "")), {**headers, "Host": parts.netloc}

    @cached_property
    def region(self) -> str:
        """The region in force."""
        if not self._session.region_name:
            raise CannotRunError(in_one_line(NoRegionError()))
        return str(self._session.region_name)

    @property
    def is_aws_itself(self) -> bool:
        """Whether SES is the real one, which takes about one call a second, and not an embedded one."""
        host = self.client("sesv2").meta.endpoint_url.partition("://")[2].partition("/")[0]
        return ".amazonaws.com" in host or ".api.aws" in host

    def command(self, verb: str, *options: str) -> str:
        """An `aws` command that can be pasted into a shell as it stands, broken into lines where it is long."""
        words = [f"aws {verb}", *options, f"--region {self.region}"]
        if self._profile:
            words.append(f"--profile {shlex.quote(self._profile)}")
        line = " ".join(words)
        return line if len(line) <= _LINE and "\n" not in line else " \\\n  ".join(words)


def in_one_line(error: BaseException) -> str:
    """What went wrong, for a person, in one line."""
    if isinstance(error, (UnavailableError, RefusedError)) and error.__cause__:
        return in_one_line(error.__cause__)
    match error:
        case NoCredentialsError():
            text = "No AWS credentials were found. Log in (aws sso login, aws configure), or name a --profile."
        case NoRegionError():
            text = "No AWS region is set. Name one with --region, or set AWS_REGION."
        case ProfileNotFound():
            text = f"{error}. `aws configure list-profiles` names those there are."
        case ClientError():
            answer: Any = error.response.get("Error", {})
            text = f"AWS refused {error.operation_name}: {answer.get('Code', '?')}: {answer.get('Message', '')}"
        case BotoCoreError() | CannotRunError():
            text = str(error)
        case ValidationError():
            text = f"The book holds a record this version of guard cannot read ({error.error_count()} fields differ)."
        case _:
            text = f"{type(error).__name__}: {error}"
    return " ".join(text.split())
