"""`guard report`: one page, of foreign words none the worse, from a deployment or from an export."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

import cli.report.page
from cli.export.lines import DayLine, DelaysLine, Line, TenantLine
from reputation_guard.domain.account import BudgetPart, Contributor
from reputation_guard.domain.decision import Answer, Decision, Example, GuardEvent
from reputation_guard.domain.learning import LearnedDelay
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.tenant import Exemption, Tenant
from tests.cli.aws import FakeAws, guard
from tests.cli.histories import NOW, paused, resumed, settled, slots, written

EVIL = "<script>alert('1')</script>&\"x\""
STORY = [
    *slots("list-bombed", *[(100, 2, 0)] * 12, (100, 45, 0), (100, 40, 0), (0, 0, 0)),
    *settled(pause := paused("list-bombed"), resumed(pause, NOW - timedelta(minutes=4), "The list was cleaned")),
    *slots("healthy", *[(1000, 10, 0)] * 15),
]


class Page(HTMLParser):
    """What a browser would make of a page: its tags, the text, what it would load, what it would run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.open.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [given["href"] or ""] if tag == "a" else []
        self.loads += [
            value or "" for name, value in attrs if name in {"src", "data"} or (name, tag) == ("href", "link")
        ]
        self.tags += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)


def reported(folder: Path, lines: list[Line], *words: str) -> Page:
    """The page about a history."""
    target = folder / "report.html"
    result = guard("report", "--from", written(folder, lines), "-o", str(target), *words)
    assert result.exit_code == 0, result.stderr
    return Page(target.read_text(encoding="utf-8"))


def test_the_page_loads_nothing_and_runs_nothing(tmp_path: Path) -> None:
    page = reported(tmp_path, STORY)
    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(page.tags)
    assert page.loads == []
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\"' <)]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in text
    assert set(re.findall(r"url\(.", text)) <= {"url(#"}


def test_the_story_is_on_it(tmp_path: Path) -> None:
    page = reported(tmp_path, STORY)
    assert "30 hard bounces of 100 sent in the last 15 min (90 with feedback due) = 33.3 %" in page.text
    assert "By ann (as declared): The list was cleaned" in page.text
    assert "Paused, 11:52:30" in page.text
    assert "Resumed, 11:58:30" in page.text
    assert "On probation until 2026-11-25 11:58:30 UTC" in page.text
    # The drawings: the limits, and the words where a pointer rests.
    assert "pause 10 %" in page.text
    assert "with 99 % confidence at least" in page.text


def test_rates_are_drawn_by_the_delays_that_were_in_use(tmp_path: Path) -> None:
    """Here feedback was learned to come within a second, so that nearly all of it is due two minutes later."""
    mail, at_once = slots("acme", (100, 5, 0)), LearnedDelay((0, 1, 86_400), (0, 1, 1))
    quick = DelaysLine(bounce=at_once, complaint=at_once)
    assert "5 hard bounces of 100 sent, 5.01 %" in reported(tmp_path, [quick, *mail]).text
    assert "5 hard bounces of 100 sent, 5.54 %" in reported(tmp_path, mail).text


def at_risk() -> Decision:
    """A warning about the account itself, half of whose budget one tenant has used."""
    return replace(
        paused("the whole account"),
        announces=GuardEvent.ACCOUNT_AT_RISK,
        answer=Answer.WARN,
        contributors=(Contributor(EVIL, (BudgetPart(Kind.BOUNCE, timedelta(days=1), 25, 1000, 0.05, 1.0),), NOW),),
    )


def test_when_the_account_itself_was_at_risk_is_on_the_front(tmp_path: Path) -> None:
    page = reported(tmp_path, [*STORY, *settled(at_risk())])
    assert "When the account itself was at risk" in page.text
    assert f"Who used most of what the account may have: {EVIL} 50.0 %." in page.text
    assert "When the account itself was at risk" not in reported(tmp_path, STORY).text


def test_each_decision_names_the_policy_it_was_made_by(tmp_path: Path) -> None:
    """Which may be another one than that of today."""
    then = replace(pause, policy=replace(pause.policy, name="night", version=7))
    page = reported(tmp_path, [*slots("acme", (100, 45, 0)), *settled(then)])
    assert "Paused confirmed policy night v7" in page.text
    assert "Policy standard v1." in page.text


def test_an_exemption_is_told_while_it_runs(tmp_path: Path) -> None:
    until = NOW + timedelta(hours=1)
    told = f"Exempt from pauses by the guard until {until:%Y-%m-%d %H:%M:%S} UTC, by ann: {EVIL}"
    record = TenantLine(tenant=Tenant(name="acme", exemption=Exemption(until, "ann", EVIL)))
    assert told in reported(tmp_path, [*slots("acme", (100, 5, 0)), record]).text
    over = TenantLine(tenant=Tenant(name="acme", exemption=Exemption(NOW, "ann", EVIL)))
    assert "Exempt" not in reported(tmp_path, [*slots("acme", (100, 5, 0)), over]).text


