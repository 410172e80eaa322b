"""`guard doctor` on policies: what cannot be read, what nobody knows, and what only observes."""

from dataclasses import replace

from reputation_guard.aws.policies import PolicyTable
from reputation_guard.domain.policy import PRESETS, Mode
from tests.cli.aws import OUTPUTS, FakeAws, examined


def healths(aws: FakeAws) -> list[tuple[str, str]]:
    assert aws
    return [(each["health"], each["text"]) for each in examined()["policies"]]


def test_policies_that_can_be_read_and_are_all_known_are_fine(aws: FakeAws) -> None:
    aws.enter("shop", assigned_policy="vip")
    assert healths(aws) == [("ok", "6 policies can be read, and every tenant has the one chosen for it.")]


def test_a_choice_that_nobody_knows_names_its_tenants(aws: FakeAws) -> None:
    aws.enter("shop", tagged_policy="platinum")
    ((health, text),) = healths(aws)
    assert (health, "policy platinum: shop are judged by the default" in text) == ("warn", True)


def test_a_document_that_cannot_be_read_is_named(aws: FakeAws) -> None:
    aws.dynamodb.put_item(TableName="book", Item={"pk": {"S": "policies"}, "sk": {"S": "vip#000002"}})
    ((health, text),) = healths(aws)
    assert (health, "Policy vip version 2 cannot be read" in text) == ("warn", True)


def test_a_policy_that_only_observes_or_is_enforced_for_some_is_said(aws: FakeAws) -> None:
    shelf = PolicyTable(aws.dynamodb, OUTPUTS["BookTable"])
    shelf.put(replace(PRESETS["vip"], version=2, mode=Mode.OBSERVE), aws.now, "ann")
    shelf.put(replace(PRESETS["pro"], version=2, enforced_share=0.25), aws.now, "ann")
    assert [text for _, text in healths(aws)] == [
        "Policy pro is enforced for 25% of its tenants only.",
        "Policy vip only observes: none of its tenants is ever paused.",
    ]
