"""Incidents as the people who answer for them see them: the record, its pages, and the executions that wait."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from reputation_guard.aws.book import BookTable
from reputation_guard.aws.incidents import IncidentTable
from reputation_guard.aws.policies import PolicyTable
from reputation_guard.domain.incident import Cause, Incident
from reputation_guard.domain.policy import PRESETS, Rung
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.ports.errors import StaleError
from tests.e2e.account import Account, SesTenant
from tests.e2e.traffic import now
from tests.e2e.waiting import eventually

A_MOMENT = timedelta(seconds=3)
# Hours become seconds, so that a whole episode is seen within a test.
IMPATIENT = replace(
    PRESETS["standard"],
    name="impatient",
    probation=timedelta(seconds=3),
    rungs=(Rung("on-call", A_MOMENT), Rung("lead", A_MOMENT)),
    acknowledged_for=2 * A_MOMENT,
    page_again=A_MOMENT,
)


class Incidents:
    """The incidents of an account's guard."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._book = BookTable(account.dynamodb, account.aws.outputs["BookTable"])
        self._states = account.aws.client("stepfunctions")
        self.table = IncidentTable(account.dynamodb, account.aws.outputs["BookTable"])
        with suppress(StaleError):  # it is there already
            PolicyTable(account.dynamodb, account.aws.outputs["BookTable"]).put(IMPATIENT, now(), "ann")

    def new_tenant(self, word: str) -> SesTenant:
        """A tenant of this test's own, under the impatient policy."""
        tenant = self._account.new_tenant(word)
        record = Tenant(name=tenant.name, arn=tenant.arn)
        self._book.save(record, replace(record, assigned_policy=IMPATIENT.name), now())
        return tenant

    def stopped(self, tenant: SesTenant) -> Incident:
        """Somebody stops the tenant at SES, which the guard takes over; the incident that begins with it."""
        before = self.table.latest_of(tenant.name)
        self._account.set_by_hand(tenant, "DISABLED")
        self._account.book.wait_for_standing(tenant.name, Standing.PAUSED)

        def begun() -> Incident | None:
            found = self.table.latest_of(tenant.name)
            return found if found and (before is None or found.id != before.id) else None

        return eventually(begun, f"an incident of {tenant.name}")

    def paused(self, *tenants: SesTenant) -> list[Incident]:
        """The guard pauses these tenants, all at once, for what comes back of their mail; the incidents of that."""
        lists = [self._account.send_to_a_bad_list(tenant) for tenant in tenants]
        self._account.bounce([bounce for each in lists for bounce in each.bounces])
        return [eventually(partial(self.table.latest_of, each.name), f"an incident of {each.name}") for each in tenants]

    def wait_for_pages(self, incident: Incident, number: int) -> list[tuple[Cause, tuple[int, ...]]]:
        """Wait until so many pages went out; why, and to which rungs."""
        eventually(lambda: len(self.again(incident).pages) >= number, f"page {number} of {incident.id}")
        return [(page.cause, page.rungs) for page in self.again(incident).pages]

    def again(self, incident: Incident) -> Incident:
        """The incident as it is now."""
        found = self.table.incident(incident.id)
        assert found
        return found

    def tell(self, incident: Incident, signal: str, by: str = "Olga Operator", **more: object) -> dict[str, Any]:
        """A person invokes the function that takes signals, and gets its answer."""
        said = {"incident": incident.id, "signal": signal, "by": by, **more}
        name = self._account.aws.outputs["SignalFunction"]
        answer = self._account.functions.invoke(FunctionName=name, Payload=json.dumps(said))
        found: dict[str, Any] = json.load(answer["Payload"])
        return found

    def status(self, incident: Incident) -> str:
        """Step Functions' word on the execution that has the incident."""
        found: str = self._states.describe_execution(executionArn=incident.execution)["status"]
        return found

    def executions(self) -> int:
        """How many executions there ever were."""
        machine = self._account.aws.outputs["EscalationMachine"]
        pages = self._states.get_paginator("list_executions").paginate(stateMachineArn=machine)
        return sum(len(page["executions"]) for page in pages)

    def failed(self) -> list[str]:
        """The executions that failed."""
        machine = self._account.aws.outputs["EscalationMachine"]
        found = self._states.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]
        return [each["executionArn"] for each in found]

    def announce(self, name: str, detail: dict[str, Any]) -> None:
        """A guard event comes (again) on the guard bus."""
        entry = {
            "EventBusName": self._account.aws.outputs["GuardBus"],
            "Source": "reputation-guard",
            "DetailType": name,
            "Detail": json.dumps(detail),
        }
        assert self._account.aws.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