def test_no_number_is_parted_from_its_per_cent_sign(tmp_path: Path) -> None:
    reported(tmp_path, [*STORY, *settled(at_risk())])
    text = re.sub(r"(?s)<svg.*?</svg>|<style.*?</style>", "", (tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "= 33.3\N{NO-BREAK SPACE}%; at least " in text
    assert re.findall(r"\S+\s+%", text.replace("\N{NO-BREAK SPACE}%", "%")) == []


def test_every_link_leads_somewhere(tmp_path: Path) -> None:
    page = reported(tmp_path, STORY)
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert {"#tenant-1", "#tenant-2"} <= set(page.links)


def test_drawings_do_not_share_their_clips(tmp_path: Path) -> None:
    page = reported(tmp_path, STORY)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert set(re.findall(r"url\(#(\w+)\)", text)) <= set(page.ids)


def test_foreign_words_are_only_words(tmp_path: Path) -> None:
    bad = paused(EVIL, NOW - timedelta(minutes=10), Example(Kind.BOUNCE, "example.com", f"550 {EVIL}", "192.0.2.1"))
    page = reported(tmp_path, [*slots(EVIL, (100, 40, 1)), *settled(bad, resumed(bad, NOW, EVIL))])
    assert not {"script", "onload", "onerror"} & set(page.tags)
    assert page.text.count(EVIL) >= 4


def test_an_empty_account_has_a_page_too(tmp_path: Path) -> None:
    page = reported(tmp_path, [])
    assert "No mail is on record for this time." in page.text
    assert "svg" not in page.tags


def test_without_decisions_it_says_so(tmp_path: Path) -> None:
    page = reported(tmp_path, slots("acme", (100, 1, 0)))
    assert "No decision was made about it in this time." in page.text
    assert "It is not in the guard's book" in page.text


def test_one_slot_of_mail_can_be_drawn(tmp_path: Path) -> None:
    assert "svg" in reported(tmp_path, slots("acme", (1, 0, 0))).tags


def test_a_line_breaks_where_no_mail_was_sent(tmp_path: Path) -> None:
    """Rates of bounces on three days, two of them next to one another: two runs, the one of a single day as a dot."""
    days = [
        DayLine(tenant="acme", day=(NOW - timedelta(days=back)).date(), sends=1000, bounces=20, complaints=0)
        for back in (20, 12, 11)
    ]
    reported(tmp_path, list[Line](days))
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    lines = re.findall(r'd="(M[^"]*)" stroke="var\(--accent\)"', text)
    assert [line.count("L") for line in lines] == [0, 1]
    assert len(re.findall(r'fill="var\(--band\)"', text)) == 3


def test_feedback_without_sends_has_no_rate(tmp_path: Path) -> None:
    page = reported(tmp_path, slots("unseen", (0, 3, 1)))
    assert "0 sent, 3 hard bounces (-," in page.text


def test_a_large_fleet_has_details_of_the_first_and_of_all_with_decisions(tmp_path: Path) -> None:
    lines = [line for number in range(8) for line in slots(f"tenant-{number}", (1000, 50 - number, 0))]
    page = reported(tmp_path, [*lines, *settled(paused("tenant-7"))], "--top", "2")
    assert [each for each in page.ids if re.fullmatch(r"tenant-\d", each)] == ["tenant-1", "tenant-2", "tenant-3"]
    assert "Details follow for the 3 tenants with the largest shares or with decisions." in page.text
    assert page.tags.count("svg") == 3


def test_a_ranking_that_nobody_could_read_is_cut_off_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.report.page, "MOST_RANKED", 3)
    lines = [line for number in range(8) for line in slots(f"tenant-{number}", (1000, 50 - number, 0))]
    page = reported(tmp_path, lines, "--top", "0")
    assert "tenant-2" in page.text
    assert "tenant-3" not in page.text
    assert "And 5 more with smaller shares." in page.text


def test_one_tenant_alone_keeps_its_place_in_the_ranking(tmp_path: Path) -> None:
    page = reported(tmp_path, STORY, "--tenant", "healthy")
    assert page.tags.count("svg") == 1
    assert "list-bombed" in page.text


def test_a_tenant_that_nobody_knows_is_wrong(tmp_path: Path) -> None:
    result = guard("report", "--from", written(tmp_path, STORY), "--tenant", "bombed", "-o", str(tmp_path / "page"))
    assert (result.exit_code, result.stderr) == (1, "guard: nothing is on record of a tenant bombed.\n")
    assert not (tmp_path / "page").exists()


def test_a_report_of_a_file_asks_no_deployment(aws: FakeAws, tmp_path: Path) -> None:
    reported(tmp_path, STORY)
    assert aws.calls == []


def test_a_report_of_a_deployment_is_the_one_of_its_export(aws: FakeAws, tmp_path: Path) -> None:
    aws.pause(aws.enter("acme"))
    aws.send("acme", sends=300)
    aws.bounce("acme", 90)
    target = tmp_path / "report.html"
    result = guard("report", "-o", str(target), "--json")
    assert json.loads(result.stdout) == {"file": str(target), "tenants": 1, "detailed": ["acme"]}
    page = Page(target.read_text(encoding="utf-8"))
    assert "300 sent, 90 hard bounces (30.00 %, 600 % of the account's budget)" in page.text


def test_a_report_can_be_piped(tmp_path: Path) -> None:
    result = guard("report", "--from", written(tmp_path, STORY), "-o", "-")
    assert result.stdout.startswith("<!doctype html>")
    assert result.stdout.rstrip().endswith("</html>")


@pytest.mark.parametrize("days", ["0", "32"])
def test_more_days_than_are_kept_are_refused(tmp_path: Path, days: str) -> None:
    assert guard("report", "--from", written(tmp_path, STORY), "--days", days).exit_code == 2
