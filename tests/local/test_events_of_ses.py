"""The builders of SES's events."""

from datetime import UTC, datetime, timedelta

from local import events
from local.events import Mail

NOW = datetime(2026, 5, 6, 7, 8, 9, 123000, UTC)
ARN = "arn:aws:ses:eu-west-1:123456789012:tenant/acme/tn-1"
MAIL = Mail(message_id="m-1", sent_at=NOW, configuration_set="acme", tenant_name="acme", tags={"guard-tenant": "acme"})


def test_the_same_facts_are_the_same_event_and_another_time_is_another() -> None:
    later = NOW + timedelta(seconds=1)
    assert events.bounce(MAIL, at=later) == events.bounce(MAIL, at=later)
    assert events.bounce(MAIL, at=later)["id"] != events.bounce(MAIL, at=NOW)["id"]


def test_a_repeated_bounce_has_the_feedback_id_of_the_first() -> None:
    first, again = (events.bounce(MAIL, at=NOW, event_id=event_id) for event_id in ("a", "b"))
    assert first["id"] != again["id"]
    assert first["detail"] == again["detail"]


def test_feedback_repeats_the_send_time_of_its_mail() -> None:
    complaint = events.complaint(MAIL, at=NOW + timedelta(days=2))
    assert complaint["time"] == "2026-05-08T07:08:09Z"
    assert complaint["detail"]["mail"]["timestamp"] == "2026-05-06T07:08:09.123Z"
    assert complaint["detail"]["complaint"]["timestamp"] == "2026-05-08T07:08:09.123Z"


def test_a_mail_without_a_tenant_has_no_such_tag() -> None:
    tags = events.send(Mail(message_id="m-2", sent_at=NOW))["detail"]["mail"]["tags"]
    assert "ses:tenant-name" not in tags
    assert "ses:configuration-set" not in tags


def test_a_status_carries_its_time_as_an_array_that_drops_trailing_zeros() -> None:
    def stamp(at: datetime) -> list[int]:
        detail = events.sending_status(ARN, status="DISABLED", at=at)["detail"]
        array: list[int] = detail["data"]["record"]["lastUpdatedTimestamp"]
        return array

    assert stamp(NOW) == [2026, 5, 6, 7, 8, 9, 123_000_000]
    assert stamp(NOW.replace(microsecond=0)) == [2026, 5, 6, 7, 8, 9]
    assert stamp(NOW.replace(second=0, microsecond=0)) == [2026, 5, 6, 7, 8]


def test_an_event_about_a_tenant_comes_from_the_tenants_account() -> None:
    event = events.finding(ARN, finding_type="BOUNCE", impact="HIGH", description="Too much.", at=NOW, resolved=True)
    assert (event["account"], event["region"]) == ("123456789012", "eu-west-1")
    assert event["detail-type"] == "Advisor Recommendation Status Resolved"
    assert event["detail"]["data"] == "Too much."
