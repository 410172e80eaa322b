"""The book on DynamoDB: tenants and decisions as items, and one sparse index of what is to do.

| pk | sk | todo, todo_order |
|---|---|---|
| tenant#NAME | tenant | review, when it is due (Unix seconds) |
| tenant#NAME | decision#TIME#VERSION | enforce, its place in line; gone once the decision is settled |
| account | tenant, decision#... | the account's own record, which no review looks for, and what was decided about it |
| tenant#NAME | tags | tags, when they are read next (Unix seconds) |
| guard | mode | |

Policies (`aws/policies.py`), proposals (`aws/proposals.py`) and the brake (`aws/brake.py`) lie beside them.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from reputation_guard.aws.answers import answers, code_of
from reputation_guard.aws.book_items import (
    DECISION,
    MODE_KEY,
    decision_key,
    name_in,
    partition_of,
    pending_from,
    tags_item,
    tenant_from,
    tenant_key,
    todo_query,
)
from reputation_guard.aws.items import from_item, to_item
from reputation_guard.aws.together import write_together
from reputation_guard.domain.decision import Decision
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Tenant, next_tending
from reputation_guard.ports.book import ModeRecord, Outcome, Pending
from reputation_guard.ports.errors import UnavailableError
from reputation_guard.wire import UNREADABLE, unreadable
from reputation_guard.wire.announcement import decisions, plain, tenants

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

# Only this adapter sees an item that no longer reads; its caller gets the readable ones.
_LOG = logging.getLogger(__name__)
_A_ROUND = 100
# More than any place in line: whoever is moved back by it stands behind all others, still the fastest sender first.
_TO_THE_END = 1e11
# While a decision is under way its tenant is neither judged nor mirrored: hardly any other comes behind it.
_CLOSE_BEHIND = 10
_KEEP_DECISIONS = timedelta(days=400)
_AFTER_ALL_DECISIONS = f"{DECISION}~"


class BookTable:
    """`ports.book.Book` on DynamoDB."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def tenant(self, name: str) -> Tenant | None:
        item = self._get(tenant_key(name))
        try:
            return tenant_from(item) if item else None
        except UNREADABLE as error:
            # Whoever asks for one of many leaves it, and goes on with the others (Law 11).
            raise UnavailableError(f"the record of {name}: {unreadable(error)}") from error

    def save(self, before: Tenant, after: Tenant, now: datetime) -> Tenant:
        saved = replace(after, version=before.version + 1)
        write_together(self._dynamodb, self.saving(saved, now))
        return saved

    def record(self, decision: Decision, after: Tenant) -> Tenant:
        saved = replace(after, version=decision.tenant.version + 1)
        write_together(self._dynamodb, self.writing(decision, saved))
        return saved

    def writing(self, decision: Decision, saved: Tenant) -> list[dict[str, Any]]:
        """The actions that write a decision, pending, and the record `saved` after it."""
        item = {
            **decision_key(decision),
            "todo": "enforce",
            "todo_order": decision.place_in_line,
            # For people and tools that look into the table; the guard reads the decision itself.
            "answer": decision.answer,
            "announces": decision.announces,
            "decision": plain(decisions(), decision),
            "expires_at": int((decision.at + _KEEP_DECISIONS).timestamp()),
        }
        return [*self.saving(saved, decision.at), self._put(item, "attribute_not_exists(pk)")]

    def pending(self) -> Iterator[Pending]:
        for key in self._todos("enforce"):
            item = self._get(to_item(key))
            # The index lags behind the table: what was settled meanwhile is left out.
            if item.get("todo") == "enforce" and (pending := _readable(pending_from, item)):
                yield pending

    def overtaken_by(self, decision: Decision) -> Pending | None:
        before = decision.tenant
        if not before.under_way:
            return None
        return self._deciding(before, decision_key(decision)["sk"])

    def deciding(self, tenant: Tenant) -> Decision | None:
        found = self._deciding(tenant, _AFTER_ALL_DECISIONS) if tenant.decided else None
        return found.decision if found else None

    def decided_at(self, name: str, at: datetime) -> Sequence[Decision]:
        of_then = f"{DECISION}{at.isoformat()}#"
        found = self._latest(name, of_then, f"{of_then}~")
        return [each.decision for each in found]

    def count_pending(self) -> int:
        return len(self._todo("enforce"))

    def mark_attempt(self, decision: Decision, at: datetime) -> None:
        self._update(decision, "SET attempted_at = :at", {":at": at.isoformat()})

    def unmark_attempt(self, decision: Decision) -> None:
        self._update(decision, "REMOVE attempted_at")

    def mark_refused(self, decision: Decision, at: datetime, *, keeps_its_place: bool = False) -> None:
        # Behind all others, so that what SES refuses keeps nobody waiting.
        place = decision.place_in_line - (0 if keeps_its_place else _TO_THE_END)
        self._update(decision, "SET refused_at = :at, todo_order = :place", {":at": at.isoformat(), ":place": place})

    def settle(self, decision: Decision, outcome: Outcome, at: datetime, after: Tenant | None = None) -> None:
        settled = {
            "Update": {
                "TableName": self._table,
                "Key": to_item(decision_key(decision)),
                "UpdateExpression": "SET outcome = :outcome, settled_at = :at REMOVE todo, todo_order",
                "ExpressionAttributeValues": to_item({":outcome": outcome, ":at": at.isoformat()}),
            }
        }
        record = self.saving(replace(after, version=after.version + 1), at) if after else []
        write_together(self._dynamodb, [settled, *record])

    def due(self, now: datetime) -> Sequence[Tenant]:
        found = [self._get(to_item(key)) for key in self._todo("review", until=now.timestamp())]
        return [tenant for item in found if item and (tenant := _readable(tenant_from, item))]

    def tags_due(self, now: datetime) -> Sequence[str]:
        return [name_in(key["pk"]) for key in self._todo("tags", until=now.timestamp())]

    def note_tag(self, before: Tenant, policy: str, now: datetime) -> Tenant:
        saved = replace(before, tagged_policy=policy, tags_read_at=now, version=before.version + 1)
        again = self._put(tags_item(before.name, next_tending(before.name, now)))
        write_together(self._dynamodb, [*self.saving(saved, now), again])
        return saved

    def mode(self) -> ModeRecord:
        item = self._get(MODE_KEY)
        return ModeRecord(
            switch=_switch(item["switch"]) if "switch" in item else None,
            in_force=_switch(item["in_force"]) if "in_force" in item else None,
            enforcing_since=_moment(item.get("enforcing_since")),
        )

    def note_mode(self, read: ModeRecord, mode: Mode, enforcing_since: datetime | None) -> None:
        values = {
            ":mode": mode,
            ":since": enforcing_since.isoformat() if enforcing_since else None,
            ":read": read.in_force,
        }
        unchanged = "in_force = :read" if read.in_force else "attribute_not_exists(in_force)"
        if read.in_force is Mode.OBSERVE:
            # What nobody can read there was read as observe.
            unchanged += " OR NOT in_force IN (:observe, :enforce)"
            values |= {":observe": Mode.OBSERVE, ":enforce": Mode.ENFORCE}
        since = ", enforcing_since = :since" if enforcing_since else " REMOVE enforcing_since"
        with answers():
            try:
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=MODE_KEY,
                    UpdateExpression=f"SET in_force = :mode{since}",
                    ConditionExpression=unchanged,
                    ExpressionAttributeValues=to_item(values),
                )
            except ClientError as error:
                # Another function noted the change first: its moment is as good.
                if code_of(error) != "ConditionalCheckFailedException":
                    raise

    def _deciding(self, tenant: Tenant, last: str) -> Pending | None:
        """What made the standing of a tenant, among its decisions up to one, or None."""
        earlier = self._latest(tenant.name, DECISION, last)
        return next((each for each in earlier if each.decision.id == tenant.decided), None)

    def _latest(self, name: str, first: str, last: str) -> list[Pending]:
        """The latest decisions about a tenant between two keys, the last one first."""
        with answers():
            found = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues=to_item({":pk": partition_of(name), ":first": first, ":last": last}),
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=_CLOSE_BEHIND,
            )
        read = (_readable(pending_from, from_item(item)) for item in found["Items"])
        return [each for each in read if each]

    def saving(self, tenant: Tenant, now: datetime) -> list[dict[str, Any]]:
        """The actions that write a record, if it is at the version before."""
        item = {
            "pk": partition_of(tenant.name),
            "sk": "tenant",
            **({} if tenant.is_account else {"todo": "review", "todo_order": tenant.due_at(now).timestamp()}),
            "version": tenant.version,
            # For people and tools that look into the table.
            "standing": tenant.standing,
            "tenant": plain(tenants(), tenant),
        }
        if tenant.version == 1 and tenant.is_account:
            return [self._put(item, "attribute_not_exists(pk)")]
        if tenant.version == 1:
            # SES is asked for the tags of a new tenant in a line of their own: its pace must not hold up the review.
            return [self._put(item, "attribute_not_exists(pk)"), self._put(tags_item(tenant.name, now))]
        return [self._put(item, "version = :read", {":read": tenant.version - 1})]

    def _put(
        self, item: Mapping[str, Any], condition: str = "", values: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._table, "Item": to_item(item)}
        if condition:
            put["ConditionExpression"] = condition
        if values:
            put["ExpressionAttributeValues"] = to_item(values)
        return {"Put": put}

    def _update(self, decision: Decision, expression: str, values: Mapping[str, Any] | None = None) -> None:
        update: Any = {"Key": to_item(decision_key(decision)), "UpdateExpression": expression}
        if values:
            update["ExpressionAttributeValues"] = to_item(values)
        with answers():
            self._dynamodb.update_item(TableName=self._table, **update)

    def _get(self, key: Any) -> dict[str, Any]:
        with answers():
            return from_item(
                self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
            )

    def _todo(self, what: str, until: float | None = None) -> list[dict[str, Any]]:
        """The keys of what is to do, a round's worth."""
        return list(islice(self._todos(what, until), _A_ROUND))

    def _todos(self, what: str, until: float | None = None) -> Iterator[dict[str, Any]]:
        """The keys of what is to do: decisions from the fastest sender on, tenants from the longest due."""
        place: Any = {}
        while True:
            with answers():
                found = self._dynamodb.query(
                    TableName=self._table,
                    **todo_query(what, until),
                    ScanIndexForward=until is not None,
                    Limit=_A_ROUND,
                    **place,
                )
            for item in map(from_item, found["Items"]):
                yield {"pk": item["pk"], "sk": item["sk"]}
            if "LastEvaluatedKey" not in found:
                return
            place = {"ExclusiveStartKey": found["LastEvaluatedKey"]}


def _switch(text: object) -> Mode:
    """What a person wrote by hand; whatever cannot be read is taken for the most cautious (Law 12)."""
    return Mode.ENFORCE if str(text).strip().lower() == Mode.ENFORCE else Mode.OBSERVE


def _moment(text: object) -> datetime | None:
    """A moment that a person may have touched, in UTC where it says no zone; None where it is none."""
    try:
        found = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _readable(read: Callable[[Mapping[str, Any]], T], item: Mapping[str, Any]) -> T | None:
    """What an item holds; one that cannot be read must not stop its neighbours (Law 11), and is left where it is."""
    try:
        return read(item)
    except UNREADABLE as error:
        _LOG.error("unreadable record %s %s: %s", item.get("pk"), item.get("sk"), unreadable(error))
        return None
