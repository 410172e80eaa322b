"""Every command that people are told can be pasted: a shell and the command line take it as it stands."""

import html
import re
import shlex
from collections.abc import Iterator

import pytest
from typer.main import get_command

from cli.main import app
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.escalation import announcement_of
from reputation_guard.domain.incident import Cause, opened, paged
from reputation_guard.domain.incident_notice import notice_about, notice_of_incident
from reputation_guard.domain.notices import notice_of
from reputation_guard.pages.together_view import foreseen_together
from tests.fakes.builders import NOW
from tests.pages.examples import BY_IAM, together
from tests.pages.test_html import PAGES, html_of
from tests.wire.stories import STORIES, story

GUARD = get_command(app)
# A command ends with its line, or where the sentence around it goes on.
COMMAND = re.compile(rf"guard (?:{'|'.join(GUARD.commands)})(?: +(?:'[^']*'|[^\s'(),;:]+))*")  # type: ignore[attr-defined]


def told_by(event: GuardEvent) -> Iterator[str]:
    """The texts of a guard event's story: its notice, and each page of its incident."""
    found = story(event)
    if not isinstance(found, Announcement):
        told = notice_about(found)
        assert told
        yield told.text
        return
    yield notice_of(found).text
    for cause in Cause:
        incident, page = paged(opened(found, "arn:1", NOW), cause, (0,), NOW)
        yield notice_of_incident(announcement_of(GuardEvent.ESCALATION_RAISED, incident, NOW, page)).text


def commands_in(text: str) -> list[str]:
    """The commands in a text."""
    return [each.removesuffix(".") for each in COMMAND.findall(text.replace("\u00a0", " "))]


def parsed(command: str) -> None:
    """Have the command line read a command, and run nothing."""
    here, parent, words = GUARD, None, shlex.split(command)[1:]
    while True:
        context = here.make_context(here.name, list(words), parent=parent)
        if not hasattr(here, "commands"):
            return
        _, here, words = here.resolve_command(context, [*context._protected_args, *context.args])  # type: ignore[attr-defined]
        parent = context


@pytest.mark.parametrize("event", STORIES)
def test_commands_in_notices_can_be_pasted(event: GuardEvent) -> None:
    for text in told_by(event):
        for command in commands_in(text):
            parsed(command)


@pytest.mark.parametrize("name", PAGES)
def test_commands_on_pages_can_be_pasted(name: str) -> None:
    for command in commands_in(words_of(html_of(*PAGES[name]))):
        parsed(command)


def test_an_incident_whose_id_has_spaces_is_quoted() -> None:
    body = html_of("together.html", foreseen_together("the whole account.1", together(), 3, BY_IAM))
    for text in (words_of(body), *told_by(GuardEvent.BRAKE_ENGAGED)):
        of_account = [each for each in commands_in(text) if "the whole account" in each]
        assert [each for each in of_account if "'the whole account" not in each] == []


def test_the_search_finds_commands_and_the_parser_refuses_what_is_none() -> None:
    """Otherwise the tests above prove nothing."""
    found = {command.split()[1] for event in STORIES for text in told_by(event) for command in commands_in(text)}
    assert found == {"ack", "brake", "doctor", "mode", "resume", "status"}
    with pytest.raises(Exception, match="unexpected extra argument"):
        parsed("guard ack the whole account.1")


def words_of(body: str) -> str:
    """What a page says, without its markup."""
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", "\n", body, flags=re.DOTALL))
