"""The page of one incident: who and what first, then what comes next, who has it, the case, and all that happened."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from reputation_guard.domain.addresses import alike
from reputation_guard.domain.counts import Counts, Series
from reputation_guard.domain.decision import Case, Example
from reputation_guard.domain.dossier import Dossier, Member
from reputation_guard.domain.escalation import Plan
from reputation_guard.domain.incident import Cause, Incident, Outcome
from reputation_guard.domain.incident_notice import rung_name
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.policy import Kind, Policy
from reputation_guard.domain.rates import Step, pieces, rates
from reputation_guard.domain.sending import Finding
from reputation_guard.domain.tenant import Tenant
from reputation_guard.domain.windows import window_of
from reputation_guard.domain.words import case_in_words, in_words, percent
from reputation_guard.pages.doors import Doors
from reputation_guard.pages.phrases import Moment, moment_of
from reputation_guard.pages.rate_drawing import Drawing, drawing_of
from reputation_guard.pages.tenant_words import standing_in_words
from reputation_guard.pages.timeline import Entry, entries

# The windows that tell people something, of all those that are judged.
_SHOWN = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
    timedelta(days=7),
    timedelta(days=30),
)
_TOP = 5
# Counts are kept by slots for six hours, by hours for a day and more: the drawing is as fine as they are at the pause.
_BY_SLOT, _BY_HOUR = timedelta(hours=5), timedelta(hours=30)


@dataclass(frozen=True, slots=True)
class Row:
    """What one window holds, as a table shows it."""

    window: str
    sends: str
    bounces: str
    bounce_rate: str
    complaints: str
    complaint_rate: str


@dataclass(frozen=True, slots=True)
class Having:
    """Who has it, and until when."""

    by: str
    proved: bool
    is_snooze: bool
    until: Moment


Line = tuple[bool, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """What the page of an incident shows.

    `case`: the paragraphs of its notice that `story` does not tell, each line with whether it belongs to the one above.
    `members`: the incidents it pages for, and how their tenants stand.
    """

    id: str
    subject: str
    is_open: bool
    story: str
    standing: str
    why: str
    case: tuple[tuple[Line, ...], ...]
    is_of_account: bool
    at: Moment
    opened: Moment
    closed: Moment | None
    has_it: Having | None
    then: str
    then_at: Moment | None
    drawings: tuple[Drawing, ...]
    rows: tuple[Row, ...]
    domains: tuple[tuple[str, int], ...]
    diagnostics: tuple[tuple[str, int], ...]
    examples: int
    findings: tuple[Finding, ...]
    timeline: tuple[Entry, ...]
    members: tuple[tuple[str, str], ...]
    still_paused: int
    leader: str
    rungs: tuple[str, ...]
    holds: str
    version: int
    doors: Doors
    notice: str = ""


def incident_view(dossier: Dossier, doors: Doors, notice: str = "") -> IncidentView:
    """The page of an incident. `notice`: a word about what was just asked for and not done."""
    incident, now, decision = dossier.incident, dossier.at, dossier.incident.case.decision
    told = notice_of(incident.case)
    story, *case = told.text.split("\n\n")
    if incident.is_of_account:
        # Its first paragraph is too long for a heading.
        story, case = told.subject.removeprefix("[guard] "), [story, *case]
    beside = (each for each in dossier.members if each.incident != incident.id)
    return IncidentView(
        id=incident.id,
        subject=incident.tenant,
        is_open=incident.is_open,
        story=story,
        standing=_standing(incident, dossier.tenant),
        why=case_in_words(decision.because) if decision.because else decision.reason,
        case=tuple(tuple(_lines(paragraph)) for paragraph in case),
        is_of_account=incident.is_of_account,
        at=moment_of(now, now),
        opened=moment_of(incident.opened_at, now),
        closed=moment_of(incident.closed_at, now) if incident.closed_at else None,
        has_it=_having(incident, now),
        then=_then(incident, dossier.then),
        then_at=moment_of(max(dossier.then.at, now), now) if dossier.then else None,
        drawings=tuple(_drawings(dossier)),
        rows=tuple(_rows(dossier)),
        domains=_most(each.domain for each in decision.examples),
        diagnostics=tuple(islice(_said(decision.examples).items(), _TOP)),
        examples=len(decision.examples),
        findings=dossier.tenant.findings if dossier.tenant else (),
        timeline=tuple(entries(incident, now)),
        members=tuple((each.incident, _how(each)) for each in beside),
        still_paused=sum(each.is_still_paused for each in dossier.members),
        leader=incident.leader,
        rungs=tuple(rung.name for rung in incident.rungs),
        holds=in_words(incident.policy.acknowledged_for),
        version=incident.version,
        doors=replace(doors, order="") if incident.is_of_account else doors,
        notice=notice,
    )


def _lines(paragraph: str) -> Iterator[Line]:
    return ((line.startswith(" "), line.strip()) for line in paragraph.splitlines())


def _standing(incident: Incident, tenant: Tenant | None) -> str:
    if not incident.is_open:
        return f"Closed: {incident.outcome}."
    return "The account itself is in trouble." if incident.is_of_account else standing_in_words(tenant)


def _how(member: Member) -> str:
    """How it stands; the name of its incident begins with its own, and stands before this."""
    return standing_in_words(member.record).removeprefix(f"{member.tenant} is ")


def _having(incident: Incident, now: datetime) -> Having | None:
    answer = incident.answered_at(now)
    return Having(answer.by, answer.proved, answer.is_snooze, moment_of(answer.until, now)) if answer else None


def _then(incident: Incident, then: Plan | None) -> str:
    if then is None:
        return "Nothing: the incident is closed."
    match then.what:
        case Cause():
            names = ", ".join(rung_name(incident, rung) for rung in then.rungs)
            return f"{names} {'are' if len(then.rungs) > 1 else 'is'} paged, because {then.what}"
        case Outcome():
            return f"It is closed: {then.what}"
        case None if incident.leader:
            return f"Incident {incident.leader} pages for it; the guard looks again"
        case None:
            return "The guard looks again"


def _drawings(dossier: Dossier) -> Iterator[Drawing]:
    """The feedback it is about, and the other kind where there is any."""
    incident, policy = dossier.incident, dossier.incident.policy
    because = incident.case.decision.because
    age = dossier.at - incident.opened_at
    step = Step.SLOT if age < _BY_SLOT else Step.HOUR if age < _BY_HOUR else Step.DAY
    counts = _no_coarser(dossier.counts, step)
    parts = pieces(counts, step, dossier.at, dossier.delays)
    first = because.window.kind if because else Kind.BOUNCE
    for kind in sorted(Kind, key=lambda each: each is not first):
        if kind is not first and not any(part.feedback[kind] for part in parts):
            continue
        prior = _prior(because, policy, kind)
        if drawing := drawing_of(list(rates(parts, kind, step, prior)), kind, policy.limits(kind), step):
            yield drawing


def _prior(because: Case | None, policy: Policy, kind: Kind) -> int:
    return because.prior if because and because.window.kind is kind else policy.limits(kind).prior


def _no_coarser(counts: Counts, step: Step) -> Counts:
    """The counts without what is known by longer times than a step only."""

    def fine(series: Series) -> Series:
        days = series.days if step is Step.DAY else (0,) * len(series.days)
        hours = (0,) * len(series.hours) if step is Step.SLOT else series.hours
        return Series(series.slots, days, hours)

    return Counts(counts.newest, fine(counts.sends), fine(counts.bounces), fine(counts.complaints))


def _rows(dossier: Dossier) -> Iterator[Row]:
    for length in _SHOWN:
        bounces, complaints = (window_of(dossier.counts, kind, length, dossier.delays, dossier.at) for kind in Kind)
        yield Row(
            window=in_words(length),
            sends=f"{bounces.sends:,}",
            bounces=f"{bounces.feedback:,}",
            bounce_rate=percent(bounces.rate) if bounces.due else "-",
            complaints=f"{complaints.feedback:,}",
            complaint_rate=percent(complaints.rate) if complaints.due else "-",
        )


def _said(examples: Iterable[Example]) -> dict[str, int]:
    return alike(each.diagnostic for each in examples if each.diagnostic)


def _most(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(each for each in words if each).most_common(_TOP))
