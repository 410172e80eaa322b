"""The report as one page: a ranking of all tenants, and a section for each that is worth one."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from cli.export.lines import DecisionLine
from cli.report.charts import drawing
from cli.report.fleet import REVIEW_LINE, Dossier, Fleet
from cli.report.rate_chart import WHAT
from cli.report.timeline import Mark, marks, spans
from cli.report.vega import Time
from cli.words import moment
from reputation_guard.domain.account import largest_share
from reputation_guard.domain.addresses import alike
from reputation_guard.domain.decision import Decision, GuardEvent
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.policy import Kind, Policy
from reputation_guard.domain.rates import Step, pieces
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.domain.words import case_in_words, percent

_HERE = Path(__file__).parent
# A page of more rows than this is slow to open, and nobody reads them.
MOST_RANKED = 1000
_MOST_EXAMPLES = 3
_PERCENT = "\N{NO-BREAK SPACE}%"
_STOPPED_BY = {Owner.GUARD: "the guard", Owner.OPERATOR: "a person", Owner.SES: "SES itself"}


@dataclass(frozen=True, slots=True)
class Row:
    """A decision in the table of its tenant."""

    mark: Mark
    outcome: str
    policy: Policy
    why: Sequence[str]


@dataclass(frozen=True, slots=True)
class Section:
    """What the page says of one tenant. `drawing` is empty where nothing was sent."""

    tenant: Dossier
    notes: Sequence[str]
    drawing: Markup
    standings: Collection[Standing]
    summary: str
    rows: Sequence[Row]


def page(fleet: Fleet, detailed: Sequence[Dossier], drawn: Callable[[], None] = lambda: None) -> str:
    """The report, with a section for each of the tenants in `detailed`; `drawn` is called after each of them."""
    time = _time_of(fleet)
    sections = []
    for tenant in detailed:
        sections.append(_section(tenant, time, fleet.delays))
        drawn()
    decided = [each.decision for tenant in fleet.tenants for each in tenant.decisions]
    return _template().render(
        fleet=fleet,
        time=time,
        style=Markup((_HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - ours
        kinds=list(Kind),
        what=WHAT,
        review_line=REVIEW_LINE,
        at_risk=[_row(mark, each) for mark, each in zip(marks(fleet.at_risk), fleet.at_risk, strict=True)],
        standings_in_words=_standings(fleet.tenants),
        decisions=len(decided),
        pauses=sum(each.announces == GuardEvent.TENANT_PAUSED for each in decided),
        ranked=fleet.tenants[:MOST_RANKED],
        unranked=len(fleet.tenants[MOST_RANKED:]),
        undetailed=len(detailed) < len(fleet.tenants),
        sections=sections,
        anchors={tenant.name: f"tenant-{number}" for number, tenant in enumerate(detailed, 1)},
    )


def _time_of(fleet: Fleet) -> Time:
    """From the first that is on record of anybody."""
    step, end = Step.for_counts(fleet.counts), fleet.account.at
    found = pieces(fleet.counts, step, end, fleet.delays)
    decided = [each.decision.at for tenant in fleet.tenants for each in tenant.decisions]
    starts = [*decided, *(datetime.fromtimestamp(piece.start, UTC) for piece in found[:1])]
    return Time(min(starts, default=fleet.since), end, step)


def _section(tenant: Dossier, time: Time, delays: Delays) -> Section:
    noted = marks(tenant.decisions)
    is_worth_drawing = bool(tenant.totals.sends or noted or tenant.totals.bounces or tenant.totals.complaints)
    told = "; ".join(f"{mark.number}: {mark.words} at {moment(mark.at)}" for mark in noted)
    summary = f"Rates, sends and feedback of {tenant.name} from {moment(time.start)} to {moment(time.end)}."
    return Section(
        tenant,
        list(_notes(tenant, time.end)),
        Markup(drawing(tenant, time, delays) if is_worth_drawing else ""),  # noqa: S704 - the drawing escapes its words
        {span.standing for span in spans(tenant.decisions, time.end)},
        f"{summary} Decisions: {told or 'none'}.",
        [_row(mark, each) for mark, each in zip(noted, tenant.decisions, strict=True)],
    )


def _row(mark: Mark, line: DecisionLine) -> Row:
    return Row(mark, line.outcome or "pending", line.decision.policy, list(_why(line.decision)))


def _why(decision: Decision) -> Iterator[str]:
    if decision.because:
        yield f"{_unbroken(case_in_words(decision.because))}."
    if decision.tenant.is_account:
        most = ", ".join(f"{each.tenant} {_share(largest_share(each.budget))}" for each in decision.contributors)
        yield f"Who used most of what the account may have: {most or 'nobody by name'}."
    if decision.operator or decision.reason or decision.owner is not Owner.GUARD:
        who = decision.ordered_by.in_words if decision.ordered_by else _STOPPED_BY[decision.owner]
        yield f"By {who}: {decision.reason}" if decision.reason else f"By {who}."
    because = decision.because
    said = alike(
        f"{each.domain}: {each.diagnostic}" if each.diagnostic else each.domain
        for each in decision.examples
        if because and each.kind is because.window.kind
    )
    for words, number in islice(said.items(), _MOST_EXAMPLES):
        yield f"{number} x {words}"


def _notes(tenant: Dossier, now: datetime) -> Iterator[str]:
    record = tenant.record
    if record is None:
        yield "It is not in the guard's book: nothing ever came back of its mail."
        return
    if record.stops:
        yield f"Stopped by {' and '.join(_STOPPED_BY[owner] for owner in sorted(record.stops))}."
    if record.standing is Standing.PROBATION:
        yield f"On probation until {moment(record.probation_ends)}."
    if record.exemption and now < record.exemption.until:
        given = record.exemption
        yield f"Exempt from pauses by the guard until {moment(given.until)}, by {given.operator}: {given.reason}"
    if record.unseen_at:
        yield f"Its sends were not seen, {moment(record.unseen_at)}: it could not be judged."
    for finding in record.findings:
        yield f"Open finding at SES, {finding.impact} {finding.kind}: {finding.text}"


def _standings(tenants: Sequence[Dossier]) -> str:
    found = Counter(tenant.standing for tenant in tenants)
    words = {Standing.PAUSED: "paused", Standing.PROBATION: "on probation", Standing.WARNED: "warned"}
    return ", ".join(f"{found[each]:,} {word}" for each, word in words.items() if found[each]) or "all healthy"


@cache
def _template() -> Template:
    # Names of tenants and what mail servers said are foreign: all of it is escaped.
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= _FILTERS
    environment.globals |= {"meter": _meter, "standing": _badge}
    return environment.get_template("page.html")


def _meter(used: float) -> Markup:
    """How much of a budget is used, as a bar; the number stands beside it."""
    over = " over" if used >= 1 else ""
    return Markup('<span class="meter{}" aria-hidden="true"><i style="width:{}%"></i></span>').format(
        over, f"{min(used, 1) * 100:.1f}"
    )


def _badge(tenant: Dossier) -> Markup:
    return Markup('<span class="standing {0}">{0}</span>').format(tenant.standing)


def _unbroken(text: str) -> str:
    """The text with its per cent signs on the lines of their numbers."""
    return text.replace(" %", _PERCENT)


def _share(used: float) -> str:
    digits = 1 if 0 < used < 1 else 0
    return f"{used * 100:,.{digits}f}{_PERCENT}"


def _rate(rate: float | None, kind: Kind) -> str:
    """A rate with as many digits as its kind is worth, so that a column of them can be compared."""
    if not rate:
        return "-" if rate is None else f"0{_PERCENT}"
    return f"{rate * 100:.{2 if kind is Kind.BOUNCE else 3}f}{_PERCENT}"


_FILTERS: Mapping[str, Callable[..., str]] = {
    "number": "{:,}".format,
    "rate": _rate,
    "percent": lambda rate: _unbroken(percent(rate)),
    "share": _share,
    "moment": moment,
    "minute": "{:%Y-%m-%d %H:%M}".format,
    "date": "{:%Y-%m-%d}".format,
    "day": "{:%Y-%m-%d}".format,
    "clock": "{:%H:%M:%S}".format,
}
