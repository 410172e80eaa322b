"""What happens in every run: good and bad senders, SES, operators and people on call, for a day and a half.

| tenant | what happens to it |
|---|---|
| steady | sends clean mail: it must never be paused |
| bad | bounces; is paused, answered for, resumed by an operator, bounces again on probation, is paused again |
| refused | bounces; SES refuses its pause for ten minutes |
| stuck | bounces; SES stops it beside the guard, and answers DISABLED to an operator's resume |
| taken | SES stops it by itself, and releases it |
| byhand | a person stops it at SES, and starts it there |
| halted | bounces; as the guard ends its pause, a person stops it at SES, and starts it there two hours later |
| ordered | an operator pauses it by the guard, and resumes it |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count as numbers
from typing import Any

from reputation_guard.domain.tenant import Standing
from tests.aws.tables import BOOK
from tests.chaos.aws import LINK_KEY
from tests.chaos.braking import guard_brake
from tests.chaos.counting import Sent
from tests.chaos.faults import Fault
from tests.chaos.ses import DISABLED, Entity
from tests.chaos.tables import Item
from tests.chaos.world import BEGAN, UNBRAKED, World

PAUSED_BY_THE_GUARD = ("bad", "refused", "stuck", "halted")
TENANTS = ("steady", *PAUSED_BY_THE_GUARD, "taken", "byhand", "ordered")
_TRIES = 30
_LOOKED_AT_THE_BRAKE = (65, 130, 240, 720)
# What an operator waits out: the pause is not there yet, or AWS does not answer.
_LATER = frozenset({"NotNow", "NotPaused", "AlreadyUnderWay", "UnknownTenant"})
# While little happens the schedules are thinned out: function, when it begins, and how often until when.
_SCHEDULES = (
    ("review", timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=75)),
    ("review", timedelta(minutes=80), timedelta(minutes=45), timedelta(hours=37)),
    ("review", timedelta(hours=37), timedelta(minutes=10), timedelta(hours=39)),
    ("reconcile", timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=75)),
    ("reconcile", timedelta(minutes=80), timedelta(minutes=20), timedelta(hours=39)),
)


@dataclass(slots=True)
class Story:
    """The story of one world."""

    world: World
    is_halted: bool = False

    def begin(self) -> None:
        """Write everything that happens by itself into the world's agenda."""
        for name in TENANTS:
            self.world.ses.entities[name] = Entity()
        for name in TENANTS:
            self._after(0, partial(self._mails, name, 40 if name == "steady" else 10))
        for minute in range(2, 70, 4):
            self._after(minute, lambda: self._mails("steady", 30, bounces=int(self.world.faults.chance.random() < 0.4)))
        for name in PAUSED_BY_THE_GUARD:
            self._after(3, partial(self._mails, name, 60, bounces=30, complaints=1))
        self._stops_and_starts()
        self._after(40, lambda: self._again("bad", _TRIES))
        self.world.tables.heard.append(self._halt)
        for minute in _LOOKED_AT_THE_BRAKE if self.world.brake < UNBRAKED else ():
            self._after(minute, self._end_what_is_kept)
        self._schedules()

    def _end_what_is_kept(self, tries: int = _TRIES) -> None:
        """A person releases or drops everybody, and again until the command ends well."""
        verb = self.world.faults.chance.choice(("release", "drop"))
        if self.world.command("guard brake", guard_brake, {"verb": verb}) is None and tries:
            self._in_a_minute(lambda: self._end_what_is_kept(tries - 1))

    def _stops_and_starts(self) -> None:
        world = self.world
        self._after(0, lambda: world.ses.refuses.add("refused"))
        self._after(12, lambda: world.ses.refuses.discard("refused"))
        self._after(8, lambda: world.ses.set_by_ses("taken", DISABLED))
        self._after(30, lambda: world.ses.set_by_ses("taken", "ENABLED"))
        self._after(8, lambda: world.ses.set_by_hand("byhand", DISABLED, "Petra"))
        self._after(32, lambda: world.ses.set_by_hand("byhand", "ENABLED", "Petra"))
        self._after(9, lambda: self._order("manual_pause", "ordered"))
        self._after(34, lambda: self._order("manual_resume", "ordered"))
        self._after(20, lambda: self._acknowledge("bad"))
        self._after(25, lambda: self._order("manual_resume", "bad"))
        self._after(28, lambda: self._order("manual_resume", "stuck", self._ses_stops_the_stuck_one))
        self._after(50, lambda: world.ses.set_by_ses("stuck", "ENABLED"))

    def _schedules(self) -> None:
        world = self.world
        for function, at, every, until in _SCHEDULES:
            for number in range((until - at) // every):
                world.at(BEGAN + at + number * every, partial(self._wake, function))
        for hour in range(1, 39):
            world.at(BEGAN + timedelta(hours=hour), lambda: world.invoke("digest", {}, retries=2))
        for number, step in enumerate(("createSecret", "setSecret", "testSecret", "finishSecret")):
            self._after(15 + 5 * number, partial(self._rotate, step))

    def _wake(self, function: str) -> None:
        if not self.world.faults.happens(Fault.WAKE_UP_LOST):
            self.world.invoke(function, {})

    def _rotate(self, step: str) -> None:
        secrets = self.world.secrets
        if step == "createSecret":
            secrets.stages["AWSPENDING"] = "version-2"
        event = {"Step": step, "SecretId": LINK_KEY, "ClientRequestToken": "version-2"}
        self.world.invoke("rotate_key", event, retries=2)

    def _after(self, minutes: float, action: Callable[[], Any]) -> None:
        self.world.at(BEGAN + timedelta(minutes=minutes), action)

    def _mails(self, tenant: str, sends: int, bounces: int = 0, complaints: int = 0) -> None:
        """Mails go out within a minute; their feedback comes within the two after it."""
        world, chance, number = self.world, self.world.faults.chance, next(_RUNS)
        for each in range(sends):
            mail = Sent(f"{tenant}-{number}-{each}", tenant, world.now + timedelta(seconds=60 * each / sends))
            self._event(mail, 0.5, world.truth.send(mail))
            if each < bounces:
                self._event(mail, chance.uniform(1, 120), world.truth.bounce(mail, recipients=1 + (each == 0)))
            if each < complaints:
                self._event(mail, chance.uniform(1, 120), world.truth.complaint(mail))

    def _event(self, mail: Sent, seconds: float, event: dict[str, Any]) -> None:
        times = 3 if self.world.faults.happens(Fault.DELIVERED_AGAIN, 0.3) else 1
        for _ in range(times):
            self.world.at(mail.at + timedelta(seconds=seconds), partial(self._say, event))

    def _say(self, event: dict[str, Any]) -> None:
        self.world.buses.put("default", event)

    def _again(self, tenant: str, tries: int) -> None:
        """It bounces again, as soon as SES lets it send."""
        if not self.world.ses.entities[tenant].is_shut and self._standing(tenant) == Standing.PROBATION:
            self._mails(tenant, 60, bounces=35)
        elif tries:
            self._in_a_minute(lambda: self._again(tenant, tries - 1))

    def _order(self, function: str, tenant: str, then: Callable[[], None] = lambda: None, tries: int = _TRIES) -> None:
        """An operator gives an order, and again until it is answered as he wants."""
        answer = self.world.run(function, {"tenant": tenant, "reason": "chaos", "operator": "Olga"})
        if answer is not None and "error" not in answer:
            then()
        elif tries and (answer is None or answer["error"] in _LATER):
            self._in_a_minute(lambda: self._order(function, tenant, then, tries - 1))

    def _halt(self, table: str, before: Item, after: Item) -> None:
        """A person stops it the moment the guard has decided to let it send, and before SES hears of that."""
        is_new = table == BOOK and not before and after["pk"]["S"] == "tenant#halted"
        if is_new and not self.is_halted and after.get("answer") == {"S": "resume"}:
            self.is_halted = True
            ses = self.world.ses
            self._in_a_minute(lambda: ses.set_by_hand("halted", DISABLED, "Petra"), minutes=0.001)
            self._in_a_minute(lambda: ses.set_by_hand("halted", "ENABLED", "Petra"), minutes=120)

    def _ses_stops_the_stuck_one(self) -> None:
        """SES stops it right after the order, and no event says so: the resume meets it."""
        self.world.faults.note(Fault.SES_STOPS)
        self.world.ses.entities["stuck"].ses = DISABLED

    def _acknowledge(self, tenant: str, tries: int = _TRIES) -> None:
        """Somebody on call has it, as soon as there is an incident."""
        latest = self.world.tables.item(BOOK, f"tenant#{tenant}", "incident")
        said = {"incident": latest["incident"]["S"], "signal": "acknowledge", "by": "Anna"} if latest else None
        answer = self.world.run("signal", said) if said else None
        if (answer is None or "error" in answer) and tries:
            self._in_a_minute(lambda: self._acknowledge(tenant, tries - 1))

    def _standing(self, tenant: str) -> str:
        record = self.world.tables.item(BOOK, f"tenant#{tenant}", "tenant")
        return str(record["standing"]["S"]) if record else ""

    def _in_a_minute(self, action: Callable[[], None], minutes: float = 1) -> None:
        self.world.at(self.world.now + timedelta(minutes=minutes), action)


_RUNS = numbers()
