"""What must hold in a calm: whatever went wrong before, once AWS works again and people have replayed what failed.

Each check yields the law it stands for and what breaks it, "" where it holds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from reputation_guard import wiring
from reputation_guard.domain.counts import Ledger
from reputation_guard.domain.tenant import ACCOUNT
from tests.aws.tables import COUNTS
from tests.chaos.book import decisions, is_a_pause, is_of_the_guard, record
from tests.chaos.braking import the_brake_holds, was_kept
from tests.chaos.deployment import FUNCTIONS
from tests.chaos.ses import DISABLED
from tests.chaos.story import PAUSED_BY_THE_GUARD, TENANTS
from tests.chaos.told import nobody_is_left_waiting, pages, the_account_is_answered_for
from tests.chaos.world import World

Found = Iterator[tuple[str, str]]
_NUMBERS = {"bounce": "bounces", "complaint": "complaints"}
_SETTLED_PAUSES = {"confirmed", "adopted", "superseded", "withdrawn"}


def in_a_calm(world: World) -> Found:
    """Whatever must hold half an hour after the last fault."""
    for function in FUNCTIONS.values():
        mistake = world.processes.mistakes.get(function)
        yield "no function makes a mistake", f"{function}: {mistake}" if mistake else ""
    yield from _feedback_is_exact(world)
    yield from _sends_are_never_under(world)
    yield from _decisions(world)
    yield from _records_agree_with_ses(world)
    yield from _nothing_is_enforced_twice(world)
    yield from pages(world)
    yield from nobody_is_left_waiting(world)
    yield from the_account_is_answered_for(world)
    yield from the_brake_holds(world)


def at_the_end(world: World) -> Found:
    """Whatever must hold a day and a half later as well: the story is over, and everybody sends again."""
    decided = Counter(each["tenant"] for each in decisions(world) if is_a_pause(each) and is_of_the_guard(each))
    # Sends that failed to the last leave a gap, and the mail around a gap is held against nobody (Law 7).
    for name in PAUSED_BY_THE_GUARD if "gaps" not in world.tables.item(COUNTS, "watermark", "sends") else ():
        # Past the brake that is for a person to say.
        wanted = 2 if name == "bad" and not was_kept(world, name) else 1
        stopped = decided[name] + was_kept(world, name)
        yield "harm is stopped", "" if stopped >= wanted else f"{name} was paused {decided[name]} times"
    yield "the innocent are not", f"steady was paused {decided['steady']} times" if decided["steady"] else ""
    for name in TENANTS:
        standing = record(world, name).get("standing")
        fine = standing in {"HEALTHY", "WARNED"} and not world.ses.entities[name].is_shut
        yield "nothing lasts for ever", "" if fine else f"{name} is {standing}"
    account = record(world, ACCOUNT)
    for trouble in ("blind", "braked_at"):
        yield "nothing lasts for ever", f"{trouble}: {account[trouble]}" if account.get(trouble) else ""


def _feedback_is_exact(world: World) -> Found:
    """Law 1, in the sets themselves and in the numbers that a judgement reads."""
    ids: dict[tuple[str, str], set[bytes]] = defaultdict(set)
    for item in world.tables.of(COUNTS):
        kind, _, tenant = item["pk"]["S"].partition("#")
        for name in _NUMBERS if kind == "feedback" else ():
            ids[tenant, name] |= set(item.get(name, {"BS": []})["BS"])
    reader = wiring.counted()
    for tenant in TENANTS:
        counts = reader.known(Ledger(tenant=tenant), world.now).counts
        for kind, series in _NUMBERS.items():
            emitted = len(world.truth.feedback[tenant, kind])
            counted, judged = len(ids[tenant, kind]), sum(getattr(counts, series).numbers)
            told = f"{tenant}: {emitted} {series} emitted, {counted} counted, {judged} judged"
            yield "feedback is counted exactly", "" if emitted == counted == judged else told


def _sends_are_never_under(world: World) -> Found:
    """Law 1: never under, and each send that was counted once more has its cause."""
    for tenant in TENANTS:
        hours = [item for item in world.tables.of(COUNTS) if item["pk"]["S"] == f"tenant#{tenant}"]
        counted = sum(_sends_in(item) for item in hours if item["sk"]["S"].count("#") == 1)
        known = Counter(
            {mail: world.truth.counted[mail] for mail, sent in world.truth.sends.items() if sent.tenant == tenant}
        )
        told = f"{tenant}: {len(known)} sends, {known.total()} explained, {counted} counted"
        fine = counted == known.total() and all(known.values())
        yield "sends are never under, and the overcount is explained", "" if fine else told


def _sends_in(item: Mapping[str, Any]) -> int:
    return sum(int(value["N"]) for name, value in item.items() if name[0] == "s" and name[1:].isdigit())


def _decisions(world: World) -> Found:
    """Law 4: a pause decided is enforced, or a page says that it is not; and nothing is pending for ever."""
    said = {event["detail"]["id"]: event for event in world.buses.said if "decision" in event["detail"]}
    for each in decisions(world):
        pending, outcome = "todo" in each, each.get("outcome", "")
        if not is_a_pause(each):
            yield "nothing is pending for ever", f"{each['id']} is pending" if pending else ""
            continue
        if outcome == "confirmed":
            fine = f"{each['id']}.TenantPaused" in said
        else:
            fine = outcome in _SETTLED_PAUSES or (pending and f"{each['id']}.PauseRefused" in said)
        yield "a pause decided is enforced, or paged", "" if fine else f"{each['id']}: {outcome or 'pending'}"
        lost = each["decision"].get("reason") == "the guard's pause was lost"
        yield "no pause is thought lost that was not", f"{each['id']}" if lost else ""


def _records_agree_with_ses(world: World) -> Found:
    """Law 4 and 5: what the book says of a stop is what SES says."""
    for name in TENANTS:
        entity, found = world.ses.entities[name], record(world, name)
        stops, shut = set(found.get("stops", ())), entity.customer == DISABLED
        told = f"{name}: {found.get('standing')}, stopped by {sorted(stops)}, and SES has {entity}"
        fine = (
            not found.get("under_way")
            and shut == bool(stops & {"guard", "operator"})
            and (entity.ses == DISABLED) == ("ses" in stops)
            and (found.get("standing") == "PAUSED") == bool(stops)
        )
        yield "the book agrees with SES", "" if fine else told


def _nothing_is_enforced_twice(world: World) -> Found:
    """Law 5 as well: one change a decision, and never of another's stop that it could have seen."""
    by_id = {each["id"]: each for each in decisions(world)}
    changed: Counter[tuple[str, str]] = Counter()
    for change in world.ses.changes:
        if not change.decision:
            continue
        changed[change.decision, change.status] += change.before != change.status
        lifted = change.status != DISABLED and change.before == DISABLED and not change.hand.startswith("enforce:")
        decision = by_id.get(change.decision, {}).get("decision", {})
        fine = not lifted or change.unseen_hand or decision.get("owner") == "operator"
        yield "another's stop is never lifted", "" if fine else f"{change}"
    for (decision, status), times in changed.items():
        yield "nothing is enforced twice", f"{decision} set {status} {times} times" if times > 1 else ""
