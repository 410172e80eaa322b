"""An AWS of one's own, for `make local`, the demo and the end-to-end tests.

For example:

    with EmbeddedAws.start() as aws:
        aws.deploy({"Mode": "enforce"})
        aws.client("sesv2").create_tenant(TenantName="acme")
        print(aws.outputs["BookTable"])
"""

import json
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config
from samtranslator.yaml_helper import yaml_parse

from local import build, runtime, urls

REGION = "us-east-1"
STACK = "reputation-guard"
BUCKET = "reputation-guard-build"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": REGION}


class ControlError(Exception):
    """A control path refused; the text says why."""


class EmbeddedAws:
    """A running embedded AWS and the stack in it. Leaving the `with` ends every process and removes its folder."""

    def __init__(self, process: runtime.RuntimeProcess, folder: Path) -> None:
        """Wrap a running process; `start` is the way to get one."""
        self._process = process
        self.folder = folder
        self.outputs: dict[str, str] = {}

    @classmethod
    def start(cls, *, port: int | None = None) -> Self:
        """Start one on a port, or on a free one. Any number may run at once."""
        folder = Path(tempfile.mkdtemp(prefix="reputation-guard-"))
        try:
            return cls(runtime.start(folder, port), folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @property
    def endpoint(self) -> str:
        """The URL for `endpoint_url` of any boto3 client, or for AWS_ENDPOINT_URL."""
        return self._process.endpoint

    @property
    def log(self) -> Path:
        """What the runtime and the functions printed."""
        return self._process.log

    @property
    def is_running(self) -> bool:
        """Whether the runtime still runs."""
        return self._process.process.poll() is None

    def last_words(self) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])

    def deploy(
        self,
        parameters: Mapping[str, str] | None = None,
        *,
        template: Path = build.ROOT / "template.yaml",
        build_folder: Path = build.ROOT / ".local" / "build",
        warm: bool = True,
    ) -> dict[str, str]:
        """Build and deploy a template, or update the stack, and return the stack's outputs.

        What `parameters` leaves out is as in the local environment of samconfig.toml.

        `warm` starts the functions' processes, so that the first event does not wait for them.
        """
        self.client("s3").create_bucket(Bucket=BUCKET)
        with build.built(template, build_folder) as built:
            self._sam_deploy(built, {**build.local_parameters(), **build.Host().parameters(), **(parameters or {})})
            self._reserve_concurrency(built)
        stack = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        if warm:
            self.control("/_local/warm")
        return self.outputs

    def client(self, service: str, **config: Any) -> Any:
        """Return a boto3 client of a service; `config` goes to botocore's Config."""
        create: Any = boto3.Session().client
        return create(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(**config) if config else None,
        )

    def on_this_machine(self, function_url: str) -> str:
        """Return where a browser on this machine opens a function URL of the stack's outputs: below `localhost`."""
        return urls.on_this_machine(function_url, self._process.port)

    def control(self, path: str, **body: object) -> dict[str, Any]:
        """Call one of the paths that only the embedded AWS has, such as `/_ses/findings`."""
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + path, data, method="POST")  # noqa: S310 -- loopback
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 -- loopback
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            raise ControlError(json.load(error)["message"]) from error

    def publish(self, *events: Mapping[str, Any]) -> None:
        """Put whole events on the default bus, with the ids and times they carry."""
        self.control("/_ses/events", Events=list(events))

    def run_schedules(self) -> None:
        """Make every schedule fire now instead of within its minute."""
        self.control("/_local/schedules")

    def stop(self) -> None:
        """End every process and remove the run's folder. Twice is once."""
        self._process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        """Return itself; it is running already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, whatever happened."""
        self.stop()

    def _reserve_concurrency(self, built: Path) -> None:
        """Reserve what the template reserves: MiniStack's CloudFormation leaves it out."""
        resources = yaml_parse(built.read_text(encoding="utf-8"))["Resources"]
        for logical_id, resource in resources.items():
            reserved = resource.get("Properties", {}).get("ReservedConcurrentExecutions")
            # What hangs on a parameter is not reserved here: nobody floods this machine.
            if isinstance(reserved, int):
                found = self.client("cloudformation").describe_stack_resource(
                    StackName=STACK, LogicalResourceId=logical_id
                )
                self.client("lambda").put_function_concurrency(
                    FunctionName=found["StackResourceDetail"]["PhysicalResourceId"],
                    ReservedConcurrentExecutions=reserved,
                )

    def _sam_deploy(self, built: Path, parameters: Mapping[str, str]) -> None:
        command = [str(build.SAM), "deploy", "--template-file", str(built), "--stack-name", STACK]
        command += ["--s3-bucket", BUCKET, "--region", REGION, "--no-confirm-changeset", "--no-fail-on-empty-changeset"]
        command += ["--no-progressbar", "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
        command += ["--parameter-overrides", *build.overrides(dict(parameters))]
        environment = build.sam_environment() | CREDENTIALS | {"AWS_ENDPOINT_URL": self.endpoint}
        build.run("sam deploy", command, self.folder / "deploy.log", environment)
