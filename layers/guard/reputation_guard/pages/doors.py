"""What the viewer of a page may do, and where its forms and links lead."""

from dataclasses import dataclass
from urllib.parse import quote

# Whoever has a notice may say these, whoever IAM vouches for everything.
BY_ANSWERING = frozenset({"acknowledge", "snooze", "note"})
EVERYTHING = BY_ANSWERING | {"hand over", "pause", "resume"}


@dataclass(frozen=True, slots=True)
class Doors:
    """What the viewer may do, and where: the addresses of forms and links, "" for what is not to be had here.

    `may`: signals as `wire/signal.py` calls them, beside "pause" and "resume". `signals`: where those go. `order`: the
    page from which the tenant is paused or resumed, `together`: the one for all tenants of the incident. `incident`:
    how an incident's address begins. `asks_name`: IAM does not vouch for him. `form`: the token of the page's forms.
    """

    may: frozenset[str]
    signals: str
    order: str = ""
    together: str = ""
    incident: str = ""
    home: str = ""
    asks_name: bool = False
    form: str = ""


def by_link(link: str, form: str, *, may_act: bool) -> Doors:
    """The doors of a visitor who has a link: it opens one incident, and nobody vouches for his name."""
    here = f"/i/{link}"
    may = EVERYTHING if may_act else BY_ANSWERING
    return Doors(may, here, order=f"{here}/tenant" if may_act else "", asks_name=True, form=form)


def by_iam(tenant: str, incident_id: str, form: str) -> Doors:
    """The doors of an operator, on the page of an incident ("" for none) or of a tenant."""
    here = f"/incidents/{quote(incident_id)}" if incident_id else ""
    return Doors(
        EVERYTHING,
        here and f"{here}/signals",
        order=f"/tenants/{quote(tenant)}",
        together=here and f"{here}/tenants",
        incident="/incidents/",
        home="/",
        form=form,
    )
