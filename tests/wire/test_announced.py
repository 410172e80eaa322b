"""The guard events as `events/` shows them to whoever listens on the guard bus."""

import json
from typing import Any

import pytest

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.escalation import IncidentAnnouncement
from reputation_guard.domain.incident_notice import notice_about
from reputation_guard.domain.judgement import replayed
from reputation_guard.wire.announcement import detail_of, parse_announcement
from tests.wire.stories import EVENTS, STORIES, file_of, published

_DIGITS = 9
# A person ordered the first; the others are about the guard itself.
NOT_JUDGED = {
    GuardEvent.RESUME_REFUSED,
    GuardEvent.BRAKE_ENGAGED,
    GuardEvent.BRAKE_RELEASED,
    GuardEvent.GUARD_BLINDED,
    GuardEvent.GUARD_SIGHTED,
}


def shown(event: GuardEvent) -> dict[str, Any]:
    """The guard event as `events/` shows it."""
    found: dict[str, Any] = json.loads(file_of(event).read_text(encoding="utf-8"))
    return found


def case_of(announcement: Announcement | IncidentAnnouncement) -> Announcement:
    """The guard event itself, or the one that began the incident."""
    return announcement if isinstance(announcement, Announcement) else announcement.incident.case


def rounded(value: Any) -> Any:
    """The value, its numbers without the last digits, in which one machine's logarithm differs from another's."""
    match value:
        case float():
            return float(f"{value:.{_DIGITS}g}")
        case dict():
            return {name: rounded(each) for name, each in value.items()}
        case list():
            return [rounded(each) for each in value]
    return value


def test_every_guard_event_is_shown_and_nothing_else_is() -> None:
    assert sorted(EVENTS.glob("announced-*.json")) == sorted(map(file_of, STORIES))


@pytest.mark.parametrize("event", STORIES)
def test_what_is_shown_is_what_the_guard_publishes(event: GuardEvent) -> None:
    """Each is the end of a story that the guard lives through; `python -m tests.wire.stories` writes them anew."""
    assert rounded(shown(event)) == rounded(published(event))


@pytest.mark.parametrize("event", STORIES)
def test_what_is_shown_is_read_and_written_without_a_loss(event: GuardEvent) -> None:
    body = shown(event)
    read = parse_announcement(json.dumps(body))
    assert (read.name, body["detail-type"], body["detail"]["name"]) == (event, event, event)
    assert json.loads(detail_of(read)) == body["detail"]
    notice = notice_about(read)
    # An escalation pages for what begins an episode.
    assert notice is None or (notice.id, notice.tenant) == (read.id, case_of(read).decision.tenant.name)


@pytest.mark.parametrize("event", STORIES)
def test_the_judgement_that_is_shown_replays(event: GuardEvent) -> None:
    """Law 3: counts, windows, limits and evidence belong together, as an auditor will check."""
    decision = case_of(parse_announcement(file_of(event).read_bytes())).decision
    assert decision.judged == (event not in NOT_JUDGED)
    if not decision.judged:
        return
    again = replayed(decision)
    assert (again.answer, again.announces) == (decision.answer, decision.announces)
    assert (again.windows, again.reason) == (decision.windows, decision.reason)
    assert bool(again.because) == bool(decision.because)
    if again.because and decision.because:
        assert again.because.window == decision.because.window
        assert again.because.strength == pytest.approx(decision.because.strength)
