"""Parameters that are good for something only together are refused alone, before anything is deployed."""

from __future__ import annotations

from typing import Any

import pytest

from reputation_guard.domain.brake import BrakeRules
from tests.fakes.builders import BRAKE
from tests.template.stack import written

DEFAULTS = {name: str(parameter["Default"]) for name, parameter in written()["Parameters"].items()}
URL, SECRET, KEY = "https://example.com/hook", "guard/webhook", "guard/pagerduty"
ENDPOINT = "https://events.eu.pagerduty.com/v2/enqueue"


def is_true(expression: dict[str, Any], parameters: dict[str, str]) -> bool:
    """Evaluate what rules and conditions here are made of; CloudFormation takes the same in both."""
    [(function, arguments)] = expression.items()
    match function:
        case "Fn::Equals":
            left, right = (parameters[each["Ref"]] if isinstance(each, dict) else each for each in arguments)
            return bool(left == right)
        case "Fn::Not":
            return not is_true(arguments[0], parameters)
        case "Fn::Or":
            return any(is_true(each, parameters) for each in arguments)
    raise AssertionError(function)


def complaints(**given: str) -> list[str]:
    """What CloudFormation says of these parameters, the others being as they are by default."""
    parameters = DEFAULTS | given
    return [
        assertion["AssertDescription"]
        for rule in written()["Rules"].values()
        if is_true(rule["RuleCondition"], parameters)
        for assertion in rule["Assertions"]
        if not is_true(assertion["Assert"], parameters)
    ]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"WebhookUrl": URL}, "WebhookUrl without WebhookSecret"),
        ({"WebhookSecret": SECRET}, "WebhookSecret without WebhookUrl"),
        ({"PagerDutyEndpoint": ENDPOINT}, "PagerDutyEndpoint without PagerDutyRoutingKey"),
    ],
)
def test_a_channel_that_is_half_switched_on_is_refused(given: dict[str, str], missing: str) -> None:
    """It would be off without a word, and whoever relies on it would not be paged."""
    [complaint] = complaints(**given)
    assert complaint.startswith(missing)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"WebhookUrl": URL, "WebhookSecret": SECRET},
        {"PagerDutyRoutingKey": KEY},
        {"PagerDutyRoutingKey": KEY, "PagerDutyEndpoint": ENDPOINT},
    ],
)
def test_a_channel_that_is_whole_or_off_is_deployed(given: dict[str, str]) -> None:
    """And it is switched on by what its rule demands."""
    assert complaints(**given) == []
    conditions, parameters = written()["Conditions"], DEFAULTS | given
    assert is_true(conditions["NoticesByWebhook"], parameters) == ("WebhookUrl" in given)
    assert is_true(conditions["PagesByPagerDuty"], parameters) == ("PagerDutyRoutingKey" in given)


def test_the_other_tests_brake_is_the_one_deployed_by_default() -> None:
    """No code has these numbers beside the template."""
    assert BrakeRules(int(DEFAULTS["BrakeLeast"]), int(DEFAULTS["BrakePercent"]) / 100) == BRAKE
