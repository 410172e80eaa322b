"""What an operator is told before a resume: the truth, since the rules themselves are asked."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reputation_guard.domain.approval import Identity, Proposal
from reputation_guard.domain.counts import SLOT_SECONDS, Counts, Series, slot_of
from reputation_guard.domain.decision import Answer, record_after
from reputation_guard.domain.delays import START_DELAYS
from reputation_guard.domain.judgement import decide
from reputation_guard.domain.obstacles import Obstacle, approval_missing, at_ses_itself, on_record
from reputation_guard.domain.policy import PRESETS, Kind, Mode, Policy
from reputation_guard.domain.preflight import Margin, Preflight, margin_of, preflight, usual_day
from reputation_guard.domain.preflight_words import preflight_in_words
from reputation_guard.domain.sending import Finding, Sending, SendingStatus
from reputation_guard.domain.tenant import Owner, Standing, resumed
from tests.fakes.builders import NOW, STANDARD, ago, counts, decision, series, tenant

PAUSE = decision(at=ago(hours=2))
PAUSED = replace(record_after(PAUSE), under_way=False)
FINDING = Finding("BOUNCE", "HIGH", "The bounce rate exceeded 15.0%.")
TWO_PEOPLE = replace(STANDARD, approvals=2)
ANN, BOB = Identity("ann", proved=True), Identity("bob", proved=True)


def foreseen(**changes: Any) -> Preflight:
    """The pre-flight of a tenant that the guard paused for mail that looks worse by now."""
    usual: dict[str, Any] = {
        "counts": counts({24: 214}, {24: 52}),
        "policy": STANDARD,
        "delays": START_DELAYS,
        "mode": Mode.ENFORCE,
        "now": NOW,
        "sending": SendingStatus(Sending.DISABLED, Sending.DISABLED, Sending.ENABLED),
        "paused_by": PAUSE,
    }
    return preflight(changes.pop("tenant", PAUSED), **(usual | changes))


def text(found: Preflight) -> str:
    return "\n".join(preflight_in_words(found))


def pauses(kind: Kind, mails: int, feedback: int, slots: int, policy: Policy) -> bool:
    """Whether the judgement pauses a resumed tenant for this feedback, spread over its mail as evenly as it can be."""
    over = timedelta(seconds=SLOT_SECONDS * slots)

    def spread(number: int) -> Series:
        upto = [-(-number * slot // slots) for slot in range(slots + 1)]
        return Series(tuple(upto[slot + 1] - upto[slot] for slot in range(slots)))

    newest = slot_of(NOW + over)
    found, none = spread(feedback), Series((0,) * slots)
    bounces, complaints = (found, none) if kind is Kind.BOUNCE else (none, found)
    judged = decide(
        Counts(newest, spread(mails), bounces, complaints),
        Counts(newest),
        policy=policy,
        tenant=resumed(PAUSED, NOW, policy.probation),
        delays=START_DELAYS,
        mode=Mode.ENFORCE,
        now=NOW + over,
    )
    return judged.answer is Answer.PAUSE


@given(
    mails=st.integers(1, 400),
    slots=st.sampled_from([1, 3, 12, 100, 288]),
    policy=st.sampled_from(sorted(PRESETS)),
    kind=st.sampled_from(Kind),
)
@settings(max_examples=40)
def test_the_number_told_is_the_smallest_that_pauses(mails: int, slots: int, policy: str, kind: Kind) -> None:
    """Law: no formula stands beside the judgement, and nothing less would have done."""
    rules = PRESETS[policy]
    after = resumed(PAUSED, NOW, rules.probation)
    told = margin_of(mails, timedelta(seconds=SLOT_SECONDS * slots), after, rules, START_DELAYS, NOW)
    number = told.bounces if kind is Kind.BOUNCE else told.complaints
    pausing = (feedback for feedback in range(1, mails + 1) if pauses(kind, mails, feedback, slots, rules))
    assert number == next(pausing, None)


@given(feedback=st.integers(1, 300), slots=st.sampled_from([1, 12, 288]))
def test_more_feedback_of_the_same_mail_never_pauses_less(feedback: int, slots: int) -> None:
    """It is what lets the smallest number be searched for by halves."""
    if pauses(Kind.BOUNCE, 500, feedback, slots, STANDARD):
        assert pauses(Kind.BOUNCE, 500, feedback + 1, slots, STANDARD)


def test_amounts_a_person_can_picture_are_told_and_the_usual_pace() -> None:
    sends = series({24: 214}, {1: 1000, 2: 3000})
    margins = foreseen(counts=replace(counts({}, {24: 52}), sends=sends)).margins
    assert [(each.mails, each.over) for each in margins] == [
        (50, timedelta(minutes=5)),
        (500, timedelta(minutes=5)),
        (5000, timedelta(minutes=5)),
        (2000, timedelta(days=1)),
    ]
    assert "of 2,000 mails in 1 d, its usual pace: " in text(foreseen(counts=replace(counts(), sends=sends)))


def test_a_tenant_without_a_closed_day_is_pictured_by_what_it_sent_since() -> None:
    assert usual_day(counts({1: 30, 100: 12})) == 42
    assert usual_day(counts()) == 0
    assert len(foreseen(counts=counts()).margins) == 3


def test_it_says_who_stopped_it_by_which_decision_and_how_that_mail_looks_now() -> None:
    told = text(foreseen())
    assert "shop is PAUSED, stopped by the guard." in told
    assert "Decision shop.4 of 2026-11-24 10:02 UTC, by the guard." in told
    assert "45 hard bounces of 214 sent in the last 5 min" in told
    assert "by now: 52 hard bounces of 214 sent" in told
    assert "SES says: DISABLED (customer-managed DISABLED, SES-managed ENABLED)." in told


def test_of_a_stop_that_judged_no_mail_it_says_how_the_mail_of_the_day_before_looks_now() -> None:
    """Whoever paused it for another reason has to know of the bounces that came since, as of the guard's own pause."""
    by_ann = decision(owner=Owner.OPERATOR, operator="ann", reason="a phishing site", because=None, at=ago(hours=2))
    stopped = replace(record_after(by_ann), fence=None)
    found = foreseen(tenant=stopped, paused_by=by_ann)
    assert found.matured is None
    assert [(each.kind, each.feedback, each.sends) for each in found.before_stop] == [
        (Kind.BOUNCE, 52, 214),
        (Kind.COMPLAINT, 0, 214),
    ]
    assert "by now: 52 hard bounces of 214 sent (" in text(found)
    fenced = foreseen(tenant=replace(stopped, fence=ago(minutes=5)), paused_by=by_ann)
    assert (fenced.before_stop, foreseen().before_stop) == ((), ())


