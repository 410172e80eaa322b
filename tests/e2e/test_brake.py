"""The brake on the deployed template: many tenants turn bad in one minute, and people decide about most of them."""

import json
from collections.abc import Iterator

import pytest

from reputation_guard.aws.brake import BrakeTable
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.incident import Outcome, account_subject
from reputation_guard.domain.tenant import ACCOUNT, Standing
from tests.e2e.account import Account, SesTenant
from tests.e2e.conftest import Guard
from tests.e2e.incidents import Incidents
from tests.e2e.traffic import AT_ONCE, bounces, now
from tests.e2e.waiting import eventually
from tests.fakes.builders import BRAKE

ALLOWED = BRAKE.least
WHY = ("--reason", "looked at each of them", "--operator", "Olga Operator")


@pytest.fixture
def page(account: Account, guard: Guard) -> Iterator[BrakeTable]:
    """The brake's page. The other tests have paused tenants too, and their pauses are let be; afterwards it is off."""
    page = BrakeTable(account.dynamodb, account.aws.outputs["BookTable"])
    so_far = page.brake().paused(now())
    rules = {"BRAKE_LEAST": str(so_far + ALLOWED), "BRAKE_PERCENT": "0"}
    # Both judge: the one when feedback grew, the other when it is time.
    with account.environment("EvaluateFunction", **rules), account.environment("ReviewFunction", **rules):
        yield page
    guard("brake", "drop", "--all", *WHY)
    account.aws.run_schedules()


def turn_bad(account: Account, tenants: list[SesTenant], fine: list[SesTenant]) -> None:
    """All of them send, and what some of them sent comes back at once."""
    mails = {each.name: each.sender.mails(2, spread=AT_ONCE, recipients=30) for each in (*tenants, *fine)}
    account.send([mail for sent in mails.values() for mail in sent])
    account.let_the_watermark_pass(max(mail.sent_at for sent in mails.values() for mail in sent))
    account.bounce([event for each in tenants for event in bounces([mails[each.name][0]])])


def test_30_percent_of_tenants_turn_bad_in_one_minute(account: Account, page: BrakeTable, guard: Guard) -> None:
    incidents = Incidents(account)
    bad = [incidents.new_tenant("bad") for _ in range(6)]
    turn_bad(account, bad, [account.new_tenant("fine") for _ in range(14)])
    kept = eventually(lambda: page.kept() if len(page.kept()) == len(bad) - ALLOWED else None, "three that are kept")
    names = {each.tenant for each in kept}
    stopped = [each for each in bad if each.name not in names]
    for each in stopped:
        account.wait_for_sending(each, "DISABLED")
    assert {account.entity(each)["SendingStatusAggregate"] for each in bad if each.name in names} == {"ENABLED"}
    assert {account.book.record(name).standing for name in names} == {Standing.HEALTHY}

    one_page = account.inbox.wait_for(ACCOUNT, "BrakeEngaged")
    assert "The guard or a mailbox provider looks wrong" in " ".join(one_page.text.split())
    assert "answered 550 5.1.1" in one_page.text
    incident = incidents.table.latest_of(account_subject(GuardEvent.BRAKE_ENGAGED))
    assert incident

    listed = json.loads(guard("brake", "list", "--json").stdout)
    assert {each["tenant"] for each in listed["kept"]} == names
    released, *dropped = sorted(names)
    assert guard("brake", "release", released, *WHY).exit_code == 0
    account.review_until(lambda: account.book.record(released).standing is Standing.PAUSED, "the released one paused")
    assert guard("brake", "drop", *dropped, *WHY).exit_code == 0
    account.review_until(lambda: not incidents.again(incident).is_open, "the end of the brake's incident")
    assert incidents.again(incident).outcome is Outcome.OVER
    assert {account.book.record(name).standing for name in dropped} == {Standing.HEALTHY}
