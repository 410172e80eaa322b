"""What must hold of people: each episode has its incident, each page reached somebody, and no execution is stuck."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from reputation_guard.domain.tenant import ACCOUNT
from tests.chaos.book import decisions, incidents
from tests.chaos.machine import KILLED
from tests.chaos.world import World

Found = Iterator[tuple[str, str]]
EPISODES = {"TenantPaused", "PauseRefused", "BrakeEngaged", "GuardBlinded"}
_ENDS = {"BrakeEngaged": "BrakeReleased", "GuardBlinded": "GuardSighted"}
# Reconcile looks every five minutes, for what has lasted ten: that all of these looks fail is not to be expected.
_TOLD_WITHIN = timedelta(minutes=45)
_PAGED = "EscalationRaised"
_LADDER = ("PAGES_TOPIC", "SECOND_RUNG_TOPIC", "THIRD_RUNG_TOPIC")


def pages(world: World) -> Found:
    """No page is lost, and none is there twice under another id."""
    told: dict[str, set[str]] = defaultdict(set)
    for topic, attributes in world.topics.told:
        told[attributes["id"]].add(topic)
    raised = {event["detail"]["id"]: event["detail"] for event in world.buses.said if event["detail-type"] == _PAGED}
    for name, page in raised.items():
        wanted = {_LADDER[rung] for rung in page["page"]["rungs"]}
        # At a notice's last chance another topic of the ladder takes the place of one that fails.
        reached = wanted <= told[name] or bool(told[name] & set(_LADDER))
        yield "no page is lost", "" if reached else f"{name} reached {sorted(told[name])}"
    same = Counter(_what_is_told(page) for page in raised.values())
    for what, times in same.items():
        yield "no page is told under two ids", f"{what} has {times}" if times > 1 else ""
    for incident in incidents(world).values():
        numbers = {page["page"]["number"] for page in raised.values() if page["incident"]["id"] == incident["id"]}
        missing = {page["number"] for page in incident.get("pages", ())} - numbers
        yield "no page is lost", f"{incident['id']} never told its pages {missing}" if missing else ""


def _what_is_told(announced: Mapping[str, Any]) -> tuple[Any, ...]:
    page, incident = announced["page"], announced["incident"]
    heard = tuple(signal["id"] for signal in incident.get("signals", ()))
    members = tuple(incident.get("members", ()))
    return incident["id"], page["number"], page["cause"], tuple(page["rungs"]), heard, members


def _subject(episode: str, event: str) -> tuple[str, int]:
    """What has one incident at a time, and which of its episodes this is: the account's troubles have one each."""
    tenant, _, version = episode.rpartition(".")
    return (f"{tenant}: {event}" if tenant == ACCOUNT else tenant), int(version)


def nobody_is_left_waiting(world: World) -> Found:
    """Each episode has an incident, an open one exactly one execution that waits, and a closed one none."""
    found, waiting = incidents(world), Counter(each.incident for each in world.machine.running())
    latest: Counter[str] = Counter()
    for name, incident in found.items():
        subject, version = _subject(name, incident["case"]["name"])
        latest[subject] = max(latest[subject], version)
    for event in world.buses.said:
        if event["detail-type"] in EPISODES and not event["detail"].get("gone"):
            episode = event["detail"]["id"].removesuffix(f".{event['detail-type']}")
            subject, version = _subject(episode, event["detail-type"])
            # A later one may have begun before this was heard of.
            fine = episode in found or latest[subject] > version
            yield "each episode has its incident", "" if fine else f"{episode} has none"
    for name, incident in found.items():
        executions = waiting[name]
        wanted = 0 if incident.get("closed_at") else 1
        told = f"{name} has {executions} executions, closed at {incident.get('closed_at')}"
        yield "no execution is stuck", "" if executions == wanted else told
    paged = {attributes["id"] for _, attributes in world.topics.told}
    for execution in world.machine.executions:
        fine = execution.ended != KILLED or execution.id in paged
        yield "that an execution was killed is told", "" if fine else execution.id
        # Whatever ended one from outside, its incident has another by now: see above.
        stuck = execution.ended == "FAILED" or (not execution.ended and not execution.token)
        yield "no execution is stuck", f"{execution.id} {execution.ended} {execution.incident}" if stuck else ""
    for name, queue in world.queues.items():
        left = len(queue.messages) + len(queue.dead)
        yield "nothing is left in a queue", f"{name}: {left}" if left else ""


def the_account_is_answered_for(world: World) -> Found:
    """A trouble of the account that lasts gets its incident while it lasts, whatever became of its first execution."""
    found, of_account = incidents(world), [each for each in decisions(world) if each["tenant"] == ACCOUNT]
    for each in of_account:
        if each["announces"] not in _ENDS:
            continue
        began, same = _at(each), {each["announces"], _ENDS[each["announces"]]}
        ended = min(
            (_at(other) for other in of_account if other["announces"] in same and _at(other) > began), default=world.now
        )
        opened = datetime.fromisoformat(found[each["id"]]["opened_at"]) if each["id"] in found else ended
        fine = min(opened, ended) - began < _TOLD_WITHIN
        yield "a trouble of the account is answered for", "" if fine else f"{each['id']}: from {began}, {opened}"


def _at(decision: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(decision["decision"]["at"])
