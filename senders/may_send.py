"""Whether a tenant may send now, for the application that sends: copy this one file, or install the package.

    ask = MaySend(table="...")            # the stack's output BookTable; or none, to ask SES itself
    if not (answer := ask("CustomerA")):
        hold_the_mail(answer.why)

It needs boto3 alone. It never raises and never takes longer than about a second. Where it cannot know, it says yes
(`sure` is False, `why` says what failed): SES refuses the mail of a paused tenant anyway. It may be made before a
server forks its workers, and holds up no process that ends.
"""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import boto3
from botocore.config import Config

_FORGOTTEN_AFTER_SECONDS = 30.0
_PATIENCE_SECONDS = 1.0
_MOST_REMEMBERED = 10_000
_TOO_MANY = "not known: too many are asking at once"
_CROWDED_SECONDS = 1.0
_ASKED_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class MayIt:
    """The answer, true or false by itself: whether the tenant may send, why, and whether that is known."""

    allowed: bool
    why: str
    sure: bool = True

    def __bool__(self) -> bool:
        return self.allowed


class MaySend:
    """Ask whether tenants may send; safe to be shared by threads. An answer holds for `remembered_seconds`.

    With the guard's `table` its record of the tenant is read; without one SES's sending status, which takes about one
    call a second for the whole account. `client`: boto3's, of DynamoDB or of SES (sesv2), for a session of your own;
    what forks after that client was used shares its connections, so make one in each worker.
    """

    def __init__(
        self,
        table: str | None = None,
        client: Any = None,
        remembered_seconds: float = _FORGOTTEN_AFTER_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table, self._given, self._client = table, client, client
        self._remembered_seconds, self._clock = remembered_seconds, clock
        self._answers: OrderedDict[str, tuple[float, MayIt]] = OrderedDict()
        self._arm()
        _ARMED.add(self)

    def _arm(self) -> None:
        """Begin anew, but for what is remembered: at first, and in a child that was forked.

        Whoever held a lock, asked or had a connection in the parent is not there, and will never let go.
        """
        self._lock = threading.Lock()
        self._under_way = threading.BoundedSemaphore(_ASKED_AT_ONCE)
        self._client = self._given

    def __call__(self, tenant: str) -> MayIt:
        """Whether this tenant may send now."""
        with self._lock:
            until, answer = self._answers.get(tenant, (0.0, None))
        if answer is not None and self._clock() < until:
            return answer
        answer = self._in_time(tenant)
        # A crowd is over in a moment. What failed otherwise is remembered like an answer, so that an outage of AWS does
        # not slow down every mail.
        holds = min(_CROWDED_SECONDS, self._remembered_seconds) if answer.why == _TOO_MANY else self._remembered_seconds
        with self._lock:
            self._answers[tenant] = (self._clock() + holds, answer)
            self._answers.move_to_end(tenant)
            while len(self._answers) > _MOST_REMEMBERED:
                self._answers.popitem(last=False)
        return answer

    def _in_time(self, tenant: str) -> MayIt:
        # Finding credentials or a name can hang where no time-out of the SDK reaches: it is waited for from outside, in
        # a daemon thread, since a process that ends waits for any other and for those of a pool.
        turns, asked = self._under_way, Future[MayIt]()
        if not turns.acquire(timeout=_PATIENCE_SECONDS / 4):
            return MayIt(allowed=True, why=_TOO_MANY, sure=False)

        def ask() -> None:
            try:
                asked.set_result(self._ask(tenant))
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                asked.set_exception(error)
            finally:
                turns.release()

        try:
            threading.Thread(target=ask, name="may-send", daemon=True).start()
        except RuntimeError as error:
            turns.release()
            return _unknown(str(error))
        try:
            return asked.result(_PATIENCE_SECONDS * 3 / 4)
        except TimeoutError:
            return _unknown(f"no answer within {_PATIENCE_SECONDS:g} s")
        except Exception as error:  # noqa: BLE001 - whatever fails here, the application goes on sending
            return _unknown(f"{type(error).__name__}: {error}")

    def _ask(self, tenant: str) -> MayIt:
        return self._ask_book(tenant, self._table) if self._table else self._ask_ses(tenant)

    def _ask_book(self, tenant: str, table: str) -> MayIt:
        found = self._connected("dynamodb").get_item(
            TableName=table,
            Key={"pk": {"S": f"tenant#{tenant}"}, "sk": {"S": "tenant"}},
            ProjectionExpression="tenant.standing",
        )
        if "Item" not in found:
            return MayIt(allowed=True, why="the guard has not met the tenant yet")
        standing = found["Item"]["tenant"]["M"]["standing"]["S"]
        return MayIt(allowed=standing != "PAUSED", why=f"the guard's record says {standing}")

    def _ask_ses(self, tenant: str) -> MayIt:
        status = self._connected("sesv2").get_tenant(TenantName=tenant)["Tenant"]["SendingStatus"]
        return MayIt(allowed=status != "DISABLED", why=f"SES says {status}")

    def _connected(self, service: str) -> Any:
        if self._client is None:
            limits = Config(
                connect_timeout=_PATIENCE_SECONDS, read_timeout=_PATIENCE_SECONDS, retries={"total_max_attempts": 1}
            )
            connect: Any = boto3.Session().client
            self._client = connect(service, config=limits)
        return self._client


_ARMED: WeakSet[MaySend] = WeakSet()


def _arm_all() -> None:
    for each in _ARMED:
        each._arm()  # noqa: SLF001 - of this module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_arm_all)


def _unknown(why: str) -> MayIt:
    return MayIt(allowed=True, why=f"not known: {why}", sure=False)
