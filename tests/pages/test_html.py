"""What every page keeps to: strangers' words stay text, nothing is loaded or run, and everybody can use it."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from reputation_guard.domain.decision import Example, GuardEvent
from reputation_guard.domain.escalation import plan
from reputation_guard.domain.incident import Outcome, SignalKind, closed
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.telling import told
from reputation_guard.pages.answers import page
from reputation_guard.pages.message import NO_INCIDENT, NOT_NOW, REFUSED_FORM, REFUSED_LINK, UNKNOWN
from reputation_guard.pages.order_view import order_view
from reputation_guard.pages.overview import overview
from reputation_guard.pages.phrases import away
from reputation_guard.pages.together_view import foreseen_together, ordered_together
from tests.fakes.builders import NOW
from tests.pages.examples import (
    BY_IAM,
    BY_LINK,
    HOLD,
    PAUSED,
    example_incident,
    foreseen,
    of_account,
    said,
    together,
    view,
)

EVIL = "<script>alert('x')</script>\" onload=\"alert(1)"
FOREIGN = {"script", "img", "link", "iframe", "object", "embed", "base"}
INCIDENT = example_incident()
PAGES = {
    "by link": ("incident.html", view(doors=BY_LINK)),
    "by IAM": ("incident.html", view(doors=BY_IAM)),
    "of the account": ("incident.html", view(of_account(GuardEvent.BRAKE_ENGAGED))),
    "list": (
        "overview.html",
        overview([(example_incident(), plan(example_incident(), PAUSED, HOLD, NOW))], [PAUSED], NOW),
    ),
    "before resuming all": ("together.html", foreseen_together("shop.4", together(), 3, BY_IAM)),
    "after resuming all": ("together.html", ordered_together("shop.4", together(), 0, BY_IAM)),
    "order": ("order.html", order_view(foreseen(), BY_IAM)),
    "ordered": ("order.html", order_view(foreseen(), BY_IAM, done="Decided. SES says: it cannot send.")),
    **{each.heading: ("message.html", each) for each in (REFUSED_LINK, REFUSED_FORM, NO_INCIDENT, UNKNOWN, NOT_NOW)},
}
every_page = pytest.mark.parametrize("name", PAGES)


class Reader(HTMLParser):
    """The elements of a page, and which labels and names its fields have."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.unnamed: list[str | None] = []
        self._inside_label = False
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        self._inside_label = tag == "label" or (self._inside_label and tag in {"input", "select", "option"})
        is_field = tag in {"input", "select", "textarea"} and found.get("type") != "hidden"
        if is_field and not self._inside_label and "aria-label" not in found:
            self.unnamed.append(found.get("name"))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a kind."""
        return [attributes for found, attributes in self.elements if found == tag]


def html_of(template: str, view: object) -> str:
    """The HTML of a page."""
    found = page(template, view).body
    assert found
    return found


def read(name: str) -> Reader:
    return Reader(html_of(*PAGES[name]))


@every_page
def test_nothing_is_run_and_nothing_is_loaded(name: str) -> None:
    reader = read(name)
    assert not [
        tag for tag, _ in reader.elements if tag in {"script", "img", "link", "iframe", "object", "embed", "base"}
    ]
    attributes = {attribute for _, found in reader.elements for attribute in found}
    assert not {each for each in attributes if each.startswith("on") or each in {"style", "src", "srcdoc"}}
    addresses = [found.get("href") or found.get("action") or "" for _, found in reader.elements]
    assert not [each for each in addresses if "//" in each or each.startswith("javascript:")]


@every_page
def test_the_policy_allows_the_style_that_is_served_and_nothing_else(name: str) -> None:
    answer = page(*PAGES[name])
    (style,) = re.findall(r"<style>(.*?)</style>", answer.body or "", re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert answer.headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


@every_page
def test_every_page_has_its_landmarks_and_every_field_a_name(name: str) -> None:
    reader = read(name)
    assert [len(reader.of(tag)) for tag in ("main", "header", "footer", "h1")] == [1, 1, 1, 1]
    assert reader.of("html") == [{"lang": "en"}]
    assert reader.unnamed == []
    labels = [found["aria-label"] for found in reader.of("form")]
    assert len(labels) == len(set(labels)), "told apart by whoever does not see where they stand"
    headings = {found.get("id") for tag, found in reader.elements if tag in {"h2", "p", "title", "figcaption"}}
    named_by = {each for _, found in reader.elements for each in (found.get("aria-labelledby") or "").split()}
    assert named_by <= headings


@every_page
def test_a_get_alone_changes_nothing(name: str) -> None:
    assert all(found["method"] == "post" for found in read(name).of("form"))


def test_strangers_words_stay_text() -> None:
    incident = example_incident()
    example = Example(Kind.BOUNCE, EVIL, EVIL, EVIL)
    decision = replace(incident.case.decision, examples=(example,))
    incident = replace(incident, case=replace(incident.case, decision=decision))
    incident = told(incident, replace(said(SignalKind.NOTED, 1, text=EVIL), by=EVIL))
    body = html_of("incident.html", view(incident))
    assert EVIL not in body
    assert body.count("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") >= 3
    assert not Reader(body).of("script")


def test_a_drawing_is_told_in_words_as_well() -> None:
    """And no number is in another line than its percent sign, however narrow the page."""
    body = html_of(*PAGES["by link"])
    assert "The guard warns above 5\u00a0% and pauses above 10\u00a0%." in body
    assert len(re.findall(r'role="img" aria-labelledby="drawing-\d words-\d"', body)) == 2


@pytest.mark.parametrize("event", [GuardEvent.BRAKE_ENGAGED, GuardEvent.GUARD_BLINDED])
def test_the_page_of_the_account_carries_the_whole_case(event: GuardEvent) -> None:
    """Kept tenants, shared traits, numbers and the commands: whoever has the link has no better page."""
    incident = of_account(event)
    body = html_of("incident.html", view(incident))
    told = [line.strip() for line in notice_of(incident.case).text.splitlines() if line.strip()]
    assert [line for line in told if str(escape(line)) not in body.replace("\xa0", " ")] == []
    assert "Its mail" not in body


def test_the_page_of_a_tenant_has_what_its_notice_says() -> None:
    body = html_of(*PAGES["by link"])
    told = [line.strip() for line in notice_of(INCIDENT.case).text.splitlines() if line.strip()]
    assert [line for line in told if str(escape(line)) not in body.replace("\xa0", " ")] == []


def test_a_closed_incident_is_not_open() -> None:
    body = html_of("incident.html", view(closed(INCIDENT, Outcome.HEALTHY, NOW)))
    assert ("open since" in body, "closed <time" in body) == (False, True)
    assert "open since <time" in html_of(*PAGES["by link"])


def test_a_phone_tells_what_each_line_of_an_incident_is() -> None:
    """The head of the table is out of sight there."""
    labels = [each["data-label"] for each in read("list").of("td") if "data-label" in each]
    assert labels == ["Who has it", "What comes next"]
    assert "td[data-label]::before" in html_of(*PAGES["list"])


def test_of_many_tenants_the_preflights_are_folded_and_the_form_stands_once() -> None:
    few, many = (html_of("together.html", foreseen_together("shop.4", together() * n, 0, BY_IAM)) for n in (1, 2))
    assert (few.count("<details open>"), many.count("<details>")) == (2, 4)
    assert (few.count("<form"), many.count("<form")) == (1, 1)


def test_by_a_link_there_is_no_way_to_resume_or_to_hand_over() -> None:
    by_link, by_iam = (html_of(*PAGES[name]) for name in ("by link", "by IAM"))
    assert ("Hand over" in by_link, "Resume" in by_link) == (False, False)
    assert ("Hand over" in by_iam, "Resume" in by_iam) == (True, True)


@pytest.mark.parametrize("message", [REFUSED_LINK, REFUSED_FORM, NO_INCIDENT])
def test_a_refusal_says_what_to_do_and_not_what_was_asked_for(message: object) -> None:
    body = html_of("message.html", message)
    assert "shop" not in body
    assert "incident" in body or "Go back" in body


@given(seconds=st.integers(-40 * 86_400, 40 * 86_400))
def test_how_far_away_a_moment_is_never_says_nothing(seconds: int) -> None:
    words = away(NOW + timedelta(seconds=seconds), NOW)
    assert words == "now" if not seconds else words.startswith("in ") if seconds > 0 else words.endswith(" ago")
