"""The operators' console, for people and programs that IAM vouches for: incidents, tenants by standing, orders."""

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from reputation_guard import wiring
from reputation_guard.domain.dossier import Member, members_of
from reputation_guard.domain.links import LinkRefusedError
from reputation_guard.domain.tenant import can_be_at_ses
from reputation_guard.front_desk import LOOK, FrontDesk, outcome, ses_says
from reputation_guard.pages.answers import in_json, message, page, see, status_of
from reputation_guard.pages.doors import Doors, by_iam
from reputation_guard.pages.incident_view import incident_view
from reputation_guard.pages.message import NO_NAME, REFUSED_FORM, UNKNOWN, WRONG_TYPE, Message
from reputation_guard.pages.order_view import order_view
from reputation_guard.pages.overview import overview
from reputation_guard.pages.together_view import MOST_AT_ONCE, foreseen_together, ordered_together
from reputation_guard.ports.errors import RefusedError, UnavailableError
from reputation_guard.usecases.look import UnknownIncidentError, look, open_incidents
from reputation_guard.usecases.visit import FormSpentError
from reputation_guard.wire import MalformedError
from reputation_guard.wire.announcement import incidents, plain
from reputation_guard.wire.order import as_seen, foreseen, parse_seen
from reputation_guard.wire.signal import answer as told

app = LambdaFunctionUrlResolver()
desk = FrontDesk(app, Metrics(), Logger(), proved=True)
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


class WrongTypeError(Exception):
    """The body is neither a form nor JSON: other types are what foreign pages can send unasked."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Show what is asked for, or do it."""
    return desk.serve(event, context)


@app.route("/", LOOK)
def show_all() -> Response[str]:
    """Show the incidents that go on, and the tenants by standing."""
    now = wiring.now()
    found = list(open_incidents(wiring.looking(now), now))
    if not _for_people():
        return in_json({"incidents": [told(incident) for incident, _ in found]})
    return page("overview.html", overview(found, wiring.roster().tenants(), now))


@app.route("/incidents/<incident_id>", LOOK)
def show(incident_id: str) -> Response[str]:
    """Show an incident."""
    return _incident_page(unquote(incident_id))


@app.post("/incidents/<incident_id>/signals")
def hear(incident_id: str) -> Response[str]:
    """Tell an incident what the operator says."""
    incident_id = unquote(incident_id)
    said, nonce = _body(incident_id)
    request = nonce or app.current_event.request_context.request_id
    answer = desk.tell({**said, "incident": incident_id, "by": _operator()}, request)
    if not nonce:
        return in_json(answer, status_of(answer))
    if "error" in answer:
        return _incident_page(incident_id, answer["message"], status_of(answer))
    return see(f"/incidents/{quote(incident_id)}")


@app.route("/incidents/<incident_id>/tenants", LOOK)
def show_together(incident_id: str) -> Response[str]:
    """Show what a resume of all tenants of an incident would meet."""
    incident_id = unquote(incident_id)
    paused = [each for each in _members(incident_id) if each.is_still_paused]
    found = desk.resume_each(paused[:MOST_AT_ONCE], {"operator": _operator(), "dry_run": True}, {})
    if not _for_people():
        return in_json({"tenants": found, "left": len(paused) - len(found)})
    doors = _doors("", incident_id, _all_of(incident_id))
    return page("together.html", foreseen_together(incident_id, found, len(paused) - len(found), doors))


@app.post("/incidents/<incident_id>/tenants")
def resume_together(incident_id: str) -> Response[str]:
    """Resume all tenants of an incident: those that the page showed, or (a program) those that are still paused."""
    incident_id = unquote(incident_id)
    given, nonce = _body(_all_of(incident_id))
    seen = parse_seen(str(given.pop("seen", "")))
    wanted = [each for each in _members(incident_id) if (each.incident in seen if nonce else each.is_still_paused)]
    ordered = desk.resume_each(wanted[:MOST_AT_ONCE], {**given, "operator": _operator()}, seen)
    # After the last order, not after each: the first ones may be carried out by then.
    answers = [each | {"ses_says": ses_says(each["tenant"])} for each in ordered]
    left = len(wanted) - len(answers)
    # Where one is resumed the answer is not that nothing was done.
    status = min((status_of(each) for each in answers), default=HTTPStatus.OK)
    if not nonce:
        return in_json({"tenants": answers, "left": left}, status)
    doors = _doors("", incident_id, _all_of(incident_id))
    return page("together.html", ordered_together(incident_id, answers, left, doors), status)


