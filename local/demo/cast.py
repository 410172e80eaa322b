"""Who plays in the demo: how each tenant mails, and what the guard has to make of it."""

from dataclasses import dataclass
from datetime import timedelta

from local.traffic import Sender, Stretch
from reputation_guard.domain.delays import START_DELAYS, Delay, Delays, LogNormal
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Standing

PLAYED = timedelta(minutes=90)
# Real complaints take hours (median two); these take minutes, so that some of them come while people watch.
DELAYS = Delays(bounce=START_DELAYS.bounce, complaint=Delay((LogNormal(1.0, 4 * 60, 1.0),), cap=3600))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A tenant's part: how it mails, and the standing and the announcement that it must end with."""

    story: str
    sender: Sender
    standing: Standing = Standing.HEALTHY
    announced: str = ""

    @property
    def tenant(self) -> str:
        """The tenant's name."""
        return self.sender.tenant

    @property
    def sending(self) -> Sending:
        """What SES must say of it."""
        return Sending.DISABLED if self.standing is Standing.PAUSED else Sending.ENABLED


def _minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def _clean(minutes: float, recipients_per_minute: float, recipients_per_mail: int, bounces: float = 0.02) -> Stretch:
    return Stretch(
        lasts=_minutes(minutes),
        recipients_per_minute=recipients_per_minute,
        recipients_per_mail=recipients_per_mail,
        hard_bounces=bounces,
        soft_bounces=0.005,
        complaints=0.0001,
    )


def _alone(tenant: str, *stretches: Stretch, begins: timedelta = timedelta()) -> Sender:
    """A tenant with a configuration set of its own."""
    return Sender(tenant=tenant, configuration_set=tenant, stretches=stretches, begins=begins)


HEALTHY = Part(
    story="2 % hard bounces of a high volume",
    sender=_alone("healthy", _clean(90, 300, 50)),
)
BORDERLINE = Part(
    story="7 % hard bounces: over the warn limit, under the pause limit",
    sender=_alone("borderline", _clean(90, 60, 20, bounces=0.07)),
    standing=Standing.WARNED,
    announced="TenantWarned",
)
LIST_BOMBED = Part(
    story="clean for an hour, then bots fill in its sign-up form: 45 % hard bounces",
    sender=_alone(
        "list-bombed",
        _clean(60, 20, 5),
        Stretch(lasts=_minutes(30), recipients_per_minute=24, hard_bounces=0.45),
    ),
    standing=Standing.PAUSED,
    announced="TenantPaused",
)
SPAMMING = Part(
    story="2 % complaints, from lists it bought",
    sender=_alone(
        "spamming",
        Stretch(
            lasts=_minutes(90),
            recipients_per_minute=60,
            recipients_per_mail=10,
            hard_bounces=0.03,
            complaints=0.02,
        ),
    ),
    standing=Standing.PAUSED,
    announced="TenantPaused",
)
TINY = Part(
    story="a few mails, and every third bounces: too few to say anything",
    sender=_alone("tiny", Stretch(lasts=_minutes(80), recipients_per_minute=0.07, hard_bounces=0.35)),
)
BURSTING = Part(
    story="clean, but for five minutes with 40 % hard bounces",
    sender=_alone(
        "bursting",
        _clean(75, 20, 5),
        Stretch(lasts=_minutes(5), recipients_per_minute=120, recipients_per_mail=3, hard_bounces=0.4),
        _clean(10, 20, 5),
    ),
    standing=Standing.PAUSED,
    announced="TenantPaused",
)
SENDS_UNSEEN = Part(
    story="2 % hard bounces that carry its name, of sends that carry none",
    # A set that several tenants may use tells nobody whose mail it is.
    sender=Sender(
        tenant="sends-unseen",
        configuration_set="shared",
        stretches=(_clean(90, 30, 10),),
        names_tenant_on_sends=False,
    ),
    announced="SendsUnseen",
)
LATE_FEEDBACK = Part(
    story="bounces of what it sent before the guard was there, then clean",
    sender=_alone(
        "late-feedback",
        Stretch(lasts=_minutes(58), recipients_per_minute=600, recipients_per_mail=50, hard_bounces=0.03),
        Stretch(lasts=_minutes(17), recipients_per_minute=0),
        _clean(75, 20, 5),
        begins=_minutes(-60),
    ),
)
CAST = (HEALTHY, BORDERLINE, LIST_BOMBED, SPAMMING, TINY, BURSTING, SENDS_UNSEEN, LATE_FEEDBACK)
SHARING_A_SET = (SENDS_UNSEEN, HEALTHY)
