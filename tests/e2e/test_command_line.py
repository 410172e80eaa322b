"""An operator at the command line: IAM proves what he says by the URL, and the console shows him the list."""

import http.cookiejar
import threading
import urllib.request
from collections.abc import Callable

import pytest
from typer.testing import Result

from cli.account import Account as AwsAccount
from cli.console.proxy import Proxy
from tests.e2e.account import Account
from tests.e2e.incidents import Incidents
from tests.e2e.waiting import eventually


def test_an_acknowledgement_at_the_command_line_is_proved_by_iam(
    account: Account, command_line: Callable[..., Result]
) -> None:
    incidents = Incidents(account)
    incident = incidents.stopped(incidents.new_tenant("typed"))
    result = command_line("ack", incident.tenant, "--note", "on it")
    assert result.exit_code == 0, result.output
    answered = eventually(lambda: incidents.again(incident).answer, "an answer")
    assert answered.proved
    assert answered.by.startswith("arn:aws:iam::")


def test_a_resume_at_the_command_line_is_proved_by_iam(account: Account, command_line: Callable[..., Result]) -> None:
    incidents = Incidents(account)
    tenant = incidents.new_tenant("resumed-by-hand")
    incident = incidents.stopped(tenant)
    result = command_line("resume", "--incident", incident.id, "--reason", "the list was cleaned", "--yes")
    assert result.exit_code == 0, result.output
    assert "sends again" in result.output
    assert account.entity(tenant)["SendingStatusAggregate"] == "ENABLED"
    resumed = account.book.decisions(tenant.name)[-1].decision
    assert resumed.operator_proved


@pytest.mark.usefixtures("command_line")
def test_the_console_shows_the_list_through_its_proxy_to_who_has_its_address(account: Account) -> None:
    incidents = Incidents(account)
    incident = incidents.stopped(incidents.new_tenant("listed"))
    proxy = Proxy(account.aws.outputs["OperatorsUrl"], AwsAccount())
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        browser.addheaders = [("Accept", "text/html")]
        shown = browser.open(proxy.address, timeout=30).read().decode()
        assert f'href="/incidents/{incident.id}"' in shown
    finally:
        proxy.shutdown()
        proxy.server_close()
