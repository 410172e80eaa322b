"""What a notice says of feedback whose sends are not seen: nobody is paused for it, and what lets them be seen."""

from reputation_guard.domain.decision import Decision, GuardEvent
from reputation_guard.domain.windows import Window
from reputation_guard.domain.words import feedback_in_words, in_words


def is_about_sets(decision: Decision) -> bool:
    """Whether it tells of feedback through sets whose sends nobody sees; what is seen of the tenant is judged."""
    because = decision.because
    return decision.announces is GuardEvent.SENDS_UNSEEN and because is not None and because.window.unseen > 0


def unseen_in_words(window: Window, sets: tuple[str, ...]) -> str:
    """The feedback that is held against nobody."""
    return (
        f"Not held against it: {window.unseen} {feedback_in_words(window.kind)} in the last {in_words(window.length)} "
        f"of mail sent through {', '.join(sets)}. No Send of it through there was seen at the time."
    )


def to_let_sends_be_seen(decision: Decision) -> str:
    """What people have to do."""
    if is_about_sets(decision):
        return (
            "what it sends through there is NOT guarded; all else it sends is judged as ever. Publish the Send events "
            f"of {', '.join(decision.unseen_sets)} to EventBridge (what each set publishes: guard doctor)."
        )
    return (
        "it is NOT paused, and not guarded either. Let its sends be seen: put a message tag of its own on every mail "
        "(which one: guard doctor) or give it a configuration set of its own, and publish Send events from its "
        "configuration sets to EventBridge."
    )
