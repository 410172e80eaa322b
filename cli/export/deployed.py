"""The history of a deployed guard, read at a pace that leaves its tables to its work."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from botocore.exceptions import ClientError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.command import Desk
from cli.deployment import Deployment
from cli.export.lines import AccountLine, DelaysLine, Line, PolicyLine, line_of_book, lines_of_ledger
from reputation_guard.aws.book_reader import WrittenDecision
from reputation_guard.aws.history_reader import HistoryReader
from reputation_guard.domain.counts import SLOTS_PER_DAY, Ledger, slot_of
from reputation_guard.domain.tenant import Tenant
from reputation_guard.usecases.learn import lessons

# A page is up to 1 MB, or 128 read units: about 500 units a second.
_SECONDS_A_PAGE = 0.25


def history(desk: Desk, days: int, tenant: str | None = None) -> Iterator[Line]:
    """What is on record of the last so many UTC days, today among them; of one tenant alone where one is named.

    The account comes first, then the policies in force, the delays in use, the book, the counts. A tenant comes with
    what nobody could attribute in the configuration sets it uses: it is judged by that too.
    """
    deployment = desk.deployment
    first_day = slot_of(desk.now) // SLOTS_PER_DAY - days + 1
    since = desk.now - timedelta(days=days)
    yield AccountLine(
        account=deployment.account_id, region=deployment.account.region, stack=deployment.stack, at=desk.now
    )
    yield from _policies(deployment)
    learned = lessons(deployment.counted, desk.now)
    yield DelaysLine.model_validate({kind.value: lesson.delay for kind, lesson in learned.items()})
    with _Watch.over(desk) as watch:
        sets: set[str] = set()
        looked_at = watch.reading("the book", deployment.output("BookTable"), counted=tenant is None)
        book = deployment.book_reader
        for found in book.everything_of(tenant, looked_at) if tenant else book.everything(looked_at):
            if isinstance(found, Tenant):
                sets |= found.configuration_sets
            if _is_wanted(found, since):
                yield line_of_book(found)
        table = deployment.output("CountsTable")
        looked_at = watch.reading("the counts", table, counted=tenant is None)
        counts = HistoryReader(deployment.account.client("dynamodb"), table, looked_at)
        if tenant is None:
            for ledger in counts.ledgers(first_day):
                yield from lines_of_ledger(ledger)
            return
        for one in (Ledger(tenant=tenant), *(Ledger(configuration_set=name) for name in sorted(sets))):
            yield from lines_of_ledger(counts.ledger(one, first_day))


def _policies(deployment: Deployment) -> Iterator[PolicyLine]:
    """The default one first, then the others that people put; those that come with the guard need no line."""
    default = deployment.policies.of(Tenant(name="")).policy
    yield PolicyLine(policy=default)
    for name in sorted({kept.name for kept in deployment.shelf.all()} - {default.name}):
        for version in deployment.shelf.versions(name)[:1]:
            yield PolicyLine(policy=version.policy)


def _is_wanted(found: Tenant | WrittenDecision, since: datetime) -> bool:
    return isinstance(found, Tenant) or found.decision.at >= since


@dataclass(frozen=True, slots=True)
class _Watch:
    """Who waits for the pages: a progress bar where a terminal shows it, and the pace."""

    desk: Desk
    bars: Progress

    @classmethod
    def over(cls, desk: Desk) -> "_Watch":
        columns = (TextColumn("Reading {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        # The lines go to standard output, which is not the bars' to redirect.
        bars = Progress(
            *columns,
            console=desk.err,
            transient=True,
            disable=not desk.err.is_terminal,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        return cls(desk, bars)

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()

    def reading(self, what: str, table: str, *, counted: bool) -> Callable[[int], None]:
        """Begin with a table; what comes back is to be told of each page."""
        bar = self.bars.add_task(what, total=self._items(table) if counted and not self.bars.disable else None)

        def looked_at(items: int) -> None:
            self.bars.advance(bar, items)
            time.sleep(_SECONDS_A_PAGE)

        return looked_at

    def _items(self, table: str) -> int | None:
        """How many items AWS last counted, some hours ago; None where nobody may ask."""
        try:
            described = self.desk.deployment.account.client("dynamodb").describe_table(TableName=table)
            return int(described["Table"]["ItemCount"]) or None
        except ClientError:
            return None
