"""What operators look at: each number on the dashboard is one that somebody writes, and each alarm leads somewhere."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import pytest

from tests.functions.metrics import DIMENSION, EMITTED, NAMESPACE
from tests.template.stack import ROOT, Stack, logical_id, written
from tests.template.test_edges import dead_letters

RUNBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

# AWS's own metrics: the dimension that names the resource, and its type.
OF_AWS = {
    "AWS/SQS": ("QueueName", "SQS::Queue", "QueueName"),
    "AWS/Lambda": ("FunctionName", "Lambda::Function", ""),
    "AWS/DynamoDB": ("TableName", "DynamoDB::Table", ""),
    "AWS/Events": ("RuleName", "Events::Rule", ""),
    "AWS/States": ("StateMachineArn", "StepFunctions::StateMachine", ""),
    "AWS/Logs": ("LogGroupName", "Logs::LogGroup", ""),
}
NAMES_OF_AWS = {
    "AWS/SQS": {
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesVisible",
        "NumberOfMessagesSent",
        "NumberOfEmptyReceives",
    },
    "AWS/Lambda": {"Errors", "Throttles", "Duration", "IteratorAge"},
    "AWS/DynamoDB": {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "WriteThrottleEvents"},
    "AWS/Events": {"Invocations"},
    "AWS/States": {"ExecutionsStarted", "ExecutionsFailed", "ExecutionsTimedOut"},
    "AWS/Logs": {"IncomingBytes"},
}
"""The names in CloudWatch's documentation of these services, as far as the template uses them."""


def dashboard() -> list[dict[str, Any]]:
    """Return the widgets. CloudFormation fills in names without quotation marks, so it is JSON before and after."""
    body = json.loads(written()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    widgets: list[dict[str, Any]] = body["widgets"]
    return widgets


WIDGETS = dashboard()
GRAPHS = [each for each in WIDGETS if each["type"] == "metric"]


def metrics_of(graph: dict[str, Any]) -> list[list[Any]]:
    """Return the metrics of a graph; expressions of them are none."""
    return [metric for metric in graph["properties"]["metrics"] if "expression" not in metric[0]]


def is_written(namespace: str, name: str, dimensions: dict[str, str], stack: Stack) -> bool:
    """Tell whether a metric comes from a function of the guard, or from AWS for a resource of the template."""
    if namespace == NAMESPACE:
        return name in EMITTED and dimensions == {DIMENSION: "${AWS::StackName}"}
    key, kind, attribute = OF_AWS[namespace]
    resources = stack.of_type(kind)
    if (index := dimensions.pop("GlobalSecondaryIndexName", None)) is not None:
        table = resources[logical_id({"Fn::Sub": dimensions[key]})]
        if index not in {each["IndexName"] for each in table["GlobalSecondaryIndexes"]}:
            return False
    named = {f"${{{resource}{'.' * bool(attribute)}{attribute}}}" for resource in resources}
    return name in NAMES_OF_AWS[namespace] and dimensions.keys() == {key} and dimensions[key] in named


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph["properties"]["title"])
def test_every_metric_on_the_dashboard_is_written_by_somebody(graph: dict[str, Any], stack: Stack) -> None:
    """A graph of a misspelt metric is empty, and looks like a quiet night."""
    for namespace, name, *rest in metrics_of(graph):
        dimensions = dict(zip(rest[:-1:2], rest[1::2], strict=True))
        assert is_written(namespace, name, dimensions, stack), (namespace, name, rest)


@pytest.mark.parametrize(
    ("namespace", "name", "dimensions"),
    [
        ("ReputationGuard", "Review", {"service": "${AWS::StackName}"}),
        ("ReputationGuard", "Reviews", {"tenant": "shop"}),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "${FeedbackQueue}"}),
        ("AWS/SQS", "Messages", {"QueueName": "${FeedbackQueue.QueueName}"}),
        ("AWS/Lambda", "Errors", {"FunctionName": "${FeedbackQueue}"}),
        ("AWS/DynamoDB", "WriteThrottleEvents", {"TableName": "${BookTable}", "GlobalSecondaryIndexName": "done"}),
    ],
)
def test_a_metric_nobody_writes_is_found(namespace: str, name: str, dimensions: dict[str, str], stack: Stack) -> None:
    """A check that takes everything proves nothing. A queue's `Ref` is its URL."""
    assert not is_written(namespace, name, dimensions, stack)


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph["properties"]["title"])
def test_every_line_of_a_graph_has_a_name_and_the_graph_a_unit(graph: dict[str, Any]) -> None:
    """What is a number of, and in what time? The metric's own name is the code's word."""
    properties = graph["properties"]
    shown = [metric[-1] for metric in properties["metrics"] if metric[-1].get("visible", True)]
    assert all(each["label"] for each in shown)
    assert len({each["label"] for each in shown}) == len(shown)
    assert properties["region"] == "${AWS::Region}"
    if properties["view"] == "timeSeries":
        assert properties["yAxis"]["left"]["label"]
        assert all(each.get("yAxis") != "right" or properties["yAxis"]["right"]["label"] for each in shown)


