"""What both consoles do alike: answer, take a form, tell an incident, carry out an order, foresee a resume."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from reputation_guard import wiring
from reputation_guard.domain.dossier import Member
from reputation_guard.domain.incident import Incident
from reputation_guard.domain.preflight import Preflight
from reputation_guard.domain.tenant import Tenant
from reputation_guard.domain.words import sending_in_words
from reputation_guard.pages.answers import message
from reputation_guard.pages.message import NOT_NOW, Message
from reputation_guard.ports.errors import GoneError, RefusedError, UnavailableError
from reputation_guard.usecases.at_ses import at_ses
from reputation_guard.usecases.foresee import foresee
from reputation_guard.usecases.pause import pause
from reputation_guard.usecases.resume import resume
from reputation_guard.usecases.tell import tell
from reputation_guard.usecases.visit import admit, form_for
from reputation_guard.wire import MalformedError
from reputation_guard.wire.form import parse_form, text_of
from reputation_guard.wire.order import answered, foreseen, parse_pause, parse_resume, paused, resumed
from reputation_guard.wire.signal import heard, parse_signal
from reputation_guard.wiring import links

# Mail scanners ask HEAD of what they find in a mail.
LOOK = ["GET", "HEAD"]


@dataclass(frozen=True, slots=True)
class FrontDesk:
    """One address of the console. `proved`: IAM vouches for whoever comes to it."""

    app: LambdaFunctionUrlResolver
    metrics: Metrics
    logger: Logger
    proved: bool

    def serve(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer, and count the visit; HEAD gets the head of what GET gets, and is no visit: nobody read anything."""
        if event["requestContext"]["http"]["method"] == "HEAD":
            return self.app.resolve(event, context) | {"body": ""}
        self._count("Visits")
        answer: dict[str, Any] = self.metrics.log_metrics(self.app.resolve)(event, context)
        return answer

    def refuse(self, error: Exception, view: Message) -> Response[str]:
        """Refuse a link or a form, and say what to do, and nothing of why."""
        if self.app.current_event.http_method != "HEAD":
            self._count("LinksRefused")
        self.logger.warning("link or form refused", extra={"error": repr(error), "why": getattr(error, "why", None)})
        return message(view, HTTPStatus.FORBIDDEN)

    def not_now(self, error: Exception) -> Response[str]:
        """Ask for patience."""
        self.logger.warning("not now", extra={"error": repr(error)})
        return message(NOT_NOW, HTTPStatus.SERVICE_UNAVAILABLE)

    def body(self) -> str:
        """What was sent. Raises `MalformedError`."""
        return text_of(lambda: self.app.current_event.decoded_body)

    def form(self, scope: str) -> tuple[dict[str, str], str]:
        """The fields of the form that was sent, and its nonce, which is good for this one time.

        Raises `MalformedError`, and as `admit` does: the form is not from a page about this `scope`, or is spent.
        """
        form = parse_form(self.body())
        return form, admit(form.pop("token", ""), self._good_for(scope), links.visiting(), wiring.now())

    def form_token(self, scope: str) -> str:
        """The token of the forms on a page about this."""
        return form_for(self._good_for(scope), secrets.token_urlsafe(16), links.visiting(), wiring.now())

    def tell(self, said: Mapping[str, Any], request: str) -> dict[str, Any]:
        """Tell an incident what a person says, and answer; `request` is the signal's id."""
        return heard(lambda: self._tell(said, request))

    def order(self, do: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an order to pause, to resume or to foresee a resume, or answer clearly why not."""
        answer = answered(f"{do}d", lambda: self._carry_out(do, given))
        if given.get("dry_run") is True:
            return answer
        about = {name: given.get(name) for name in ("tenant", "operator")}
        self.logger.info("ordered", extra={"do": do, "proved": self.proved, "error": answer.get("error"), **about})
        return answer

    def foresee(self, **given: str) -> Preflight:
        """What a resume would meet. Raises `MalformedError`, and what SES or AWS refuses."""
        now = wiring.now()
        return foresee(parse_resume({**given, "dry_run": True}, proved=self.proved), wiring.foreseeing(now), now)

    def resume_each(
        self, members: Iterable[Member], given: Mapping[str, Any], seen: Mapping[str, int | None]
    ) -> list[dict[str, Any]]:
        """Give the same order to resume for one tenant after the other, each as its incident was seen."""
        return [self._resume_one(each, given, seen.get(each.incident)) for each in members]

    def _good_for(self, scope: str) -> str:
        """Whoever has a link has tokens of its page: they are good for nothing at the operators' address."""
        return f"operators: {scope}" if self.proved else scope

    def _count(self, name: str) -> None:
        self.metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)

    def _tell(self, said: Mapping[str, Any], request: str) -> Incident:
        parsed = parse_signal(said, request, wiring.now(), proved=self.proved)
        incident = tell(parsed.incident, parsed.signal, wiring.hearing())
        about = {"incident": incident.id, "signal": parsed.signal.kind, "by": parsed.signal.by}
        self.logger.info("signalled", extra=about)
        return incident

    def _resume_one(self, member: Member, given: Mapping[str, Any], version: int | None) -> dict[str, Any]:
        about = {"tenant": member.tenant, "incident": member.incident}
        seen = {} if version is None else {"version": version}
        return {**self.order("resume", {**given, **about, **seen}), **about}

    def _carry_out(self, do: str, given: Mapping[str, Any]) -> dict[str, Any]:
        now = wiring.now()
        if do == "pause":
            return paused(*pause(parse_pause(given, proved=self.proved), wiring.pausing(), now))
        if do != "resume":
            raise MalformedError("do", "is pause or resume")
        order = parse_resume(given, proved=self.proved)
        if order.dry_run:
            return foreseen(foresee(order, wiring.foreseeing(now), now))
        return resumed(*resume(order, wiring.resuming(), now))


def outcome(answer: Mapping[str, Any]) -> str:
    """What came of an order that is decided, and the truth as SES reports it."""
    return f"{answer['message']} {ses_says(answer['tenant'])}"


def ses_says(name: str) -> str:
    """How a tenant is at SES this moment, in a sentence."""
    gate = wiring.gate()
    try:
        status = at_ses(wiring.book().tenant(name) or Tenant(name=name), gate, gate.look)
    except GoneError:
        return "SES has no such tenant any more."
    except (RefusedError, UnavailableError) as error:
        return f"How it is at SES cannot be read now ({error})."
    if status.stopped_by_ses:
        return "It is still blocked by SES: only AWS Support can lift this."
    return f"SES says: {sending_in_words(status)}."