def test_it_says_which_operator_stopped_it_and_why() -> None:
    by_ann = decision(owner=Owner.OPERATOR, operator="ann", reason="a phishing site", because=None, at=ago(hours=1))
    told = text(foreseen(tenant=record_after(by_ann), paused_by=by_ann))
    assert "stopped by an operator." in told
    assert "by ann (as declared): a phishing site." in told


def test_what_ses_and_a_person_stopped_has_two_owners() -> None:
    both = replace(PAUSED, stops=frozenset({Owner.SES, Owner.OPERATOR}))
    assert "stopped by an operator and SES itself." in text(foreseen(tenant=both))


def test_open_findings_make_it_reinstated_and_are_told() -> None:
    found = foreseen(findings=(FINDING,))
    assert found.becomes is Sending.REINSTATED
    assert "  HIGH BOUNCE: The bounce rate exceeded 15.0%." in preflight_in_words(found)
    assert "SES is told REINSTATED: findings are open" in text(found)
    assert "SES is told ENABLED: no findings are open." in text(foreseen())


def test_the_terms_are_those_of_the_policy_and_of_the_strikes() -> None:
    terms = foreseen().terms
    assert terms
    assert (terms.until, terms.evidence, terms.strikes) == (NOW + timedelta(hours=24), 3.0, 2)
    assert (terms.cool_down_for_bounces, terms.cool_down_for_complaints) == (timedelta(hours=6), timedelta(hours=24))
    assert "pause number 2, and last 6 h for hard bounces, 1 d for complaints." in text(foreseen())
    fifth = replace(PAUSED, strikes=4)
    assert "pause number 5, and last until a person ends it." in text(foreseen(tenant=fifth))


def test_a_guard_that_only_observes_says_so() -> None:
    assert "It would say so, and not pause it" in text(foreseen(mode=Mode.OBSERVE))


