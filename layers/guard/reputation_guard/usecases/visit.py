"""Visit a page and send its form: a link opens one incident, and a form's token is good for one time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from reputation_guard.domain.links import check_form, form_token, key_id_of, verify
from reputation_guard.ports.keys import Keys, Nonces

# Who reads longer loads the page anew: what he sees is old by then.
FORM_LASTS = timedelta(hours=2)


class FormSpentError(Exception):
    """The form was sent already: load the page anew."""


@dataclass(frozen=True, slots=True)
class Visiting:
    """What visiting needs."""

    keys: Keys
    nonces: Nonces


def opened_by(link: str, world: Visiting, now: datetime) -> str:
    """The id of the incident that a link opens. Raises `LinkRefusedError`."""
    return verify(link, world.keys.keyring(key_id_of(link)), now)


def form_for(scope: str, nonce: str, world: Visiting, now: datetime) -> str:
    """The token of the forms on a page. `scope`: what the page is about; `nonce`: nobody can guess it."""
    return form_token(scope, nonce, now + FORM_LASTS, world.keys.keyring())


def admit(token: str, scope: str, world: Visiting, now: datetime) -> str:
    """Let a form in, once, and answer with its nonce. Raises `LinkRefusedError`, and `FormSpentError`."""
    nonce = check_form(token, scope, world.keys.keyring(key_id_of(token)), now)
    if not world.nonces.burn(nonce, now + FORM_LASTS):
        raise FormSpentError
    return nonce
