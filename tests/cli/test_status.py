"""`guard status`: how every tenant is, and everything about one."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard.aws.counted import CountsReader
from reputation_guard.aws.counting import CountsWriter
from reputation_guard.domain.account import BudgetPart, Contributor
from reputation_guard.domain.counts import ACCOUNT_LEDGER, HourOfSends, Ids, SlotOfFeedback, feedback_id, slot_of
from reputation_guard.domain.policy import PRESETS, Kind
from reputation_guard.domain.sending import Sending, SendingStatus
from reputation_guard.domain.sight import Mark
from reputation_guard.domain.tenant import Owner, Standing
from reputation_guard.domain.windows import Window
from reputation_guard.ports.book import Outcome
from tests.cli.aws import FakeAws, guard, refused


def test_the_worst_standing_comes_first(aws: FakeAws) -> None:
    aws.enter("fine")
    aws.enter("warned", standing=Standing.WARNED, warned_at=aws.now - timedelta(hours=3))
    aws.enter("stopped", standing=Standing.PAUSED, stops=frozenset({Owner.GUARD, Owner.SES}))
    aws.enter("back", standing=Standing.PROBATION, probation_ends=aws.now + timedelta(hours=3))
    result = guard("status")
    assert result.exit_code == 0
    assert "4 tenants: 1 PAUSED, 1 PROBATION, 1 WARNED, 1 HEALTHY." in result.stdout
    rows = [line.split()[0] for line in result.stdout.splitlines() if any(s in line.split()[1:2] for s in Standing)]
    assert rows == ["stopped", "back", "warned", "fine"]
    assert "guard, ses" in result.stdout
    assert "warned 3 h ago" in result.stdout


def test_more_tenants_than_a_batch_are_all_there(aws: FakeAws) -> None:
    for number in range(101):
        aws.enter(f"tenant-{number:03}")
    listed = json.loads(guard("status", "--json").stdout)["tenants"]
    assert [each["name"] for each in listed] == [f"tenant-{number:03}" for number in range(101)]


def leaving_out(aws: FakeAws, times: int) -> Callable[..., Any]:
    """A throttled table: so many times it gives back the keys it was asked for."""
    left = iter(range(1, times + 1))

    def read_nothing(**asked: Any) -> dict[str, Any]:
        if next(left) == times:
            del aws.answers["BatchGetItem"]
        return {"Responses": {}, "UnprocessedKeys": asked["RequestItems"]}

    return read_nothing


def test_what_a_throttled_table_left_out_is_asked_for_again_ever_later(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    aws.enter("shop")
    aws.answers["BatchGetItem"] = leaving_out(aws, times=3)
    assert "shop" in guard("status").stdout
    assert pauses == [0.1, 0.2, 0.4]


def test_a_table_that_stays_throttled_is_one_line(aws: FakeAws) -> None:
    aws.enter("shop")
    aws.answers["BatchGetItem"] = leaving_out(aws, times=100)
    result = guard("status")
    assert (result.exit_code, result.stderr) == (2, "guard: UnavailableError: UnprocessedKeys\n")


def test_a_decision_that_waits_is_shown(aws: FakeAws) -> None:
    decision = aws.pause(aws.enter("shop"))
    assert "1 decision pending:" in guard("status").stdout
    assert "pause shop (TenantPaused), decided 1 min ago" in guard("status").stdout
    aws.book.settle(decision, Outcome.CONFIRMED, aws.now)
    assert "0 decisions pending." in guard("status").stdout


def test_the_more_cautious_of_template_and_switch_is_in_force(aws: FakeAws) -> None:
    aws.dynamodb.put_item(
        TableName="book", Item={"pk": {"S": "guard"}, "sk": {"S": "mode"}, "switch": {"S": "observe"}}
    )
    assert json.loads(guard("status", "--json").stdout)["mode"] == {
        "in_force": "observe",
        "template": "enforce",
        "switch": "observe",
    }
    assert "It only announces: mode observe" in guard("status").stdout


def count_for_the_account(aws: FakeAws, sends: int, bounces: int) -> None:
    """Mail of an hour ago, with nothing else known of it."""
    at = aws.now - timedelta(hours=1)
    counting = CountsWriter(aws.dynamodb, "counts")
    second = int(at.timestamp())
    counting.add_sends(HourOfSends(ACCOUNT_LEDGER, slot_of(at) // 12, {slot_of(at): sends}, 0, second, second, aws.now))
    idents = Ids.of(feedback_id(at, str(number)) for number in range(bounces))
    feedback = SlotOfFeedback(ACCOUNT_LEDGER, slot_of(at), {Kind.BOUNCE: idents})
    CountsReader(aws.dynamodb, "counts").write_feedback([feedback])
    counting.advance_watermark(Mark(at - timedelta(days=1), at - timedelta(days=1), at - timedelta(days=1)))
    counting.advance_watermark(Mark(aws.now, aws.now, aws.now))


def test_the_accounts_own_risk_is_shown_beside_ses_lines(aws: FakeAws) -> None:
    count_for_the_account(aws, 2000, 20)
    shown = " ".join(guard("status").stdout.split())
    assert "All mail of the account: hard bounces in 1 d: 1.0" in shown
    assert "line 5 %" in shown
    assert "near a line of SES's" not in shown
    assert json.loads(guard("status", "--json").stdout)["account"]["pressure"] == 0


def test_an_account_near_a_line_is_shown_with_what_it_does_and_who_makes_it_so(aws: FakeAws) -> None:
    count_for_the_account(aws, 10_000, 900)
    part = BudgetPart(Kind.BOUNCE, timedelta(days=1), 310, 10_000, 0.09, 1.0)
    CountsReader(aws.dynamodb, "counts").note_contributor(Contributor("shop", (part,), aws.now))
    shown = " ".join(guard("status").stdout.split())
    assert "It is near a line of SES's: rules are tightened by 100 %" in shown
    assert "Who uses most of the budget: shop 62 %" in shown
    account = json.loads(guard("status", "--json").stdout)["account"]
    assert account["pressure"] == 1
    assert [each["tenant"] for each in account["top_contributors"]] == ["shop"]
    assert {each["review_line"] for each in account["windows"]} == {0.05, 0.001}


def test_an_empty_book_is_explained(aws: FakeAws) -> None:
    assert "a tenant enters it with its first bounce or complaint" in guard("status").stdout
    assert not [name for name, _ in aws.calls if name.startswith(("Update", "Put"))]


def test_the_start_values_of_delays_are_shown_until_there_is_enough_to_learn_from(aws: FakeAws) -> None:
    aws.teach(Kind.BOUNCE, 3, 999)
    told = " ".join(guard("status").stdout.split())
    assert "Half of bounces come within 11 s, 90 % within 2.1 min: start values, 999 of 1,000 to learn" in told
    assert "Half of complaints come within 2 h, 90 % within 16 h: start values, 0 of" in told


def test_learned_delays_are_shown_with_what_they_were_learned_from(aws: FakeAws) -> None:
    aws.teach(Kind.BOUNCE, 0, 1200)
    assert "learned from 1,200 in 28 days" in " ".join(guard("status").stdout.split())
    delays = json.loads(guard("status", "--json").stdout)["delays"]
    assert delays["bounce"] == {
        "learned": True,
        "feedback": 1200,
        "groups_of_tenants": 1,
        "median_seconds": 0.5,
        "percentile_90_seconds": 0.9,
    }
    assert (delays["complaint"]["learned"], delays["complaint"]["median_seconds"]) == (False, 7200)


def test_a_tenant_is_weighed_by_the_delays_a_judgement_would_use(aws: FakeAws) -> None:
    """All feedback comes at once here, so all sends of half an hour ago are due."""
    aws.enter("shop", fence=aws.now - timedelta(hours=1))
    aws.send("shop", sends=1000, by_ses=True)
    aws.bounce("shop", 20)
    due = [json.loads(guard("status", "shop", "--json").stdout)["counts"]["windows"][0]["sends_with_feedback_due"]]
    aws.teach(Kind.BOUNCE, 0, 1200)
    due += [json.loads(guard("status", "shop", "--json").stdout)["counts"]["windows"][0]["sends_with_feedback_due"]]
    assert due[0] < due[1] == pytest.approx(1000)


def test_the_longest_names_fit_80_columns(aws: FakeAws) -> None:
    name = "t" * 64
    tenant = aws.enter(name, standing=Standing.PAUSED, stops=frozenset(Owner), configuration_sets=frozenset({"s" * 64}))
    aws.send(name)
    aws.bounce(name, 200)
    aws.pause(tenant)
    for result in (guard("status"), guard("status", name)):
        assert result.exit_code == 0
        assert max(map(len, result.stdout.splitlines())) <= 80


def test_one_tenant_is_told_of_with_its_counts_by_window(aws: FakeAws) -> None:
    aws.enter("shop", fence=aws.now - timedelta(hours=1))
    aws.send("shop", sends=1000, by_ses=True)
    aws.bounce("shop", 20)
    result = guard("status", "shop")
    assert result.exit_code == 0
    assert "shop is HEALTHY." in result.stdout
    assert "Sends: 1,000 in the last 24 h" in result.stdout
    # The limits of the standard policy.
    row = next(line for line in result.stdout.splitlines() if line.split()[:1] == ["bounces"])
    assert row.split()[3:5] == ["20", "1,000"]
    assert row.split()[-4:] == ["5", "%", "10", "%"]


@pytest.mark.parametrize("standing", [Standing.HEALTHY, Standing.PROBATION])
def test_numbers_for_programs_are_the_domains_own(aws: FakeAws, standing: Standing) -> None:
    aws.enter("shop", standing=standing, fence=aws.now - timedelta(hours=1))
    aws.send("shop", sends=1000, by_ses=True)
    aws.bounce("shop", 20)
    told = json.loads(guard("status", "shop", "--json").stdout)
    window = told["counts"]["windows"][0]
    assert (window["feedback"], window["sends"]) == (20, 1000)
    assert window["rate"] == 20 / window["sends_with_feedback_due"]
    weighed = Window(Kind.BOUNCE, timedelta(seconds=window["seconds"]), 20, 1000, window["sends_with_feedback_due"])
    prior = PRESETS["standard"].bounce.prior_for(in_probation=standing is Standing.PROBATION)
    assert window["bound"] == weighed.bound(prior)
    assert told["counts"]["named_by_ses"] is True


def test_a_set_whose_sends_are_not_seen_is_named_and_its_feedback_is_not_weighed(aws: FakeAws) -> None:
    aws.enter("shop")
    aws.send("shop")
    aws.bounce("shop", 20)
    aws.bounce("shop", 90, through="news")
    told = " ".join(guard("status", "shop").stdout.split())
    assert "Not held against it: feedback of mail sent through news. No Send of it through there was seen" in told
    counts = json.loads(guard("status", "shop", "--json").stdout)["counts"]
    assert counts["unseen_sets"] == ["news"]
    assert {each["feedback"] for each in counts["windows"]} == {20}


def test_ses_is_asked_for_the_sending_status_of_now(aws: FakeAws) -> None:
    aws.enter("shop")
    aws.stop_at_ses("shop", SendingStatus(Sending.DISABLED, ses_managed=Sending.DISABLED))
    finding = {"Type": "BOUNCE", "Impact": "HIGH", "Description": "Too many bounces", "Status": "OPEN"}
    aws.answers["ListRecommendations"] = {"Recommendations": [finding]}
    told = guard("status", "shop").stdout
    assert "Sending status:         DISABLED" in told
    assert "SES-managed:            DISABLED" in told
    assert "Open finding, HIGH BOUNCE: Too many bounces" in told


def test_what_ses_does_not_say_is_said_to_be_unread(aws: FakeAws) -> None:
    aws.enter("shop")
    aws.answers["GetReputationEntity"] = refused("GetReputationEntity", "AccessDeniedException")
    result = guard("status", "shop")
    assert result.exit_code == 0
    assert "Not read: AWS refused GetReputationEntity: AccessDeniedException" in result.stdout


def test_the_last_decisions_carry_the_line_a_person_can_check(aws: FakeAws) -> None:
    decision = aws.pause(aws.enter("shop"))
    aws.book.settle(decision, Outcome.CONFIRMED, aws.now)
    told = " ".join(guard("status", "shop").stdout.split())
    assert "pause (TenantPaused): confirmed" in told
    assert "30 hard bounces of 100 sent in the last 15 min (90 with feedback due) = 33.3 %" in told
    listed = json.loads(guard("status", "shop", "--json").stdout)["decisions"]
    assert [each["outcome"] for each in listed] == ["confirmed"]


def test_a_tenant_that_nobody_knows_is_wrong(aws: FakeAws) -> None:
    aws.answers["GetTenant"] = refused("GetTenant", "NotFoundException", "no such tenant")
    result = guard("status", "shpo")
    assert result.exit_code == 1
    assert "neither the book nor SES knows a tenant shpo" in result.stderr
    assert json.loads(guard("status", "shpo", "--json").stdout)["error"] == "UnknownTenant"


def test_a_healthy_tenant_without_feedback_is_known_to_ses_alone(aws: FakeAws) -> None:
    result = guard("status", "quiet")
    assert result.exit_code == 0
    assert "quiet is not in the book yet" in result.stdout
    assert "No bounce or complaint is being judged." in result.stdout
    assert aws.book.tenant("quiet") is None


def test_a_record_of_another_version_is_one_line(aws: FakeAws) -> None:
    aws.enter("shop")
    aws.dynamodb.update_item(
        TableName="book",
        Key={"pk": {"S": "tenant#shop"}, "sk": {"S": "tenant"}},
        UpdateExpression="SET tenant.standing = :new",
        ExpressionAttributeValues={":new": {"S": "EXALTED"}},
    )
    result = guard("status")
    assert result.exit_code == 2
    assert "a record this version of guard cannot read" in result.stderr