def test_what_no_number_pauses_is_told_in_words() -> None:
    assert foreseen(policy=replace(STANDARD, complaint=replace(STANDARD.complaint, least=60))).margins[0] == Margin(
        50, timedelta(minutes=5), 12, None
    )
    cautious = replace(STANDARD, complaint=replace(STANDARD.complaint, least=60))
    assert "of its next 50 mails: 12 hard bounces, no number of complaints" in text(foreseen(policy=cautious))


@pytest.mark.parametrize(
    ("record", "incident", "code"),
    [
        (tenant(), None, "NotPaused"),
        (tenant(standing=Standing.PROBATION, under_way=True, decided="shop.9"), None, "AlreadyUnderWay"),
        (PAUSED, "shop.3", "OlderIncident"),
        (PAUSED, "shop.4", ""),
        (PAUSED, None, ""),
    ],
)
def test_what_the_record_says_against_it(record: Any, incident: str | None, code: str) -> None:
    assert "".join(each.code for each in on_record(record, incident, PAUSE)) == code


def test_an_older_incident_is_told_the_present_pause_and_since_when() -> None:
    [obstacle] = on_record(PAUSED, "shop.3", PAUSE)
    assert obstacle.advice == (
        "shop is paused by another decision now: shop.4 of 2026-11-24 10:02 UTC, not shop.3. "
        "Look at that one, then resume."
    )


def test_a_stop_by_ses_is_for_aws_support() -> None:
    [obstacle] = at_ses_itself(PAUSED, SendingStatus(Sending.DISABLED, ses_managed=Sending.DISABLED))
    assert "only AWS Support can lift this" in obstacle.advice
    assert list(at_ses_itself(PAUSED, SendingStatus(Sending.DISABLED, Sending.DISABLED))) == []


def test_two_people_are_asked_for_by_policy_alone() -> None:
    proposal = Proposal("shop", "shop.4", ANN, "cleaned", ago(minutes=5))
    assert list(approval_missing(STANDARD, None, ANN)) == []
    [declared] = approval_missing(TWO_PEOPLE, None, Identity("ann"))
    assert (declared.code, declared.refuses) == ("IdentityNotProved", True), "who declares one name can declare two"
    [kept] = approval_missing(TWO_PEOPLE, None, ANN)
    assert (kept.code, kept.refuses) == ("WaitsForSecondApprover", False)
    [again] = approval_missing(TWO_PEOPLE, proposal, Identity("Ann", proved=True))
    assert (again.code, again.refuses) == ("SecondApproverNeeded", True)
    assert "ann (proved by IAM) proposed it on 2026-11-24 11:57 UTC: somebody else" in again.advice
    assert list(approval_missing(TWO_PEOPLE, proposal, BOB)) == []


def test_obstacles_and_a_proposal_are_told() -> None:
    proposal = Proposal("shop", "shop.4", BOB, "cleaned", ago(minutes=5))
    found = foreseen(obstacles=[Obstacle("Kept", "wait", refuses=False), Obstacle("No", "never")], proposal=proposal)
    assert "Proposed by bob (proved by IAM) on 2026-11-24 11:57 UTC: cleaned" in text(found)
    assert "An order by somebody else carries it out, until 2026-11-24 12:57 UTC." in text(found)
    assert preflight_in_words(found)[-1] == "In the way: never"
    assert found.refusal
    assert found.refusal.code == "No"
    assert foreseen().refusal is None


def test_a_proposal_holds_for_an_hour_and_for_one_pause() -> None:
    proposal = Proposal("shop", "shop.4", ANN, "cleaned", NOW)
    assert proposal.holds("shop.4", NOW + timedelta(minutes=59))
    assert not proposal.holds("shop.4", NOW + timedelta(hours=1))
    assert not proposal.holds("shop.9", NOW)
    assert not proposal.holds(None, NOW)


def test_of_a_tenant_that_is_not_known_only_the_obstacle_is_told() -> None:
    found = Preflight(tenant="shopp", at=NOW, obstacles=(Obstacle("UnknownTenant", "check the spelling"),))
    assert preflight_in_words(found) == ["In the way: check the spelling"]
    healthy = foreseen(tenant=tenant(), paused_by=None)
    assert preflight_in_words(healthy)[0] == "shop is HEALTHY."
