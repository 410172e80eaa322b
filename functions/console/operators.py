"""The operators' console, for people and programs that IAM vouches for: incidents, tenants by standing, orders."""

import json
import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from reputation_guard import wiring
from reputation_guard.domain.incident import Incident
from reputation_guard.domain.links import LinkRefusedError
from reputation_guard.pages.answers import Answered, in_json, message, page, see, status_of
from reputation_guard.pages.doors import Doors, by_iam
from reputation_guard.pages.incident_view import incident_view
from reputation_guard.pages.message import NOT_NOW, REFUSED_FORM, UNKNOWN, WRONG_TYPE
from reputation_guard.pages.order_view import order_view
from reputation_guard.pages.overview import overview
from reputation_guard.ports import RefusedError, UnavailableError
from reputation_guard.usecases.foresee import foresee
from reputation_guard.usecases.look import look, open_incidents
from reputation_guard.usecases.pause import pause
from reputation_guard.usecases.resume import resume
from reputation_guard.usecases.tell import tell
from reputation_guard.usecases.visit import FormSpentError, admit, form_for
from reputation_guard.wire import MalformedError
from reputation_guard.wire.announcement import incidents, plain
from reputation_guard.wire.form import parse_form, text_of
from reputation_guard.wire.order import answered, foreseen, parse_pause, parse_resume, paused, resumed
from reputation_guard.wire.signal import answer as told
from reputation_guard.wire.signal import heard, parse_signal

logger, metrics, app = Logger(), Metrics(), LambdaFunctionUrlResolver()
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


class WrongTypeError(Exception):
    """The body is neither a form nor JSON: other types are what foreign pages can send unasked."""


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Show what is asked for, or do it."""
    metrics.add_metric(name="Visits", unit=MetricUnit.Count, value=1)
    return app.resolve(event, context)


@app.get("/")
def show_all() -> Response[str]:
    """Show the incidents that go on, and the tenants by standing."""
    now = wiring.now()
    found = list(open_incidents(wiring.looking(now), now))
    if not _for_people():
        return _response(in_json({"incidents": [told(incident) for incident, _ in found]}))
    return _response(page("overview.html", overview(found, wiring.roster().tenants(), now)))


@app.get("/incidents/<incident_id>")
def show(incident_id: str) -> Response[str]:
    """Show an incident."""
    return _response(_incident_page(unquote(incident_id)))


@app.post("/incidents/<incident_id>/signals")
def hear(incident_id: str) -> Response[str]:
    """Tell an incident what the operator says."""
    incident_id = unquote(incident_id)
    said, nonce = _body(incident_id)
    answer = heard(lambda: _tell({**said, "incident": incident_id, "by": _operator()}, nonce))
    if not nonce or answer.get("error") == "UnknownIncident":
        return _response(in_json(answer, status_of(answer)))
    if "error" in answer:
        return _response(_incident_page(incident_id, answer["message"], status_of(answer)))
    return _response(see(f"/incidents/{quote(incident_id)}"))


@app.get("/tenants/<name>")
def show_tenant(name: str) -> Response[str]:
    """Show what a resume of a tenant would meet."""
    return _response(_order_page(name))


@app.post("/tenants/<name>/resume")
def order_resume(name: str) -> Response[str]:
    """Resume a tenant."""
    return _order("resume", name)


@app.post("/tenants/<name>/pause")
def order_pause(name: str) -> Response[str]:
    """Pause a tenant."""
    return _order("pause", name)


@app.exception_handler([LinkRefusedError, FormSpentError, MalformedError])  # type: ignore[untyped-decorator] # as Powertools has it
def refuse(error: Exception) -> Response[str]:
    """A form that was sent already, or is not from here."""
    metrics.add_metric(name="LinksRefused", unit=MetricUnit.Count, value=1)
    logger.warning("form refused", extra={"error": repr(error), "why": getattr(error, "why", None)})
    return _response(message(REFUSED_FORM, HTTPStatus.FORBIDDEN))


@app.exception_handler(WrongTypeError)  # type: ignore[untyped-decorator] # as Powertools has it
def refuse_type(_error: WrongTypeError) -> Response[str]:
    """A body that is neither a form nor JSON."""
    return _response(message(WRONG_TYPE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE))


@app.exception_handler([UnavailableError, RefusedError])  # type: ignore[untyped-decorator] # as Powertools has it
def not_now(error: Exception) -> Response[str]:
    """Ask for patience."""
    logger.warning("not now", extra={"error": repr(error)})
    return _response(message(NOT_NOW, HTTPStatus.SERVICE_UNAVAILABLE))


@app.not_found
def nothing_here(_error: Exception) -> Response[str]:
    """There is no such page."""
    return _response(_unknown())


def _order(do: str, name: str) -> Response[str]:
    order, nonce = _body(_scope(name))
    order.pop("do", None)
    given = {**order, "tenant": name, "operator": _operator()}
    answer = answered(f"{do}d", lambda: _carry_out(do, given))
    logger.info("ordered", extra={"do": do, "tenant": name, "operator": _operator(), "error": answer.get("error")})
    if not nonce:
        return _response(in_json(answer, status_of(answer)))
    if "error" in answer:
        return _response(_order_page(name, answer["message"], status_of(answer)))
    return _response(see(f"/tenants/{quote(name)}"))


def _carry_out(do: str, given: dict[str, Any]) -> dict[str, Any]:
    now = wiring.now()
    if do == "pause":
        return paused(*pause(parse_pause(given, proved=True), wiring.pausing(), now))
    order = parse_resume(given, proved=True)
    if order.dry_run:
        return foreseen(foresee(order, wiring.foreseeing(now), now))
    return resumed(*resume(order, wiring.resuming(), now))


def _tell(said: dict[str, Any], nonce: str) -> Incident:
    request = nonce or app.current_event.request_context.request_id
    parsed = parse_signal(said, request, wiring.now(), proved=True)
    incident = tell(parsed.incident, parsed.signal, wiring.hearing())
    logger.info("signalled", extra={"incident": incident.id, "signal": parsed.signal.kind, "by": parsed.signal.by})
    return incident


def _body(scope: str) -> tuple[dict[str, Any], str]:
    """What was sent, and a form's nonce; "" for JSON, which no page of a stranger can have a browser send."""
    body, sent = (
        text_of(lambda: app.current_event.decoded_body),
        _header("content-type").partition(";")[0].strip().lower(),
    )
    if sent == _FORM:
        form: dict[str, Any] = dict(parse_form(body))
        return form, admit(form.pop("token", ""), scope, wiring.visiting(), wiring.now())
    if sent != _JSON:
        raise WrongTypeError
    try:
        found = json.loads(body)
    # Python's own reader goes no deeper than Python does.
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise WrongTypeError
    return found, ""


