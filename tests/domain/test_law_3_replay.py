"""Law 3: decide() is pure, and the stored evidence replays to the same decision."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.domain.account import REVIEWED, BudgetPart, Contributor, account_risk
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import Decision, Example, GuardEvent
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.judgement import decide, decide_on_account, replayed
from reputation_guard.domain.policy import PRESETS, Kind, Mode
from reputation_guard.domain.sending import Finding, Sending, SendingStatus
from reputation_guard.domain.tenant import ACCOUNT, Exemption, Owner, Pause, Standing, Tenant
from reputation_guard.wire.announcement import decisions, detail_of, parse_announcement, plain
from tests.fakes.builders import NOW, ago, counts, tenant

Judgement = Callable[[], Decision]

FINDINGS = (Finding("BOUNCE", "HIGH", "The bounce rate exceeded 15.0 %."),)
few_slots = st.dictionaries(st.integers(0, 400), st.integers(1, 300), max_size=5)
any_counts = st.builds(counts, few_slots, few_slots, few_slots)
moments = st.one_of(st.none(), st.integers(0, 200_000_000).map(lambda ms: ago(milliseconds=ms)))


@st.composite
def tenants(draw: st.DrawFn) -> Tenant:
    """A tenant's record as it may stand in the book."""
    return tenant(
        standing=draw(st.sampled_from(Standing)),
        stops=draw(st.frozensets(st.sampled_from(Owner))),
        version=draw(st.integers(0, 10_000)),
        warned_at=draw(moments),
        advised_at=draw(moments),
        unseen_at=draw(moments),
        findings=draw(st.sampled_from([(), FINDINGS])),
        configuration_sets=draw(st.frozensets(st.sampled_from(["news", "shop-mail"]))),
        strikes=draw(st.integers(0, 9)),
        pause=draw(st.none() | st.builds(Pause, st.sampled_from(Kind), st.just(ago(hours=1)), st.just(NOW), moments)),
        exemption=draw(st.none() | st.builds(Exemption, st.just(NOW), st.text(min_size=1), st.text(min_size=1))),
    )


@st.composite
def judgements(draw: st.DrawFn) -> Judgement:
    """The judgement of any tenant, from any counts, in any mode, by any policy."""
    return partial(
        decide,
        draw(any_counts),
        draw(any_counts),
        draw(st.one_of(st.none(), any_counts)),
        policy=draw(st.sampled_from(list(PRESETS.values()))),
        tenant=draw(tenants()),
        delays=START_DELAYS,
        mode=draw(st.sampled_from(Mode)),
        now=NOW,
    )


@st.composite
def on_the_account(draw: st.DrawFn) -> Decision:
    """What is decided on any account, whatever was said of it before."""
    return decide_on_account(
        account_risk(draw(any_counts), START_DELAYS, NOW),
        record=replace(draw(tenants()), name=ACCOUNT, crossed_at=draw(moments)),
        mode=draw(st.sampled_from(Mode)),
        now=NOW,
        contributors=draw(st.lists(st.builds(Contributor, names, budgets, st.just(NOW)), max_size=7)),
    )


names = st.sampled_from(["shop", "news", "spam"])
parts = st.builds(
    BudgetPart,
    st.sampled_from(Kind),
    st.sampled_from(REVIEWED),
    st.integers(1, 99),
    st.integers(1, 9999),
    st.floats(0, 1),
    st.floats(0, 1),
)
budgets = st.lists(parts, max_size=4).map(tuple)
of_tenants = st.builds(lambda judgement, budget: replace(judgement(), budget=budget), judgements(), budgets)
decided = st.one_of(of_tenants, on_the_account())


@given(judgement=judgements())
def test_the_same_counts_at_the_same_time_give_the_same_decision(judgement: Judgement) -> None:
    """Law 3: nothing but the arguments goes into a decision."""
    assert judgement() == judgement()


@given(decision=decided)
def test_a_decision_replays_to_itself_from_its_evidence(decision: Decision) -> None:
    """Law 3: an auditor needs the stored decision and the rule, and no counts."""
    assert replayed(decision) == decision


@given(decision=decided)
def test_a_stored_decision_replays_to_itself(decision: Decision) -> None:
    """Law 3, through the JSON in which the book keeps it: no digit of the evidence is lost."""
    stored = json.dumps(plain(decisions(), decision))
    read = decisions().validate_json(stored)
    assert read == decision
    assert replayed(read) == decision


@given(
    decision=decided,
    refusal=st.text(max_size=40),
    status=st.one_of(st.none(), st.builds(SendingStatus, *(st.sampled_from(Sending),) * 3, moments)),
)
def test_a_guard_event_reads_as_it_was_announced(
    decision: Decision, refusal: str, status: SendingStatus | None
) -> None:
    examples = (Example(Kind.BOUNCE, "example.net", "smtp; 550 5.1.1 user unknown", "192.0.2.25"),)
    announced = Announcement(
        id="shop.4.TenantPaused",
        name=GuardEvent.TENANT_PAUSED,
        at=NOW + timedelta(microseconds=1),
        decision=replace(decision, examples=examples, operator="night shift", reason="list cleaned"),
        sending=status,
        refusal=refusal,
    )
    envelope = {"version": "0", "source": "reputation-guard", "detail": json.loads(detail_of(announced))}
    assert parse_announcement(json.dumps(envelope)) == announced
