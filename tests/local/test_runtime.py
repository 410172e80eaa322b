"""The process of the embedded AWS: what it leans on, what it leaves behind, what it lets through."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.aws import EmbeddedAws
from local.build import ROOT, RUNTIME_PYTHON
from local.runtime import RuntimeStartError

pytestmark = pytest.mark.embedded

MINISTACK_MODULES = [
    f"ministack_{part}" for part in ("events", "functions", "inside", "resources", "secrets", "states", "streams")
]


def in_runtime(code: str) -> str:
    """Run code in the environment of the embedded AWS and return what it prints."""
    done = subprocess.run(
        [str(RUNTIME_PYTHON), "-c", code], check=True, capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    return done.stdout.strip()


def test_ministack_has_every_private_name_that_we_use() -> None:
    assert in_runtime("from local import ministack_names as names; print(names.missing_names())") == "[]"


def test_a_private_name_that_went_away_is_named() -> None:
    code = (
        "from local import ministack_names as names; from ministack.services import ses_v2;"
        "del ses_v2._tenants; print(names.missing_names())"
    )
    assert in_runtime(code) == "['ministack.services.ses_v2._tenants']"


def test_every_private_name_in_use_is_one_that_is_checked() -> None:
    code = (
        "import inspect, re; from importlib import import_module; from local.ministack_names import PRIVATE_NAMES;"
        "modules = '|'.join(name.rpartition('.')[2] for name in PRIVATE_NAMES);"
        f"texts = [inspect.getsource(import_module('local.' + name)) for name in {MINISTACK_MODULES}];"
        "text = ''.join(texts);"
        r"used = set(re.findall(rf'\b(?:{modules})\.(_?\w+)', text));"
        "checked = {name for names in PRIVATE_NAMES.values() for name in names};"
        "print(sorted(used - checked), sorted(checked - used))"
    )
    assert in_runtime(code) == "[] []"


def test_only_these_modules_know_ministack() -> None:
    """Whatever an update takes away is looked for in one place."""
    knowing = [path.stem for path in sorted((ROOT / "local").rglob("*.py")) if "from ministack" in path.read_text()]
    assert knowing == MINISTACK_MODULES


def test_it_listens_on_the_loopback_interface_alone(embedded_aws: EmbeddedAws) -> None:
    port = f"{int(embedded_aws.endpoint.rpartition(':')[2]):04X}"
    listening = [line.split()[1] for table in ("tcp", "tcp6") for line in _sockets(table) if line.split()[3] == "0A"]
    assert [address for address in listening if address.endswith(f":{port}")] == [f"0100007F:{port}"]


def _sockets(table: str) -> list[str]:
    path = Path("/proc/net") / table
    if not path.exists():
        pytest.skip("sockets are listed in /proc on Linux alone")
    return path.read_text().splitlines()[1:]


def test_a_taken_port_is_a_clear_error(embedded_aws: EmbeddedAws) -> None:
    port = int(embedded_aws.endpoint.rpartition(":")[2])
    with pytest.raises(RuntimeStartError, match=f"Port {port} is taken"):
        EmbeddedAws.start(port=port)


def test_it_ends_and_tidies_up_when_the_process_that_started_it_is_killed() -> None:
    code = (
        "import time; from local.aws import EmbeddedAws\n"
        "with EmbeddedAws.start() as aws: print(aws._process.process.pid, aws.folder, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pid, folder = starter.stdout.readline().split()
        runtime_pid = int(pid)
        assert _is_alive(runtime_pid)
        starter.kill()
    deadline = time.monotonic() + 10
    while _is_alive(runtime_pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(runtime_pid)
    assert not Path(folder).exists()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_leaving_it_removes_its_folder_and_its_processes() -> None:
    with EmbeddedAws.start() as aws:
        pid = aws._process.process.pid
    assert not aws.folder.exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)


def test_any_client_may_play_ses(embedded_aws: EmbeddedAws, new_tenant: Any, received: Any) -> None:
    tags = {"ses:tenant-name": [new_tenant()[0]]}
    entry = {"Source": "aws.ses", "DetailType": "Email Bounced", "Detail": json.dumps({"mail": {"tags": tags}})}
    assert embedded_aws.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    assert [event["detail-type"] for event in received()] == ["Email Bounced"]


@pytest.mark.parametrize("expression", ["rate(1 minute)", "rate(1 hour)", "rate(7 days)", "cron(0 8 * * ? *)"])
def test_a_schedule_fires_when_it_is_told_to(embedded_aws: EmbeddedAws, sqs: Any, expression: str) -> None:
    scheduler, queue = embedded_aws.client("scheduler"), sqs.create_queue(QueueName="schedule")["QueueUrl"]
    create_schedule(scheduler, "often", expression)
    embedded_aws.run_schedules()
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert json.loads(message["Body"]) == {"due": "now"}
    scheduler.delete_schedule(Name="often")
    sqs.delete_queue(QueueUrl=queue)


def test_a_schedule_for_one_moment_fires_then_and_not_before(embedded_aws: EmbeddedAws, sqs: Any) -> None:
    scheduler, queue = embedded_aws.client("scheduler"), sqs.create_queue(QueueName="schedule")["QueueUrl"]
    due = datetime.now(UTC) + timedelta(seconds=3)
    create_schedule(scheduler, "once", f"at({due:%Y-%m-%dT%H:%M:%S})")
    embedded_aws.run_schedules()
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
    scheduler.delete_schedule(Name="once")
    sqs.delete_queue(QueueUrl=queue)


def create_schedule(scheduler: Any, name: str, expression: str) -> None:
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:sqs:us-east-1:000000000000:schedule",
            "RoleArn": "arn:aws:iam::000000000000:role/schedule",
            "Input": json.dumps({"due": "now"}),
        },
    )
