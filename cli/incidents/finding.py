"""Which incident a person means: he names it by its id, or by its tenant."""

from cli.command import Desk
from cli.words import names
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.incident import Incident, account_subject
from reputation_guard.domain.tenant import ACCOUNT

_SHORT_FOR_ACCOUNT = "account"
_OF_ACCOUNT = tuple(account_subject(each) for each in (GuardEvent.BRAKE_ENGAGED, GuardEvent.GUARD_BLINDED))


def is_id(named: str) -> bool:
    """Whether it is an incident's id: TENANT.NUMBER, and no tenant's name at SES has a dot."""
    return "." in named


def latest_of(named: str, desk: Desk) -> Incident | None:
    """The latest incident of a tenant, or of the `account`, whatever its trouble is."""
    subjects = _OF_ACCOUNT if named in {ACCOUNT, _SHORT_FOR_ACCOUNT} else (named,)
    latest = [each for subject in subjects if (each := desk.deployment.incidents.latest_of(subject))]
    # What goes on is what he means, however new a closed one is.
    return max(latest, key=lambda each: (each.is_open, each.opened_at), default=None)


def found(named: str, desk: Desk) -> Incident | None:
    """The incident of this id, or the latest one of this tenant."""
    return desk.deployment.incidents.incident(named) if is_id(named) else latest_of(named, desk)


def unknown(named: str, desk: Desk) -> str:
    """That there is none of this name, and which are open."""
    is_open = names([each.id for each in desk.deployment.incidents.open_ones()])
    what = f"There is no incident {named}" if is_id(named) else f"There is no incident of a tenant {named}"
    return f"{what}. {f'Open: {is_open}.' if is_open else 'None is open.'}"
