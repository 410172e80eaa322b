"""The script that local/README.md shows to somebody else works as it stands there, but for the port."""

import json
import re
import subprocess
import sys

from local.build import ROOT
from reputation_guard.domain.tenant import ACCOUNT
from tests.e2e.account import Account


def test_the_script_in_the_readme_sees_pause_decision_and_notice(account: Account) -> None:
    """A boto3 script of somebody else's is all it takes: a tenant, events in the documented shapes, and a look."""
    readme = (ROOT / "local" / "README.md").read_text(encoding="utf-8")
    script = next(block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "import boto3" in block)
    script, number = re.subn(r"http://127\.0\.0\.1:\d+", account.aws.endpoint, script)
    assert number == 1
    hear_of_the_account_first(account)
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("DISABLED {'Status': 'DISABLED'")
    assert "decision#" in done.stdout
    assert "'strength'" in done.stdout
    assert "Tenant acme was paused" in done.stdout


def hear_of_the_account_first(account: Account) -> None:
    """On a fresh `make local` the account's own page is there before the tenant's; here it was told long ago."""
    url = account.sqs.create_queue(QueueName="pages")["QueueUrl"]
    attributes = {"tenant": {"Type": "String", "Value": ACCOUNT}}
    body = {"Message": "The account is over a line.", "MessageAttributes": attributes}
    account.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))
