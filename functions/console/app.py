"""A signed link's page: it opens one incident for an answer. A GET changes nothing: scanners follow links."""

import secrets
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from reputation_guard import wiring
from reputation_guard.domain.incident import Incident
from reputation_guard.domain.links import LinkRefusedError, Why
from reputation_guard.pages.answers import Answered, message, page, see, status_of
from reputation_guard.pages.doors import Doors, by_link
from reputation_guard.pages.incident_view import incident_view
from reputation_guard.pages.message import NO_INCIDENT, NOT_NOW, REFUSED_FORM, REFUSED_LINK
from reputation_guard.pages.order_view import order_view
from reputation_guard.ports import RefusedError, UnavailableError
from reputation_guard.usecases.foresee import foresee
from reputation_guard.usecases.look import UnknownIncidentError, look
from reputation_guard.usecases.orders import Order
from reputation_guard.usecases.pause import pause
from reputation_guard.usecases.resume import resume
from reputation_guard.usecases.tell import tell
from reputation_guard.usecases.visit import FormSpentError, admit, form_for, opened_by
from reputation_guard.wire import MalformedError
from reputation_guard.wire.form import parse_form, text_of
from reputation_guard.wire.order import answered, parse_pause, parse_resume, paused, resumed
from reputation_guard.wire.signal import heard, parse_signal

logger, metrics, app = Logger(), Metrics(), LambdaFunctionUrlResolver()


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Show a page, or take the form on it."""
    metrics.add_metric(name="Visits", unit=MetricUnit.Count, value=1)
    return app.resolve(event, context)


@app.get("/i/<link>")
def show(link: str) -> Response[str]:
    """Show the incident."""
    return _response(_incident_page(link, _opened(link)))


@app.post("/i/<link>")
def hear(link: str) -> Response[str]:
    """Tell the incident what its visitor says."""
    incident_id = _opened(link)
    form, nonce = _form(incident_id)
    _refuse_unless(form.get("signal", "") in _doors(link, incident_id).may)
    said = {**form, "incident": incident_id}
    answer = heard(lambda: _tell(said, nonce))
    return _response(
        _incident_page(link, incident_id, answer["message"], status_of(answer))
        if "error" in answer
        else see(f"/i/{link}")
    )


@app.get("/i/<link>/tenant")
def show_order(link: str) -> Response[str]:
    """Show what a resume would meet."""
    return _response(_order_page(link, _may_act(link)))


@app.post("/i/<link>/tenant")
def order(link: str) -> Response[str]:
    """Pause or resume the incident's tenant."""
    incident = _may_act(link)
    form, _ = _form(incident.id)
    do = form.pop("do", "")
    given = {**form, "tenant": incident.tenant} | ({"incident": incident.id} if do == "resume" else {})
    answer = answered(f"{do}d", lambda: _carry_out(do, given))
    if "error" in answer:
        return _response(_order_page(link, incident, answer["message"], status_of(answer)))
    return _response(see(f"/i/{link}"))


@app.exception_handler([LinkRefusedError, FormSpentError, MalformedError])  # type: ignore[untyped-decorator] # as Powertools has it
def refuse(error: Exception) -> Response[str]:
    """Say what to do, and nothing of why."""
    return _refused(error)


@app.exception_handler(UnknownIncidentError)  # type: ignore[untyped-decorator] # as Powertools has it
def nothing_of_it(_error: UnknownIncidentError) -> Response[str]:
    """A good link to an incident that is not there."""
    return _response(message(NO_INCIDENT, HTTPStatus.NOT_FOUND))


@app.not_found
def nothing_here(_error: Exception) -> Response[str]:
    """There is no page but those of links."""
    return _refused(LinkRefusedError(Why.FOREIGN))


@app.exception_handler([UnavailableError, RefusedError])  # type: ignore[untyped-decorator] # as Powertools has it
def not_now(error: Exception) -> Response[str]:
    """Ask for patience."""
    logger.warning("not now", extra={"error": repr(error)})
    return _response(message(NOT_NOW, HTTPStatus.SERVICE_UNAVAILABLE))


def _refused(error: Exception) -> Response[str]:
    metrics.add_metric(name="LinksRefused", unit=MetricUnit.Count, value=1)
    logger.warning("link refused", extra={"error": repr(error), "why": getattr(error, "why", None)})
    view = REFUSED_LINK if isinstance(error, LinkRefusedError) else REFUSED_FORM
    return _response(message(view, HTTPStatus.FORBIDDEN))


def _opened(link: str) -> str:
    return opened_by(link, wiring.visiting(), wiring.now())


def _form(incident_id: str) -> tuple[dict[str, str], str]:
    """The form's fields, and its nonce, which is good for this one time."""
    form = parse_form(text_of(lambda: app.current_event.decoded_body))
    return form, admit(form.pop("token", ""), incident_id, wiring.visiting(), wiring.now())


def _refuse_unless(allowed: bool) -> None:  # noqa: FBT001 - the one question there is
    if not allowed:
        raise LinkRefusedError(Why.FOREIGN)


def _may_act(link: str) -> Incident:
    """The incident, if links may act on its tenant: it goes on, and is not the account's own."""
    incident = wiring.incidents().incident(_opened(link))
    _refuse_unless(wiring.settings().link_may_act)
    if incident is None:
        raise UnknownIncidentError
    if not incident.is_open or incident.is_of_account:
        raise LinkRefusedError(Why.FOREIGN)
    return incident


def _doors(link: str, incident_id: str) -> Doors:
    form = form_for(incident_id, secrets.token_urlsafe(16), wiring.visiting(), wiring.now())
    return by_link(link, form, may_act=wiring.settings().link_may_act)


def _incident_page(link: str, incident_id: str, notice: str = "", status: HTTPStatus = HTTPStatus.OK) -> Answered:
    now = wiring.now()
    dossier = look(incident_id, wiring.looking(now), now)
    return page("incident.html", incident_view(dossier, _doors(link, incident_id), notice), status)


def _order_page(link: str, incident: Incident, notice: str = "", status: HTTPStatus = HTTPStatus.OK) -> Answered:
    now = wiring.now()
    asked = parse_resume({"tenant": incident.tenant, "incident": incident.id, "dry_run": True})
    found = foresee(asked, wiring.foreseeing(now), now)
    return page("order.html", order_view(found, _doors(link, incident.id), notice), status)


def _tell(said: dict[str, str], nonce: str) -> Incident:
    parsed = parse_signal(said, nonce, wiring.now())
    incident = tell(parsed.incident, parsed.signal, wiring.hearing())
    logger.info("signalled", extra={"incident": incident.id, "signal": parsed.signal.kind, "by": parsed.signal.by})
    return incident


def _carry_out(do: str, given: dict[str, str]) -> dict[str, Any]:
    if do == "resume":
        return resumed(*resume(_noted(parse_resume(given), do), wiring.resuming(), wiring.now()))
    if do == "pause":
        return paused(*pause(_noted(parse_pause(given), do), wiring.pausing(), wiring.now()))
    raise MalformedError("do", "is pause or resume")


def _noted(order: Order, do: str) -> Order:
    logger.info("ordered by link", extra={"do": do, "tenant": order.tenant, "operator": order.operator.name})
    return order


def _response(answer: Answered) -> Response[str]:
    return Response(
        status_code=answer.status,
        content_type=answer.content_type,
        body=answer.body,
        headers=dict(answer.headers),
    )