def _incident_page(incident_id: str, notice: str = "", status: HTTPStatus = HTTPStatus.OK) -> Answered:
    now = wiring.now()
    dossier = look(incident_id, wiring.looking(now), now)
    if dossier is None:
        return _unknown()
    if not _for_people():
        return in_json(plain(incidents(), dossier.incident))
    doors = _doors(dossier.incident.tenant, incident_id, incident_id)
    return page("incident.html", incident_view(dossier, doors, notice), status)


def _order_page(name: str, notice: str = "", status: HTTPStatus = HTTPStatus.OK) -> Answered:
    now = wiring.now()
    asked = parse_resume({"tenant": name, "dry_run": True, "operator": _operator()}, proved=True)
    found = foresee(asked, wiring.foreseeing(now), now)
    if found.standing is None:
        return _unknown()
    if not _for_people():
        return in_json(foreseen(found))
    return page("order.html", order_view(found, _doors(name, "", _scope(name)), notice), status)


def _doors(tenant: str, incident_id: str, scope: str) -> Doors:
    return by_iam(tenant, incident_id, form_for(scope, secrets.token_urlsafe(16), wiring.visiting(), wiring.now()))


def _scope(name: str) -> str:
    """What the forms about a tenant are good for; no incident is called so."""
    return f"tenant {name}"


def _unknown() -> Answered:
    if _for_people():
        return message(UNKNOWN, HTTPStatus.NOT_FOUND)
    return in_json({"error": "Unknown", "message": UNKNOWN.sentences[0]}, HTTPStatus.NOT_FOUND)


def _for_people() -> bool:
    return "text/html" in _header("accept")


def _header(name: str) -> str:
    return app.current_event.headers.get(name, "")


def _operator() -> str:
    """Who signed the request, as IAM says: whatever the body says."""
    return str(app.current_event.raw_event["requestContext"]["authorizer"]["iam"]["userArn"])


def _response(answer: Answered) -> Response[str]:
    return Response(
        status_code=answer.status,
        content_type=answer.content_type,
        body=answer.body,
        headers=dict(answer.headers),
    )
