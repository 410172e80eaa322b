"""What the functions tell CloudWatch: one line an invocation, the names of the list, and never a tenant."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Metrics

from reputation_guard import wiring
from reputation_guard.aws.ses import SesEntities
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import GuardEvent, record_after
from reputation_guard.domain.tenant import Tenant
from reputation_guard.ports.errors import UnavailableError
from reputation_guard.wire.announcement import detail_of
from tests.fakes.builders import decision
from tests.functions.conftest import ARRIVED, ROOT, Clock, Context, Lines, example, from_queue, handler_of
from tests.functions.metrics import DIMENSION, METRICS, NAMESPACE

pytestmark = pytest.mark.usefixtures("outlets")

Run = Callable[..., dict[str, float]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Invoke a function, and read what it told CloudWatch."""
    # All functions of this process share what is not flushed yet, and where metrics are disabled nothing is.
    Metrics().clear_metrics()
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")

    def invoke(function: str, event: dict[str, Any]) -> dict[str, float]:
        capsys.readouterr()
        handler_of(function)(event, Context())
        lines = [line for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line]
        assert len(lines) == 1, "one line an invocation, however many events there are in its batch"
        told = json.loads(lines[0])
        [directive] = told["_aws"]["CloudWatchMetrics"]
        assert (directive["Namespace"], directive["Dimensions"]) == (NAMESPACE, [[DIMENSION]])
        assert {each["Name"] for each in directive["Metrics"]} <= METRICS[function]
        return {each["Name"]: sum(told[each["Name"]]) for each in directive["Metrics"]}

    return invoke


def announced(version: int, name: GuardEvent = GuardEvent.TENANT_RESUMED) -> dict[str, Any]:
    made = decision(tenant=Tenant(name="shop", version=version), announces=name, at=ARRIVED)
    detail = detail_of(Announcement(id=f"{made.id}:{name}", name=name, at=ARRIVED, decision=made))
    return {"detail-type": name, "detail": json.loads(detail)}


def test_every_function_that_counts_is_on_the_list() -> None:
    """The consoles count at the front desk."""
    counting = {
        path.parent.name
        for path in (ROOT / "functions").glob("*/*.py")
        if re.search(r"\bMetrics\(\)", path.read_text(encoding="utf-8"))
    }
    assert counting == set(METRICS)


def test_ingest_tells_of_a_whole_batch(run: Run) -> None:
    batch = from_queue(a=example("send-of-tagged-tenant"), b=example("send-of-configuration-set"), c="{")
    expected = {"Sends": 2, "Feedback": 0, "Unattributed": 1, "TooOld": 0, "Malformed": 1, "NotCounted": 0}
    assert run("ingest", batch) == expected


def test_reconcile_tells_of_its_run_and_of_the_guards_sight(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SesEntities, "page", lambda *_: ([], None))
    monkeypatch.setattr("time.sleep", lambda _: None)
    none = {"Blind": 0, "SecondsBehind": 0, "TenantsSeen": 0, "NewTenants": 0, "PausesLost": 0, "TenantsAdrift": 0}
    assert run("reconcile", {}) == {**none, "Reconciled": 1}


def test_evaluate_and_enforce_tell_what_became_of_decisions(run: Run) -> None:
    assert run("evaluate", {"Records": []}) == {"Decisions": 0}
    assert run("enforce", {}) == {"Settled": 0, "Refused": 0, "Left": 0}


def test_review_tells_how_things_stand_where_nothing_ever_came(run: Run) -> None:
    found = run("review", {})
    assert found.pop("Reviews") == 1
    assert set(found) == {name for name in METRICS["review"] if "Rate" not in name} - {"Reviews", "WatermarkAge"}
    assert not any(found.values())


def test_review_tells_all_of_an_account_that_sends(run: Run, clock: Clock) -> None:
    run("ingest", from_queue(a=example("send-of-tagged-tenant"), b=example("bounce-hard")))
    made = decision(tenant=Tenant(name="shop"), at=ARRIVED)
    wiring.book().record(made, record_after(made))
    clock.now = ARRIVED + timedelta(hours=6)
    found = run("review", {})
    assert set(found) == METRICS["review"]
    assert (found["TenantsPaused"], found["PendingDecisions"]) == (1, 1)
    assert found["WatermarkAge"] == pytest.approx((clock.now - ARRIVED.replace(minute=41, second=3)).total_seconds())
    assert found["AccountComplaintRateOfDay"] == 0


def test_a_review_whose_numbers_cannot_be_had_is_a_review_all_the_same(
    run: Run, monkeypatch: pytest.MonkeyPatch, log: Lines
) -> None:
    def silent(*_: object) -> int:
        raise UnavailableError("ThrottlingException")

    monkeypatch.setattr("reputation_guard.aws.headcount.HeadcountTable.kept", silent)
    assert set(run("review", {})) == {"Reviews", "PendingDecisions", "UnknownPolicies"}
    [line] = log.of("numbers for people are missing")
    assert "ThrottlingException" in line["error"]


def test_notify_counts_what_it_told_by_the_name_of_the_guard_event(run: Run) -> None:
    batch = from_queue(a=announced(1), b=announced(2), c=announced(3, GuardEvent.SENDS_UNSEEN), d="{")
    assert run("notify", batch) == {"NotTold": 1, "TenantResumed": 2, "SendsUnseen": 1}
