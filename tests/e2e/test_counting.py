"""Counting has no order, and bad input harms nobody else."""

import random
from collections.abc import Iterator

import pytest

from local import events
from local.events import Event, Mail
from tests.e2e.account import Account, SesTenant
from tests.e2e.traffic import bounces, now
from tests.e2e.waiting import eventually


def trace(mails: list[Mail]) -> list[Event]:
    """Three of the mails bounce for everybody, one for some; two are complained about; the rest counts for nothing."""
    at = now()
    return [
        *(events.bounce(mail, at=at) for mail in mails[:3]),
        events.bounce(mails[3], at=at, recipients=mails[3].destination[:2]),
        *(events.complaint(mail, at=at) for mail in mails[4:6]),
        events.complaint(mails[6], at=at, feedback_type="not-spam"),
        events.complaint(mails[7], at=at, complaint_sub_type="OnTenantSuppressionList"),
        events.bounce(mails[8], at=at, bounce_type="Transient", bounce_sub_type="MailboxFull"),
        events.bounce(mails[9], at=at, bounce_sub_type="OnAccountSuppressionList"),
    ]


def mangled(happened: list[Event], chance: random.Random) -> list[Event]:
    """The same trace told badly: bounces split by recipient, everything up to three times, and in any order."""
    split = [part for event in happened for part in _split(event)]
    repeated = [event for event in split for _ in range(chance.randint(1, 3))]
    chance.shuffle(repeated)
    return repeated


def _split(event: Event) -> Iterator[Event]:
    detail = event["detail"]
    if detail["eventType"] != "Bounce":
        yield event
        return
    for recipient in detail["bounce"]["bouncedRecipients"]:
        yield event | {"detail": detail | {"bounce": detail["bounce"] | {"bouncedRecipients": [recipient]}}}


def of_tenant(happened: list[Event], tenant: SesTenant) -> list[Event]:
    """The same trace under another tenant's name."""
    told = []
    for event in happened:
        mail = event["detail"]["mail"]
        tags = mail["tags"] | {"ses:tenant-name": [tenant.name]}
        told.append(event | {"detail": event["detail"] | {"mail": mail | {"tags": tags}}})
    return told


@pytest.mark.parametrize("seed", [1, 2])
def test_a_duplicated_reordered_and_split_stream_ends_in_the_same_feedback(account: Account, seed: int) -> None:
    """Any order, any batching, any duplicate: the same ids, and so the same counts (Law 1)."""
    clean, messy = account.new_tenant("clean"), account.new_tenant("messy")
    mails = clean.sender.mails(12, recipients=3)
    told = trace(mails)
    account.publish(told)
    account.publish(mangled(of_tenant(told, messy), random.Random(seed)))
    eventually(lambda: account.is_drained("FeedbackQueueUrl"), "all feedback counted")
    account.wait_until_judged()
    assert account.counts.feedback_ids(messy.name) == account.counts.feedback_ids(clean.name)
    assert (
        account.counts.feedback_beside_sends(messy.name)
        == account.counts.feedback_beside_sends(clean.name)
        == (3 * 3 + 2, 2)
    )


@pytest.mark.usefixtures("impatient_feedback_queue")
def test_a_malformed_event_delays_no_neighbour_and_ends_in_the_dead_letters(account: Account) -> None:
    """Bad input gets a clear error and goes to the dead letters; its neighbours go through (Law 11)."""
    tenant = account.new_tenant("neighbour")
    mails = tenant.sender.mails(9)
    account.send(mails)
    happened = bounces(mails)
    malformed = events.bounce(tenant.sender.mails(1)[0], at=now())
    malformed["detail"]["mail"].pop("timestamp")
    account.publish([*happened[:4], malformed, *happened[4:]])
    eventually(lambda: account.counts.feedback_beside_sends(tenant.name) == (9, 0), "its neighbours counted", within=5)
    (letter,) = eventually(lambda: account.dead_letters("FeedbackDeadLetters"), "the dead letter")
    assert letter["detail"] == malformed["detail"]
    lines = account.log_lines("malformed record", "timestamp")
    assert lines
    assert {(line["level"], line["field"], line["problem"]) for line in lines} == {
        ("ERROR", "detail.Bounce.mail.timestamp", "Field required")
    }
    account.throw_away_dead_letters("FeedbackDeadLetters")
