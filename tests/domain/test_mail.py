"""What counts, as SES itself counts it, and whose it is."""

from dataclasses import replace

import pytest

from reputation_guard.domain.mail import (
    Attribution,
    Bounce,
    Complaint,
    Recipient,
    attribute,
    countable_feedback,
    countable_sends,
)
from reputation_guard.domain.policy import Kind
from tests.fakes.builders import NOW, OWN_TAG, ago, bounce, complaint, mail, tags

SIMULATOR = "bounce+label@Simulator.AmazonSES.com"


def counted(event: Bounce | Complaint, *, with_simulator: bool = False) -> list[Kind]:
    return [each.kind for each in countable_feedback(event, with_simulator=with_simulator)]


@pytest.mark.parametrize(
    ("bounce_type", "sub_type", "counts"),
    [
        # docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html, all bounce types
        ("Permanent", "General", 1),
        ("Permanent", "NoEmail", 1),
        ("Permanent", "Suppressed", 1),
        ("Permanent", "OnAccountSuppressionList", 0),
        ("Permanent", "OnTenantSuppressionList", 0),
        ("Permanent", "EmailValidationSuppressed", 0),
        ("Undetermined", "Undetermined", 0),
        ("Transient", "General", 0),
        ("Transient", "MailboxFull", 0),
        ("Transient", "MessageTooLarge", 0),
        ("Transient", "CustomTimeoutExceeded", 0),
        ("Transient", "ContentRejected", 0),
        ("Transient", "AttachmentRejected", 0),
        # A sub type of tomorrow is a hard bounce like any other.
        ("Permanent", "SomethingNew", 1),
    ],
)
def test_a_bounce_counts_where_ses_counts_it(bounce_type: str, sub_type: str, counts: int) -> None:
    assert len(counted(replace(bounce(), bounce_type=bounce_type, sub_type=sub_type))) == counts


@pytest.mark.parametrize(
    ("feedback_type", "sub_type", "counts"),
    [
        ("abuse", "", 1),
        ("auth-failure", "", 1),
        ("fraud", "", 1),
        ("other", "", 1),
        ("virus", "", 1),
        ("", "", 1),
        ("not-spam", "", 0),
        ("abuse", "OnAccountSuppressionList", 0),
        ("abuse", "OnTenantSuppressionList", 0),
    ],
)
def test_a_complaint_counts_unless_it_praises_or_was_suppressed(feedback_type: str, sub_type: str, counts: int) -> None:
    assert len(counted(replace(complaint(), feedback_type=feedback_type, sub_type=sub_type))) == counts


def test_each_bounced_recipient_counts() -> None:
    found = list(countable_feedback(bounce(recipients=3), with_simulator=False))
    assert [each.kind for each in found] == [Kind.BOUNCE] * 3
    assert len({each.ident for each in found}) == 3


def test_a_complaint_counts_once_however_many_recipients_ses_lists() -> None:
    assert counted(complaint(recipients=5)) == [Kind.COMPLAINT]


def test_a_complaint_without_recipients_counts() -> None:
    assert counted(replace(complaint(), recipients=())) == [Kind.COMPLAINT]


def test_each_recipient_of_a_mail_counts_as_a_send() -> None:
    assert countable_sends(mail(recipients=7), with_simulator=False) == 7


@pytest.mark.parametrize("with_simulator", [False, True])
def test_mail_to_the_simulator_counts_only_where_it_is_wanted(*, with_simulator: bool) -> None:
    """SES leaves it out of every rate; in a domain capitals mean nothing."""
    to = (SIMULATOR, "recipient@example.net", "Sender <success@simulator.amazonses.com>")
    sent = mail(recipients=0)
    sent = replace(sent, recipients=to)
    bounced = Bounce(sent, "Permanent", "General", tuple(Recipient(each) for each in to))
    complained = Complaint(sent, "f-1", "", "abuse", ("complaint@simulator.amazonses.com",))
    assert countable_sends(sent, with_simulator=with_simulator) == (3 if with_simulator else 1)
    assert len(counted(bounced, with_simulator=with_simulator)) == (3 if with_simulator else 1)
    assert len(counted(complained, with_simulator=with_simulator)) == (1 if with_simulator else 0)


