"""The way of an event: whether every edge of it is open, and whether what is due gets done."""

from collections.abc import Iterator
from datetime import timedelta

from cli.doctor.diagnosis import Diagnosis, Examination, fail, ok
from cli.words import age, count, names

_LATE = timedelta(minutes=5)


def rules(exam: Examination) -> Iterator[Diagnosis]:
    """EventBridge matches events and hands them on."""
    # CloudFormation calls a rule of the guard's own bus BUS|RULE.
    wanted = [each.physical_id.rpartition("|")[2] for each in exam.deployment.of_kind("Events::Rule")]
    states = _states_of_rules(exam)
    enabled = [name for name in wanted if states.get(name, ("", ""))[0].startswith("ENABLED")]
    for name in wanted:
        if name not in states:
            yield fail(f"The rule {name} is gone: its events reach nobody.", _deploy_again(exam), name)
        elif name not in enabled:
            options = (f"--name {name}", f"--event-bus-name {states[name][1]}")
            fix = exam.deployment.account.command("events enable-rule", *options)
            yield fail(f"The rule {name} is disabled: its events reach nobody.", fix, name)
    if wanted and enabled == wanted:
        yield ok(f"{count(len(wanted), 'event rule')} enabled.")
    if not wanted:
        yield fail("The stack has no event rules.", _deploy_again(exam))


def _states_of_rules(exam: Examination) -> dict[str, tuple[str, str]]:
    """The state of every rule, and its bus, by name."""
    pages = exam.deployment.account.client("events").get_paginator("list_rules")
    return {
        each["Name"]: (each["State"], bus)
        for bus in ("default", exam.deployment.output("GuardBus"))
        for page in pages.paginate(EventBusName=bus)
        for each in page["Rules"]
    }


def sources(exam: Examination) -> Iterator[Diagnosis]:
    """Lambda reads the queues and the streams."""
    found = list(exam.deployment.of_kind("Lambda::EventSourceMapping"))
    closed = 0
    for each in found:
        source = exam.deployment.account.client("lambda").get_event_source_mapping(UUID=each.physical_id)
        if source.get("State") in ("Disabled", "Disabling"):
            closed += 1
            fix = exam.deployment.account.command(
                "lambda update-event-source-mapping", f"--uuid {each.physical_id}", "--enabled"
            )
            yield fail(f"The event source {each.logical_id} is disabled: nobody reads it.", fix, each.logical_id)
    if found and not closed:
        yield ok(f"{count(len(found), 'event source')} read by the functions.")
    if not found:
        yield fail("No function reads a queue or a stream.", _deploy_again(exam))


def schedule(exam: Examination) -> Iterator[Diagnosis]:
    """The minute review is woken."""
    found = list(exam.deployment.of_kind("Scheduler::Schedule"))
    for each in found:
        state = exam.deployment.account.client("scheduler").get_schedule(Name=each.physical_id).get("State")
        if state == "DISABLED":
            fix = f"Console: EventBridge > Scheduler > Schedules > {each.physical_id} > Enable"
            yield fail("The schedule of the minute review is disabled: nothing is done when it is due.", fix)
        else:
            yield ok("The schedule of the minute review is enabled.")
    if not found:
        yield fail("The stack has no schedule for the minute review.", _deploy_again(exam))


def review(exam: Examination) -> Iterator[Diagnosis]:
    """The minute review does what is due."""
    overdue = exam.deployment.book_reader.due(exam.now - _LATE)
    if overdue:
        text = f"The minute review does not work: {count(len(overdue), 'tenant')} overdue, {names(overdue)}."
        yield fail(text, _look_into_the_log(exam), *overdue)
    else:
        yield ok("The minute review is up to date.")


def pending(exam: Examination) -> Iterator[Diagnosis]:
    """Decisions are carried out."""
    waiting = exam.deployment.book_reader.pending()
    late = [each for each in waiting if each.decision.at < exam.now - _LATE]
    for each in late:
        decision = each.decision
        why = "SES refuses it" if each.refused_at else "nobody carried it out"
        what = f"{decision.answer} {decision.tenant.name} ({decision.announces})"
        text = f"{what} is pending for {age(decision.at, exam.now)}: {why}."
        yield fail(text, _look_into_the_log(exam), decision.tenant.name)
    if not late:
        yield ok(f"No decision is late ({len(waiting)} pending).")


def _look_into_the_log(exam: Examination) -> str:
    log = exam.deployment.outputs.get("GuardLog", "LOG_GROUP")
    return exam.deployment.account.command(f"logs tail {log}", "--since 30m", "--filter-pattern ERROR")


def _deploy_again(exam: Examination) -> str:
    return f"sam deploy --stack-name {exam.deployment.stack}"
