"""Incidents of a fake deployment: a tenant is paused, and its episode begins."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from reputation_guard.aws.incidents import IncidentTable
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import Decision, GuardEvent, record_after
from reputation_guard.domain.incident import Incident, opened
from reputation_guard.domain.tenant import Tenant
from tests.cli.aws import OUTPUTS, FakeAws
from tests.fakes.builders import decision


def table(aws: FakeAws) -> IncidentTable:
    """Where the incidents are."""
    return IncidentTable(aws.dynamodb, OUTPUTS["BookTable"])


def open_incident(aws: FakeAws, name: str = "shop", **changes: Any) -> Incident:
    """A tenant is paused, as SES has confirmed, and its incident is open for ten minutes already."""
    tenant, began = aws.enter(name), aws.now - timedelta(minutes=10)
    made: Decision = decision(tenant=tenant, at=began)
    aws.book.save(tenant, replace(record_after(made), under_way=False), began)
    case = Announcement(id=f"{made.id}.TenantPaused", name=GuardEvent.TENANT_PAUSED, at=began, decision=made)
    incident = replace(opened(case, "arn:execution", began), **changes)
    table(aws).open(incident)
    return incident


def changed(aws: FakeAws, incident: Incident, **changes: Any) -> Incident:
    """The incident goes on."""
    return table(aws).save(incident, replace(incident, **changes))


def healthy(aws: FakeAws, name: str) -> Tenant:
    """The tenant is healthy again."""
    before = aws.book.tenant(name)
    assert before
    return aws.book.save(before, Tenant(name=name, arn=before.arn), aws.now)