def test_a_domain_that_only_looks_like_the_simulator_counts() -> None:
    to = ("a@notsimulator.amazonses.com", "a@simulator.amazonses.com.example.net")
    assert countable_sends(replace(mail(), recipients=to), with_simulator=False) == 2


def test_the_same_recipient_in_other_capitals_is_the_same_bounce() -> None:
    """SES repeats the destination as it was written, and the bounce as the other side wrote it."""
    idents = {
        each.ident
        for address in ("Recipient@Example.NET", "recipient@example.net")
        for each in countable_feedback(replace(bounce(), recipients=(Recipient(address),)), with_simulator=False)
    }
    assert len(idents) == 1


def test_feedback_is_told_apart_by_message_recipient_and_complaint() -> None:
    events = (
        bounce("m-1"),
        bounce("m-2"),
        bounce("m-1", recipients=2),
        complaint("m-1"),
        complaint("m-1", feedback="f-2"),
    )
    idents = [each.ident for event in events for each in countable_feedback(event, with_simulator=False)]
    assert len(idents) == 6
    assert len(set(idents)) == 5


def test_the_arrival_of_feedback_is_no_part_of_it() -> None:
    """Law 2: the second in the id is that of the send."""
    (early,) = countable_feedback(bounce(sent_at=ago(seconds=20)), with_simulator=False)
    (late,) = countable_feedback(bounce(sent_at=NOW), with_simulator=False)
    assert (int.from_bytes(early.ident[:2], "big"), int.from_bytes(late.ident[:2], "big")) == (130, 150)


@pytest.mark.parametrize(
    ("of_mail", "whose"),
    [
        (tags("by-ses", "by-tag", "set"), Attribution("by-ses", "set", by_ses=True)),
        (tags("", "by-tag", "set"), Attribution("by-tag", "set")),
        (tags("", "", "set"), Attribution("by-set", "set")),
        (tags("", "", "shared"), Attribution("", "shared")),
        (tags("", "", ""), Attribution("", "")),
        (tags("by-ses"), Attribution("by-ses", "", by_ses=True)),
    ],
)
def test_a_mail_belongs_to_whom_ses_names_else_its_own_tag_else_its_set_else_nobody(
    of_mail: dict[str, tuple[str, ...]], whose: Attribution
) -> None:
    """In this order, and never guessed."""
    owners = {"set": "by-set"}
    assert attribute(mail(tags=of_mail), OWN_TAG, owners) == whose


def test_a_tag_without_values_names_nobody() -> None:
    of_mail = {"ses:tenant-name": (), OWN_TAG: ("",), "ses:configuration-set": ("set",)}
    assert attribute(mail(tags=of_mail), OWN_TAG, {}) == Attribution("", "set")


@pytest.mark.parametrize("name", ["ann@example.com", "acme.7", "x" * 65, "a#b", "\u0000", " ", "Ä"])
def test_a_name_that_ses_does_not_take_names_nobody(name: str) -> None:
    """It can be judged and never paused; a set's or the own tag's word holds in its place."""
    assert attribute(mail(tags={"ses:tenant-name": (name,), "ses:configuration-set": (name,)}), OWN_TAG, {}) == (
        Attribution("", "")
    )
    assert attribute(mail(tags={"ses:tenant-name": (name,), OWN_TAG: ("acme",)}), OWN_TAG, {}).tenant == "acme"


def test_an_example_tells_an_address_by_its_domain_and_a_hash() -> None:
    """A page is read by many: the domain, the words of the other side and whether it is the same one have to do."""
    diagnostic = "smtp; 550 5.1.1 <Recipient-0@example.net>: Recipient-0@example.net does not exist"
    bounced = Bounce(
        mail(tags={"ses:outgoing-ip": ("192.0.2.25",)}),
        "Permanent",
        "General",
        (Recipient("Recipient-0@Example.NET", diagnostic),),
    )
    (found,) = countable_feedback(bounced, with_simulator=False)
    assert found.example.domain == "example.net"
    assert found.example.diagnostic == ("smtp; 550 5.1.1 <#2dae8985@example.net>: #2dae8985@example.net does not exist")
    assert found.example.sending_ip == "192.0.2.25"


def test_an_example_is_short() -> None:
    long = replace(bounce(), recipients=(Recipient("a@example.net", "word " * 200),))
    (found,) = countable_feedback(long, with_simulator=False)
    assert len(found.example.diagnostic) == 160
