"""Every asynchronous edge fails somewhere that alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.template.stack import Stack, listed, logical_id

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTE = 60
FORTNIGHT = 14 * 24 * 60 * MINUTE


def failures_of_event_sources(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield each queue and stream a function reads, with its dead letters."""
    queues = stack.of_type("SQS::Queue")
    for name, mapping in stack.of_type("Lambda::EventSourceMapping").items():
        queue = queues.get(logical_id(mapping["EventSourceArn"]))
        if queue is not None:
            yield name, logical_id(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn"))
        else:
            yield name, on_failure(mapping)


def failures_of_rules_and_schedules(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield each delivery EventBridge and Scheduler make, with its dead letters."""
    for name, rule in stack.of_type("Events::Rule").items():
        for target in rule["Targets"]:
            yield f"{name} to {target['Id']}", retried_and_kept(target)
    for name, schedule in stack.of_type("Scheduler::Schedule").items():
        yield name, retried_and_kept(schedule["Target"])


def failures_of_asynchronous_functions(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield each function whose caller does not wait, with its dead letters."""
    configs = {
        logical_id(config["FunctionName"]): config for config in stack.of_type("Lambda::EventInvokeConfig").values()
    }
    for function in asynchronously_invoked(stack):
        yield function, on_failure(configs.get(function, {}))


def asynchronously_invoked(stack: Stack) -> set[str]:
    """Return functions a schedule or a rotation invokes, and those another function has the right to invoke."""
    functions = stack.of_type("Lambda::Function")
    scheduled = {logical_id(each["Target"]["Arn"]) for each in stack.of_type("Scheduler::Schedule").values()}
    woken = {
        logical_id(resource)
        for function in functions
        for statement in stack.rights(function)
        if "lambda:InvokeFunction" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }
    rotating = {
        logical_id(each["RotationLambdaARN"]) for each in stack.of_type("SecretsManager::RotationSchedule").values()
    }
    return (scheduled | woken | rotating) & set(functions)


def on_failure(config: dict[str, Any]) -> str:
    """Return the queue Lambda writes a failure to."""
    return logical_id(config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"))


def retried_and_kept(target: dict[str, Any]) -> str:
    """Return the queue of a target that is also retried."""
    return logical_id(target.get("DeadLetterConfig", {}).get("Arn")) if target.get("RetryPolicy") else ""


def edges(stack: Stack) -> dict[str, str]:
    """Return every asynchronous edge, and the queue in which its failures wait."""
    return {
        **dict(failures_of_event_sources(stack)),
        **dict(failures_of_rules_and_schedules(stack)),
        **dict(failures_of_asynchronous_functions(stack)),
    }


def dead_letters(stack: Stack) -> set[str]:
    """Return the queues that hold failures, and nothing else."""
    return {name for name in stack.of_type("SQS::Queue") if name.endswith("DeadLetters")}


def test_the_search_finds_every_kind_of_edge(stack: Stack) -> None:
    """A search that finds nothing proves nothing: these are all the edges there are."""
    assert set(edges(stack)) == {
        "FeedbackRule to FeedbackQueue",
        "SendsRule to SendsQueue",
        "StatusRule to StatusQueue",
        "NoticesRule to NoticesQueue",
        "EpisodeRule to EscalationMachine",
        "EscalationFailedRule to PagesTopic",
        "EscalationFailedRule to SecondRungTopic",
        "EscalationFailedRule to ThirdRungTopic",
        "SignalsRule to SignalsQueue",
        "IngestFunctionFeedback",
        "IngestFunctionSends",
        "MirrorFunctionStatus",
        "NotifyFunctionNotices",
        "SignalFunctionSignals",
        "PagerDutyRule to PagerDuty",
        "WebhookRule to Webhook",
        "DigestFunctionEveryHour",
        "DigestFunction",
        "EvaluateFunctionFeedbackGrew",
        "EnforceFunctionDecisionWritten",
        "ReviewFunctionAppointment",
        "ReviewFunctionEveryMinute",
        "ReviewFunction",
        "EnforceFunction",
        "RotateKeyFunction",
    }


def test_every_edge_keeps_its_failures(stack: Stack) -> None:
    """What fails after its retries stays in a queue of dead letters; nothing the guard was told disappears."""
    lost = {edge: queue for edge, queue in edges(stack).items() if queue not in dead_letters(stack)}
    assert lost == {}


def test_every_queue_of_dead_letters_is_used(stack: Stack) -> None:
    """A queue of dead letters nothing writes to is a story the template tells and does not live."""
    assert set(edges(stack).values()) == dead_letters(stack)


def test_one_dead_letter_raises_an_alarm(stack: Stack) -> None:
    """A single dead letter is a fact the guard does not know: within a minute somebody is told."""
    told = {
        logical_id(alarm["Dimensions"][0]["Value"])
        for alarm in stack.of_type("CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        and alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        and (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (1, MINUTE, 1)
    }
    assert told == dead_letters(stack)


def test_every_alarm_says_what_it_means_to_somebody(stack: Stack) -> None:
    """An alarm without a receiver or without words is none."""
    for name, alarm in stack.of_type("CloudWatch::Alarm").items():
        assert [logical_id(topic) for topic in alarm["AlarmActions"]] == ["AlarmsTopic"], name
        assert alarm["AlarmDescription"].endswith("."), name


def test_dead_letters_wait_as_long_as_sqs_lets_them(stack: Stack) -> None:
    """A failure over a holiday is still there after it: fourteen days, and its age counts from the first queue on."""
    for name, queue in stack.of_type("SQS::Queue").items():
        kept = queue["MessageRetentionPeriod"]
        assert kept == FORTNIGHT if name in dead_letters(stack) else kept < FORTNIGHT, name


def test_a_message_stays_hidden_while_it_is_being_tried(stack: Stack, source: dict[str, Any]) -> None:
    """Six function timeouts and the longest batch window (Lambda's own advice), or a slow batch is counted twice."""
    functions, queues = stack.of_type("Lambda::Function"), stack.of_type("SQS::Queue")
    for name, mapping in stack.of_type("Lambda::EventSourceMapping").items():
        queue = queues.get(logical_id(mapping["EventSourceArn"]))
        if queue is not None:
            window = mapping.get("MaximumBatchingWindowInSeconds", 0)
            longest = source["Parameters"][window["Ref"]]["MaxValue"] if isinstance(window, dict) else window
            timeout = functions[logical_id(mapping["FunctionName"])]["Timeout"]
            assert queue["VisibilityTimeout"] >= 6 * timeout + longest, name


def test_a_bad_message_takes_no_neighbour_along(stack: Stack) -> None:
    """Queues take back single messages; evaluate's stream halves its batches until the bad record is alone.

    Reminders have no neighbours: whatever they say, a batch of them is one review.
    """
    for name, mapping in stack.of_type("Lambda::EventSourceMapping").items():
        if logical_id(mapping["EventSourceArn"]) == "AppointmentsQueue":
            assert "FunctionResponseTypes" not in mapping
        elif logical_id(mapping["EventSourceArn"]) in stack.of_type("SQS::Queue"):
            assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        else:
            assert mapping["MaximumRetryAttempts"] >= 1, name
            assert mapping["MaximumRecordAgeInSeconds"] >= MINUTE, name
    assert stack.of_type("Lambda::EventSourceMapping")["EvaluateFunctionFeedbackGrew"]["BisectBatchOnFunctionError"]


def test_feedback_waits_for_no_batch(stack: Stack) -> None:
    """Feedback is what a pause waits for, so its queue has no batch window; sends have one."""
    mappings = stack.of_type("Lambda::EventSourceMapping")
    assert "MaximumBatchingWindowInSeconds" not in mappings["IngestFunctionFeedback"]
    assert mappings["IngestFunctionSends"]["MaximumBatchingWindowInSeconds"] == {"Ref": "SendsBatchWindow"}


def test_a_flood_of_the_public_page_takes_no_slots_from_the_guard(stack: Stack, source: dict[str, Any]) -> None:
    """Whoever asks for it needs no signature, so its function alone has a limit, unless the deployment says -1."""
    limit = source["Resources"]["ConsoleFunction"]["Properties"]["ReservedConcurrentExecutions"]
    assert limit == {"Fn::If": ["ConsoleIsLimited", {"Ref": "ConsoleConcurrency"}, {"Ref": "AWS::NoValue"}]}
    parameter = source["Parameters"]["ConsoleConcurrency"]
    assert (parameter["MinValue"], parameter["Default"]) == (-1, 5)
    open_to_all = [name for name, url in stack.of_type("Lambda::Url").items() if url["AuthType"] == "NONE"]
    assert open_to_all == ["ConsoleFunctionUrl"]


def test_an_escalation_that_is_tried_again_for_long_is_told(stack: Stack) -> None:
    """Its retries last a day, and nobody is paged meanwhile."""
    alarm = stack.of_type("CloudWatch::Alarm")["EscalationStrugglesAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
    assert logical_id(alarm["Dimensions"][0]["Value"]) == "EscalateFunction"
    assert alarm["Period"] * alarm["EvaluationPeriods"] <= 10 * MINUTE


def test_one_enforcer_at_a_time(stack: Stack) -> None:
    """SES takes about one call a second for the whole account; a second enforcer would only be throttled."""
    assert stack.of_type("Lambda::Function")["EnforceFunction"]["ReservedConcurrentExecutions"] == 1
