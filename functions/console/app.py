"""A signed link's page: it opens one incident for an answer. A GET changes nothing: scanners follow links."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from reputation_guard import wiring
from reputation_guard.domain.incident import Incident
from reputation_guard.domain.links import LinkRefusedError, Why
from reputation_guard.front_desk import LOOK, FrontDesk, outcome
from reputation_guard.pages.answers import message, page, see, status_of
from reputation_guard.pages.doors import Doors, by_link
from reputation_guard.pages.incident_view import incident_view
from reputation_guard.pages.message import NO_INCIDENT, REFUSED_FORM, REFUSED_LINK
from reputation_guard.pages.order_view import order_view
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.usecases.look import UnknownIncidentError, look
from reputation_guard.usecases.visit import FormSpentError, opened_by
from reputation_guard.wire import MalformedError
from reputation_guard.wire.order import as_seen
from reputation_guard.wiring import links

app = LambdaFunctionUrlResolver()
desk = FrontDesk(app, Metrics(), Logger(), proved=False)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Show a page, or take the form on it."""
    return desk.serve(event, context)


@app.route("/i/<link>", LOOK)
def show(link: str) -> Response[str]:
    """Show the incident."""
    return _incident_page(link, _opened(link))


@app.post("/i/<link>")
def hear(link: str) -> Response[str]:
    """Tell the incident what its visitor says."""
    incident_id = _opened(link)
    form, nonce = desk.form(incident_id)
    _refuse_unless(form.get("signal", "") in _doors(link, incident_id).may)
    answer = desk.tell({**form, "incident": incident_id}, nonce)
    if "error" in answer:
        return _incident_page(link, incident_id, answer["message"], status_of(answer))
    return see(f"/i/{link}")


@app.route("/i/<link>/tenant", LOOK)
def show_order(link: str) -> Response[str]:
    """Show what a resume would meet."""
    return _order_page(link, _may_act(link))


@app.post("/i/<link>/tenant")
def order(link: str) -> Response[str]:
    """Pause or resume the incident's tenant."""
    incident = _may_act(link)
    form, _ = desk.form(incident.id)
    do = form.pop("do", "")
    given = as_seen({**form, "incident": incident.id}) if do == "resume" else form
    answer = desk.order(do, {**given, "tenant": incident.tenant})
    if "error" in answer:
        return _order_page(link, incident, answer["message"], status_of(answer))
    return _order_page(link, incident, done=outcome(answer))


@app.exception_handler([LinkRefusedError, FormSpentError, MalformedError])  # type: ignore[untyped-decorator] # as Powertools has it
def refuse(error: Exception) -> Response[str]:
    """Say what to do, and nothing of why."""
    return desk.refuse(error, REFUSED_LINK if isinstance(error, LinkRefusedError) else REFUSED_FORM)


@app.exception_handler(UnknownIncidentError)  # type: ignore[untyped-decorator] # as Powertools has it
def nothing_of_it(_error: UnknownIncidentError) -> Response[str]:
    """A good link to an incident that is not there."""
    return message(NO_INCIDENT, HTTPStatus.NOT_FOUND)


@app.not_found
def nothing_here(error: Exception) -> Response[str]:
    """There is no page but those of links: a browser asks for its icon, and others for whatever there might be."""
    if app.current_event.path.startswith("/i/"):
        return desk.refuse(error, REFUSED_LINK)
    return message(REFUSED_LINK, HTTPStatus.NOT_FOUND)


@app.exception_handler([UnavailableError, RefusedError])  # type: ignore[untyped-decorator] # as Powertools has it
def not_now(error: Exception) -> Response[str]:
    """Ask for patience."""
    return desk.not_now(error)


def _opened(link: str) -> str:
    return opened_by(link, links.visiting(), wiring.now())


def _refuse_unless(allowed: bool) -> None:  # noqa: FBT001 - the one question there is
    if not allowed:
        raise LinkRefusedError(Why.FOREIGN)


def _may_act(link: str) -> Incident:
    """The incident, if links may act on its tenant: it goes on, and is not the account's own."""
    incident = wiring.incidents().incident(_opened(link))
    _refuse_unless(wiring.settings().link_may_act)
    if incident is None:
        raise UnknownIncidentError
    _refuse_unless(incident.is_open and not incident.is_of_account)
    return incident


def _doors(link: str, incident_id: str) -> Doors:
    return by_link(link, desk.form_token(incident_id), may_act=wiring.settings().link_may_act)


def _incident_page(link: str, incident_id: str, notice: str = "", status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    now = wiring.now()
    dossier = look(incident_id, wiring.looking(now), now)
    return page("incident.html", incident_view(dossier, _doors(link, incident_id), notice), status)


def _order_page(
    link: str, incident: Incident, notice: str = "", status: HTTPStatus = HTTPStatus.OK, *, done: str = ""
) -> Response[str]:
    found = desk.foresee(tenant=incident.tenant, incident=incident.id)
    return page("order.html", order_view(found, _doors(link, incident.id), notice, done), status)
