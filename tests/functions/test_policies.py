"""Policies through the wiring: judging believes what it read for a minute, enforcing reads anew, reviewing tells."""

from dataclasses import replace

import pytest

from reputation_guard import wiring
from reputation_guard.domain.decision import record_after
from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Standing, Tenant
from tests.fakes.builders import STANDARD, decision
from tests.fakes.ses import InMemorySes
from tests.functions.conftest import ARRIVED, Context, Lines, handler_of

OBSERVING = replace(STANDARD, version=2, mode=Mode.OBSERVE)


@pytest.mark.usefixtures("outlets")
def test_the_enforcer_follows_a_policy_of_this_very_moment(ses: InMemorySes) -> None:
    """Law 12: what judges may be a minute behind; what calls SES is not."""
    for name in ("first", "second"):
        ses.add(name)
        made = decision(tenant=Tenant(name=name), at=ARRIVED)
        wiring.book().record(made, record_after(made))
        handler_of("enforce")({}, Context())
        # The second one was decided before this, and is carried out after it.
        if name == "first":
            wiring.policies().shelf.versions(STANDARD.name)
            wiring.policies().shelf.put(OBSERVING, ARRIVED, "ann")
    standings = {name: found.standing for name in ("first", "second") if (found := wiring.book().tenant(name))}
    assert standings == {"first": Standing.PAUSED, "second": Standing.HEALTHY}
    assert wiring.policies().of(Tenant(name="second")).policy == STANDARD


def test_a_review_says_whose_policy_nobody_knows(log: Lines) -> None:
    lost = Tenant(name="lost", assigned_policy="platinum", judge_again_at=ARRIVED)
    wiring.book().save(Tenant(name="lost"), lost, ARRIVED)
    assert handler_of("review")({}, None)["unknown_policies"] == {"lost": "platinum"}
    (line,) = log.of("nobody knows its policy: the default stands in")
    assert (line["tenant"], line["policy"]) == ("lost", "platinum")


def test_a_review_reads_the_tag_of_a_tenant_that_evaluate_discovered(ses: InMemorySes) -> None:
    ses.policy_tags["shop"] = "free"
    wiring.book().save(Tenant(name="shop"), Tenant(name="shop"), ARRIVED)
    handler_of("review")({}, None)
    found = wiring.book().tenant("shop")
    assert found
    assert (found.tagged_policy, found.tags_read_at) == ("free", ARRIVED)
