"""What an idle stack costs is counted from the template and from what really runs."""

import pytest

from bench.at_rest import run_a_day, standing
from tests.template.stack import Stack, translated


def test_what_stands_is_counted_and_priced() -> None:
    stack = Stack(
        {
            "One": {"Type": "AWS::CloudWatch::Alarm", "Properties": {}},
            "OfTwoMetrics": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [{}, {}]}},
            "Wakes": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": {"Ref": "AQueue"}}},
            "Streams": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": {"Ref": "Table"}}},
            "Often": {"Type": "AWS::Scheduler::Schedule", "Properties": {"ScheduleExpression": "rate(5 minutes)"}},
        }
    )
    lines = {name.partition(" x ")[0]: dollars for name, dollars in standing(stack, metrics=7).items()}
    assert lines["CloudWatch: an alarm on a metric for a month"] == pytest.approx(0.30)
    assert lines["CloudWatch: a metric for a month"] == pytest.approx(2.10)
    # Five pollers, three looks a minute, 43,200 minutes, at 40 cents a million.
    assert lines["SQS standard: a million requests of 64 KB"] == pytest.approx(5 * 3 * 43_200 * 0.4 / 1e6)
    assert lines["EventBridge Scheduler: a million invocations"] == pytest.approx(8640 / 1e6)


def test_each_queue_that_wakes_a_function_and_each_alarm_of_the_template_has_its_line() -> None:
    stack = translated()
    counted = [float(name.rpartition(" x ")[2].replace(",", "")) for name in standing(stack, metrics=1)]
    mappings = stack.of_type("Lambda::EventSourceMapping").values()
    queues = sum("Queue" in str(each["EventSourceArn"]) for each in mappings)
    assert counted[0] == len(stack.of_type("CloudWatch::Alarm"))
    assert counted[4] == pytest.approx(queues * 5 * 3 * 43_200 / 1e6)
    assert queues >= 5


def test_the_scheduled_functions_run_as_often_as_the_template_says_and_tenants_cost_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bench.at_rest._A_DAY_OF_MINUTES", 30)
    none, some = run_a_day(0), run_a_day(5)
    assert some.calls["reconcile"] > none.calls["reconcile"]
    assert none.calls["review"] > 2 * 30
    assert 0 < none.metrics <= some.metrics
