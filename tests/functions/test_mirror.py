"""mirror through the wiring: whatever SES says of a tenant, its record is made anew from SES."""

import pytest

from reputation_guard import wiring
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.ports.errors import RefusedError, UnavailableError
from tests.fakes.ses import InMemorySes, arn_of
from tests.functions.conftest import Lines, example, failures, from_queue, handler_of
from tests.functions.test_way_of_an_event import NAME, tenant

pytestmark = pytest.mark.usefixtures("outlets")

STATUS_EVENTS = [
    "status-disabled-by-customer",
    "status-disabled-by-ses",
    "status-enabled",
    "status-reinstated",
    "finding-open",
    "finding-resolved",
    "finding-closed",
    "finding-resolved-in-brief",
]


@pytest.mark.parametrize("name", STATUS_EVENTS)
def test_mirror_reads_ses_anew_whatever_the_event_says(name: str, ses: InMemorySes) -> None:
    """An event is only a hint: what SES says is adopted."""
    ses.add(NAME)
    ses.change(arn_of(NAME), customer_managed=Sending.DISABLED)
    assert failures(handler_of("mirror")(from_queue(r1=example(name)), None)) == []
    assert (tenant().standing, tenant().stops) == (Standing.PAUSED, frozenset({Owner.OPERATOR}))


def test_mirror_asks_once_for_all_events_of_a_tenant(ses: InMemorySes, log: Lines) -> None:
    ses.add(NAME)
    event = from_queue(**{f"r{number}": example(name) for number, name in enumerate(STATUS_EVENTS)})
    assert failures(handler_of("mirror")(event, None)) == []
    assert len(log.of("mirrored")) == 1


def test_mirror_sends_a_malformed_record_back_alone(ses: InMemorySes, log: Lines) -> None:
    ses.add(NAME)
    event = from_queue(r1=example("unread-advice-on-identity"), r2=example("status-enabled"), r3="{", r4={"detail": {}})
    assert failures(handler_of("mirror")(event, None)) == ["r1", "r3", "r4"]
    assert [line["field"] for line in log.of("malformed record")] == ["resources", "body", "resources"]
    assert wiring.book().tenant(NAME)


def test_mirror_lets_go_of_tenants_that_ses_has_forgotten(log: Lines) -> None:
    assert failures(handler_of("mirror")(from_queue(r1=example("status-enabled")), None)) == []
    assert log.of("not mirrored") == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "BadRequestException"])
def test_mirror_keeps_what_it_was_not_allowed_to_ask(code: str, ses: InMemorySes) -> None:
    """Law 10: only a tenant that is gone is nothing to adopt; a missing right is, and must end where an alarm is."""
    ses.add(NAME)

    def refuse() -> None:
        raise RefusedError(code, "no")

    ses.after_look = refuse
    assert failures(handler_of("mirror")(from_queue(r1=example("status-enabled")), None)) == ["r1"]


def test_mirror_tries_again_what_was_unavailable(ses: InMemorySes) -> None:
    def throttled() -> None:
        raise UnavailableError("TooManyRequestsException")

    ses.add(NAME)
    ses.after_look = throttled
    assert failures(handler_of("mirror")(from_queue(r1=example("status-enabled")), None)) == ["r1"]
