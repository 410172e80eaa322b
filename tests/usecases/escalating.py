"""Escalations on fakes in virtual time: each execution claims, looks and waits as the state machine has it do."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count as numbers
from typing import Any

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import Decision, GuardEvent, record_after
from reputation_guard.domain.escalation import IncidentAnnouncement
from reputation_guard.domain.incident import Incident, Signal, SignalKind
from reputation_guard.domain.tenant import Standing
from reputation_guard.usecases.escalate import claim, look, wait
from reputation_guard.usecases.group import Escalation
from reputation_guard.usecases.tell import Hearing, tell
from tests.fakes.book import InMemoryBook
from tests.fakes.builders import NOW, decision, tenant
from tests.fakes.incidents import InMemoryDoorbell, InMemoryExecutions, InMemoryIncidents
from tests.fakes.outlets import InMemoryBus

HOLD = timedelta(seconds=20)


@dataclass(slots=True)
class Execution:
    """One execution of the state machine, while it lasts: whose it is, its token, and when its clock runs out."""

    incident: str
    token: str
    until: datetime


@dataclass(slots=True)
class Escalating:
    """The escalations of one deployment, and the clock."""

    now: datetime = NOW
    book: InMemoryBook = field(default_factory=InMemoryBook)
    incidents: InMemoryIncidents = field(default_factory=InMemoryIncidents)
    bus: InMemoryBus = field(default_factory=InMemoryBus)
    doorbell: InMemoryDoorbell = field(default_factory=InMemoryDoorbell)
    alive: InMemoryExecutions = field(default_factory=InMemoryExecutions)
    executions: list[Execution] = field(default_factory=list)
    _numbers: Any = field(default_factory=numbers)

    @property
    def hearing(self) -> Hearing:
        """What telling needs."""
        return Hearing(self.incidents, self.doorbell)

    @property
    def world(self) -> Escalation:
        """What an escalation needs."""
        return Escalation(self.incidents, self.book, self.bus, self.hearing, self.alive, HOLD)

    def pause(self, name: str = "shop", **changes: Any) -> Announcement:
        """The guard pauses a tenant, SES confirms it, and the guard bus says so: not heard by anybody yet."""
        before = self.book.tenant(name) or tenant(name)
        made = decision(tenant=before, at=self.now, **changes)
        after = replace(record_after(made), under_way=False, version=before.version + 1)
        self.book.tenants[name] = after
        return self.said(made)

    def said(self, made: Decision, name: GuardEvent = GuardEvent.TENANT_PAUSED) -> Announcement:
        """What the guard bus says of a decision now."""
        return Announcement(id=f"{made.id}.{name}", name=name, at=self.now, decision=made)

    def change(self, name: str = "shop", **changes: Any) -> None:
        """The tenant's record changes."""
        before = self.book.tenants[name]
        self.book.tenants[name] = replace(before, version=before.version + 1, **changes)

    def resume(self, name: str = "shop", probation: timedelta = timedelta(hours=24)) -> None:
        """The tenant may send again, on probation; nobody was told."""
        ends = self.now + probation
        self.change(name, standing=Standing.PROBATION, stops=frozenset(), pause=None, probation_ends=ends)

    def begin(self, case: Announcement) -> bool:
        """The guard event starts an execution; whether the episode is its own."""
        execution = f"arn:{next(self._numbers)}"
        incident = claim(case, execution, self.world, self.now)
        if incident:
            self._go_on(incident.id)
        return incident is not None

    def paused(self, name: str = "shop", **changes: Any) -> str:
        """A tenant is paused, and its episode begins; its incident."""
        case = self.pause(name, **changes)
        assert self.begin(case)
        return case.decision.id

    def tell(self, incident: str, kind: SignalKind, by: str = "Olga Operator", **more: Any) -> Incident:
        """A person says something; whoever waits goes on at once."""
        said = Signal(id=f"signal-{next(self._numbers)}", kind=kind, at=self.now, by=by, **more)
        after = tell(incident, said, self.hearing)
        self.answer_the_bell()
        return after

    def answer_the_bell(self) -> None:
        """Every wait that was ended by a signal goes on."""
        while self.doorbell.rung:
            token = self.doorbell.rung.pop(0)
            for each in [each for each in self.executions if each.token == token]:
                self.executions.remove(each)
                self._go_on(each.incident)

    def pass_time(self, **length: float) -> None:
        """Time passes, and every wait whose clock runs out in it goes on at its moment."""
        end = self.now + timedelta(**length)
        while due := [each for each in self.executions if each.until <= end]:
            first = min(due, key=lambda each: each.until)
            self.executions.remove(first)
            self.now = first.until
            self._go_on(first.incident)
            self.answer_the_bell()
        self.now = end

    def dies(self, incident: str) -> None:
        """The execution that has an incident ends before it."""
        self.executions = [each for each in self.executions if each.incident != incident]
        self.alive.ended.add(self.incident(incident).execution)

    def _go_on(self, incident: str) -> None:
        found = look(incident, self.world, self.now)
        if found.wait_seconds is None:
            return
        token = f"token-{next(self._numbers)}"
        self.executions.append(Execution(incident, token, self.now + timedelta(seconds=found.wait_seconds)))
        wait(incident, found.incident.revision, token, self.world)
        self.answer_the_bell()

    def incident(self, incident_id: str) -> Incident:
        """An incident, as it is."""
        found = self.incidents.incident(incident_id)
        assert found
        return found

    def told(self, name: GuardEvent = GuardEvent.ESCALATION_RAISED) -> list[IncidentAnnouncement]:
        """What was announced of incidents under this name, a repetition under the same id left out."""
        return list({each.id: each for each in self.bus.of_incidents if each.name is name}.values())

    def pages(self, of: Callable[[IncidentAnnouncement], bool] = lambda _: True) -> list[tuple[str, tuple[int, ...]]]:
        """The pages so far: why, and to which rungs."""
        return [(each.page.cause.name, each.page.rungs) for each in self.told() if each.page and of(each)]