@app.route("/tenants/<name>", LOOK)
def show_tenant(name: str) -> Response[str]:
    """Show what a resume of a tenant would meet."""
    return _order_page(name)


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
    return desk.refuse(error, REFUSED_FORM)


@app.exception_handler(WrongTypeError)  # type: ignore[untyped-decorator] # as Powertools has it
def refuse_type(_error: WrongTypeError) -> Response[str]:
    """A body that is neither a form nor JSON."""
    return message(WRONG_TYPE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


@app.exception_handler([UnavailableError, RefusedError])  # type: ignore[untyped-decorator] # as Powertools has it
def not_now(error: Exception) -> Response[str]:
    """Ask for patience."""
    return desk.not_now(error)


@app.not_found
@app.exception_handler(UnknownIncidentError)  # type: ignore[untyped-decorator] # as Powertools has it
def nothing_here(_error: Exception) -> Response[str]:
    """There is no such page, or no such incident."""
    return _not_here(UNKNOWN)


def _members(incident_id: str) -> tuple[Member, ...]:
    incident = wiring.incidents().incident(incident_id)
    if incident is None:
        raise UnknownIncidentError
    return members_of(incident, wiring.book().tenant)


def _order(do: str, name: str) -> Response[str]:
    order, nonce = _body(_scope(name))
    order.pop("do", None)
    if nonce and do == "resume":
        order = as_seen(order)
    answer = desk.order(do, {**order, "tenant": name, "operator": _operator()})
    if not nonce:
        return in_json(answer, status_of(answer))
    if "error" in answer:
        return _order_page(name, answer["message"], status_of(answer))
    return _order_page(name, done=outcome(answer))


def _body(scope: str) -> tuple[dict[str, Any], str]:
    """What was sent, and a form's nonce; "" for JSON, which no page of a stranger can have a browser send."""
    sent = _header("content-type").partition(";")[0].strip().lower()
    if sent == _FORM:
        return desk.form(scope)
    try:
        found = json.loads(desk.body()) if sent == _JSON else None
    # Python's own reader goes no deeper than Python does.
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise WrongTypeError
    return found, ""


def _incident_page(incident_id: str, notice: str = "", status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    now = wiring.now()
    dossier = look(incident_id, wiring.looking(now), now)
    if not _for_people():
        return in_json(plain(incidents(), dossier.incident))
    doors = _doors(dossier.incident.tenant, incident_id, incident_id)
    return page("incident.html", incident_view(dossier, doors, notice), status)


def _order_page(name: str, notice: str = "", status: HTTPStatus = HTTPStatus.OK, *, done: str = "") -> Response[str]:
    if not can_be_at_ses(name):
        return _not_here(NO_NAME)
    found = desk.foresee(tenant=name, operator=_operator())
    if found.standing is None:
        return _not_here(UNKNOWN)
    if not _for_people():
        return in_json(foreseen(found))
    return page("order.html", order_view(found, _doors(name, "", _scope(name)), notice, done), status)


def _doors(tenant: str, incident_id: str, scope: str) -> Doors:
    return by_iam(tenant, incident_id, desk.form_token(scope))


def _scope(name: str) -> str:
    """What the forms about a tenant are good for; no incident is called so."""
    return f"tenant {name}"


def _all_of(incident_id: str) -> str:
    """What the form for all tenants of an incident is good for: not for a word about it, and the other way round."""
    return f"all of {incident_id}"


def _not_here(view: Message) -> Response[str]:
    if _for_people():
        return message(view, HTTPStatus.NOT_FOUND)
    return in_json({"error": "Unknown", "message": view.sentences[0]}, HTTPStatus.NOT_FOUND)


def _for_people() -> bool:
    return "text/html" in _header("accept")


def _header(name: str) -> str:
    return app.current_event.headers.get(name, "")


def _operator() -> str:
    """Who signed the request, as IAM says: whatever the body says."""
    return str(app.current_event.raw_event["requestContext"]["authorizer"]["iam"]["userArn"])
