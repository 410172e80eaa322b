"""How long feedback takes, as judgements assume it: learned from the fleet, or the start values."""

from collections.abc import Mapping

from cli.command import Desk
from cli.words import about
from reputation_guard.domain.delays import age_when_due
from reputation_guard.domain.learning import DAYS_TO_LEARN_FROM, ENOUGH_FEEDBACK, Lesson
from reputation_guard.domain.policy import Kind


def as_json(lessons: Mapping[Kind, Lesson]) -> object:
    """The delays for programs."""
    return {
        kind: {
            "learned": lesson.delay.learned,
            "feedback": lesson.feedback,
            "groups_of_tenants": lesson.groups,
            "median_seconds": round(age_when_due(lesson.delay, 0.5), 1),
            "percentile_90_seconds": round(age_when_due(lesson.delay, 0.9), 1),
        }
        for kind, lesson in lessons.items()
    }


def print_delays(lessons: Mapping[Kind, Lesson], desk: Desk) -> None:
    """The delays for people, one line a kind."""
    for kind, lesson in lessons.items():
        half, most = (about(age_when_due(lesson.delay, share)) for share in (0.5, 0.9))
        desk.say(f"Half of {kind}s come within {half}, 90 % within {most}: {_source(lesson)}.")


def _source(lesson: Lesson) -> str:
    if lesson.delay.learned:
        return f"learned from {lesson.feedback:,} in {DAYS_TO_LEARN_FROM} days"
    return f"start values, {lesson.feedback:,} of {ENOUGH_FEEDBACK:,} to learn from"
