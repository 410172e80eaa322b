"""Whether SES publishes what the guard has to see: sends, bounces and complaints of every configuration set."""

from collections.abc import Iterator, Sequence
from typing import Any

from cli.doctor.diagnosis import Diagnosis, Examination, fail, ok, warn
from cli.words import count

NEEDED = ("SEND", "BOUNCE", "COMPLAINT")
OWN_NAME = "reputation-guard"


def destinations(exam: Examination) -> Iterator[Diagnosis]:
    """Every configuration set publishes sends, bounces and complaints to the default bus."""
    sets = _configuration_sets(exam)
    if not sets:
        fix = "Console: Amazon SES > Configuration sets > Create set; then send with it, and run guard doctor again."
        yield warn("SES has no configuration sets: without one it publishes no event the guard could count.", fix)
        return
    blind = 0
    for name in exam.one_by_one(sets, "Asking SES for event destinations"):
        exam.ses_turn()
        found = (
            exam.deployment.account.client("sesv2")
            .get_configuration_set_event_destinations(ConfigurationSetName=name)
            .get("EventDestinations", [])
        )
        if missing := _missing(exam, found):
            blind += 1
            yield fail(_text(exam, name, missing, found), _fix(exam, name, missing, found), name)
    if seen := len(sets) - blind:
        yield ok(f"{seen} of {count(len(sets), 'configuration set')} publishing sends, bounces and complaints.")


def _configuration_sets(exam: Examination) -> list[str]:
    """The names of all sets; SES has no paginator for them."""
    names: list[str] = []
    more: dict[str, Any] = {}
    while True:
        exam.ses_turn()
        page = exam.deployment.account.client("sesv2").list_configuration_sets(PageSize=1000, **more)
        names += page.get("ConfigurationSets", [])
        if not page.get("NextToken"):
            return sorted(names)
        more = {"NextToken": page["NextToken"]}


def _default_bus(exam: Examination) -> str:
    return exam.deployment.arn("events", "event-bus/default")


def _on_default_bus(exam: Examination, destination: Any) -> bool:
    return bool(destination.get("EventBridgeDestination", {}).get("EventBusArn") == _default_bus(exam))


def _missing(exam: Examination, found: Sequence[Any]) -> list[str]:
    published = {
        event
        for each in found
        if each.get("Enabled") and _on_default_bus(exam, each)
        for event in each.get("MatchingEventTypes", [])
    }
    return [event for event in NEEDED if event not in published]


def _text(exam: Examination, name: str, missing: Sequence[str], found: Sequence[Any]) -> str:
    to_a_bus = [each for each in found if "EventBridgeDestination" in each]
    if any(_on_default_bus(exam, each) and not each.get("Enabled") for each in to_a_bus):
        hint = " A destination to the default bus is there, and disabled."
    elif any(not _on_default_bus(exam, each) for each in to_a_bus):
        hint = " It publishes to another bus; only the default one will do."
    else:
        hint = ""
    return f"Configuration set {name} does not publish {', '.join(missing)}: the guard does not see that.{hint}"


def _fix(exam: Examination, name: str, missing: Sequence[str], found: Sequence[Any]) -> str:
    """One more destination for what is missing; where ours is there already, that one as it should be."""
    own = next((each for each in found if each.get("Name") == OWN_NAME), None)
    kept = own.get("MatchingEventTypes", []) if own else []
    events = [*missing, *(event for event in kept if event not in missing)]
    wanted = ", ".join(f'"{event}"' for event in events)
    return exam.deployment.account.command(
        f"sesv2 {'update' if own else 'create'}-configuration-set-event-destination",
        f"--configuration-set-name {name}",
        f"--event-destination-name {OWN_NAME}",
        f"""--event-destination '{{"Enabled": true, "MatchingEventTypes": [{wanted}],
    "EventBridgeDestination": {{"EventBusArn":
      "{_default_bus(exam)}"}}}}'""",
    )