def test_widgets_lie_side_by_side_and_leave_no_hole() -> None:
    """Two widgets in one place push each other around, and nothing on the page is where it was."""
    for one, other in combinations(WIDGETS, 2):
        apart = (
            one["x"] + one["width"] <= other["x"]
            or other["x"] + other["width"] <= one["x"]
            or one["y"] + one["height"] <= other["y"]
            or other["y"] + other["height"] <= one["y"]
        )
        assert apart, (one["properties"], other["properties"])
    deep = max(each["y"] + each["height"] for each in WIDGETS)
    assert sum(each["width"] * each["height"] for each in WIDGETS) == 24 * deep


def test_the_first_thing_on_the_page_says_what_to_look_at_first() -> None:
    """Whoever was woken reads one sentence, and then the alarms."""
    first = min(WIDGETS, key=lambda each: each["y"])
    assert "**Look first**" in first["properties"]["markdown"]
    assert min(each["y"] for each in WIDGETS if each["type"] == "alarm") < min(each["y"] for each in GRAPHS)


def test_the_dashboard_shows_every_alarm_and_every_queue_of_dead_letters(stack: Stack) -> None:
    """What is missing on the page is healthy, thinks whoever looks at it."""
    [alarms] = [each["properties"]["alarms"] for each in WIDGETS if each["type"] == "alarm"]
    assert sorted(alarms) == sorted(f"${{{name}.Arn}}" for name in stack.of_type("CloudWatch::Alarm"))
    shown = {
        rest[1].removeprefix("${").partition(".")[0]
        for graph in GRAPHS
        for _, name, *rest in metrics_of(graph)
        if name == "ApproximateNumberOfMessagesVisible"
    }
    assert shown == dead_letters(stack)


def test_every_alarm_watches_a_metric_that_somebody_writes(stack: Stack) -> None:
    """The same for alarms: a misspelt one never rings."""
    for name, alarm in stack.of_type("CloudWatch::Alarm").items():
        [dimension] = alarm["Dimensions"]
        match dimension["Value"]:
            case {"Ref": str(resource)}:
                value = f"${{{resource}}}"
            case {"Fn::GetAtt": [str(resource), str(attribute)]}:
                value = f"${{{resource}.{attribute}}}"
        assert is_written(alarm["Namespace"], alarm["MetricName"], {dimension["Name"]: value}, stack), name


def test_every_alarm_acts_and_says_what_to_do(stack: Stack) -> None:
    """An alarm without a receiver, or without words for whoever it wakes, is none."""
    for name, alarm in stack.of_type("CloudWatch::Alarm").items():
        assert [logical_id(topic) for topic in alarm["AlarmActions"]] == ["AlarmsTopic"], name
        assert re.search(r"\. Do: [^.]+\. \$\{RunbookUrl\}#\S+\s*$", alarm["AlarmDescription"]["Fn::Sub"]), name


def test_every_link_into_the_runbook_ends_at_a_heading(stack: Stack) -> None:
    """Those of the dashboard, and of alarms: at their own, or at that of dead letters, where the queue is named."""
    headings = {anchor(line) for line in RUNBOOK.splitlines() if line.startswith("#")}
    links = re.findall(r"\$\{RunbookUrl\}#([\w-]+)", json.dumps(WIDGETS))
    assert set(links) <= headings
    of_dead_letters = RUNBOOK.partition("\n## Dead letters\n")[2]
    for name, alarm in stack.of_type("CloudWatch::Alarm").items():
        leads_to = alarm["AlarmDescription"]["Fn::Sub"].strip().rpartition("#")[2]
        queue = name.removesuffix("Alarm")
        assert leads_to == ("dead-letters" if queue in dead_letters(stack) else name.lower())
        assert leads_to in headings
        assert queue not in dead_letters(stack) or f"`{queue}`" in of_dead_letters


def anchor(heading: str) -> str:
    """Return what GitHub makes of a heading."""
    return re.sub(r"[^\w -]", "", heading.lstrip("#").strip().lower()).replace(" ", "-")


def test_the_heart_that_stops_rings(stack: Stack) -> None:
    """A dead function writes no number at all, so the absence of one is the alarm."""
    alarm = stack.of_type("CloudWatch::Alarm")["ReviewSilentAlarm"]
    assert (alarm["MetricName"], alarm["TreatMissingData"]) == ("Reviews", "breaching")
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == ("Sum", "LessThanThreshold", 1)
    assert alarm["Period"] * alarm["EvaluationPeriods"] <= 300
