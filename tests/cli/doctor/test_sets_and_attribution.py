"""What SES publishes, and whose it is known to be."""

import json
import shlex
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.cli.aws import BUS, HERE, FakeAws, destination, examined, refused

ELSEWHERE = f"arn:aws:events:{HERE}:event-bus/elsewhere"


def options_of(command: str) -> dict[str, str]:
    """What a shell makes of a printed command: its options."""
    words = shlex.split(command)
    return {name: value for name, value in pairwise(words) if name.startswith("--")}


@pytest.mark.parametrize(
    ("destinations", "missing", "hint"),
    [
        ([], ["SEND", "BOUNCE", "COMPLAINT"], ""),
        ([destination("BOUNCE", "COMPLAINT")], ["SEND"], ""),
        ([destination(enabled=False)], ["SEND", "BOUNCE", "COMPLAINT"], "disabled"),
        ([destination(bus=ELSEWHERE)], ["SEND", "BOUNCE", "COMPLAINT"], "only the default one will do"),
    ],
)
def test_a_set_the_guard_cannot_see_comes_with_the_command_that_mends_it(
    aws: FakeAws, destinations: list[Any], missing: list[str], hint: str
) -> None:
    aws.answers["GetConfigurationSetEventDestinations"] = {"EventDestinations": destinations}
    [found] = examined()["configuration sets"]
    assert (found["health"], found["about"]) == ("fail", ["news"])
    assert hint in found["text"]
    assert found["fix"].startswith("aws sesv2 create-configuration-set-event-destination ")
    options = options_of(found["fix"])
    assert options["--configuration-set-name"] == "news"
    assert json.loads(options["--event-destination"]) == {
        "Enabled": True,
        "MatchingEventTypes": missing,
        "EventBridgeDestination": {"EventBusArn": BUS},
    }


def test_a_destination_of_the_guards_own_is_updated_and_keeps_what_it_has(aws: FakeAws) -> None:
    own = destination("SEND", "OPEN", name="reputation-guard")
    aws.answers["GetConfigurationSetEventDestinations"] = {"EventDestinations": [own]}
    [found] = examined()["configuration sets"]
    assert found["fix"].startswith("aws sesv2 update-configuration-set-event-destination ")
    wanted = json.loads(options_of(found["fix"])["--event-destination"])
    assert sorted(wanted["MatchingEventTypes"]) == ["BOUNCE", "COMPLAINT", "OPEN", "SEND"]


def test_several_destinations_may_share_the_work(aws: FakeAws) -> None:
    both = [destination("SEND"), destination("BOUNCE", "COMPLAINT", "OPEN", name="more")]
    aws.answers["GetConfigurationSetEventDestinations"] = {"EventDestinations": both}
    assert [each["health"] for each in examined()["configuration sets"]] == ["ok"]


def test_all_pages_of_sets_are_read_at_ses_own_pace(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    aws.answers["ListConfigurationSets"] = lambda NextToken="", **_: (  # noqa: N803 - AWS's name
        {"ConfigurationSets": ["b"]} if NextToken else {"ConfigurationSets": ["a"], "NextToken": "more"}
    )
    [found] = examined()["configuration sets"]
    assert "2 of 2 configuration sets" in found["text"]
    # Two pages and two sets; the first call waits for nothing.
    assert [round(pause) for pause in pauses[:3]] == [1, 1, 1]


def test_without_configuration_sets_nothing_can_be_seen(aws: FakeAws) -> None:
    aws.answers["ListConfigurationSets"] = {"ConfigurationSets": []}
    [found] = examined()["configuration sets"]
    assert found["health"] == "warn"


@pytest.mark.usefixtures("aws")
def test_without_tenants_there_is_nobody_to_guard() -> None:
    [found] = examined()["attribution"]
    assert (found["health"], found["about"]) == ("warn", [])
    assert "Create tenant" in found["fix"]


def test_how_each_tenants_sends_are_known(aws: FakeAws) -> None:
    for name in ("by-ses", "by-tag", "by-set"):
        aws.enter(name)
        aws.send(name, by_ses=name == "by-ses")
    aws.owners.note("its-set", "by-set", aws.now)
    found = examined()["attribution"]
    assert [(each["health"], each["about"]) for each in found] == [
        ("ok", ["by-ses"]),
        ("ok", ["by-tag"]),
        ("ok", ["by-set"]),
    ]


@pytest.mark.parametrize("ago", [timedelta(minutes=1), timedelta(minutes=30)])
def test_a_tenant_with_feedback_and_no_sends_is_not_guarded(aws: FakeAws, ago: timedelta) -> None:
    """Also where the sends may still come: nobody can say so of a tenant that has none."""
    aws.see(since=timedelta(hours=1))
    aws.enter("shop")
    aws.bounce("shop", 5, ago=ago, through="shop-mail")
    [found] = examined()["attribution"]
    assert (found["health"], found["about"]) == ("fail", ["shop"])
    assert "guard-tenant=TENANT" in found["fix"]


@pytest.mark.parametrize(
    ("seen", "fence"), [(timedelta(minutes=20), None), (timedelta(hours=1), timedelta(minutes=20))]
)
def test_feedback_of_mail_from_before_a_tenant_is_judged_shows_no_sends_that_are_missing(
    aws: FakeAws, seen: timedelta, fence: timedelta | None
) -> None:
    """Late feedback of mail from before the guard saw, or from before a resume, is held against nobody."""
    aws.see(since=seen)
    aws.enter("shop", fence=fence and aws.now - fence)
    aws.bounce("shop", 5)
    [found] = examined()["attribution"]
    assert (found["health"], found["about"]) == ("warn", ["shop"])
    assert "too early to be judged: shop" in found["text"]
    assert found["fix"].startswith("If it does send: Put the tag guard-tenant=TENANT on every mail")


def test_early_feedback_excuses_no_later_one(aws: FakeAws) -> None:
    aws.see(since=timedelta(hours=1))
    aws.enter("shop")
    aws.bounce("shop", 5, ago=timedelta(hours=2))
    aws.bounce("shop", 1)
    assert [each["health"] for each in examined()["attribution"]] == ["fail"]


def test_a_tenant_of_ses_that_was_never_seen_is_named(aws: FakeAws) -> None:
    aws.at_ses.add("silent")
    [found] = examined()["attribution"]
    assert (found["health"], found["about"]) == ("warn", ["silent"])


def test_mail_that_names_a_tenant_ses_does_not_have_cannot_be_paused(aws: FakeAws) -> None:
    """An own tag with a slip in it is known by name, and there is nobody to stop."""
    aws.enter("ghost's")
    aws.send("ghost's")
    aws.at_ses.clear()
    [found] = examined()["attribution"]
    assert (found["health"], found["about"]) == ("fail", ["ghost's"])
    assert "SES has no such tenant: it cannot be paused" in found["text"]
    create, or_else = found["fix"].split("\nOr: ")
    assert create.startswith("aws sesv2 create-tenant ")
    assert options_of(create)["--tenant-name"] == "ghost's"
    assert or_else == "Put the name of its tenant at SES into the tag guard-tenant of that mail."


def test_a_name_that_ses_does_not_have_and_nobody_sends_under_by_now_is_told(aws: FakeAws) -> None:
    """A slip of last week, or a tenant deleted since: only a person knows."""
    for name in ("sent", "bounced"):
        aws.enter(name)
    aws.send("sent", ago=timedelta(days=3))
    aws.bounce("bounced", 1)
    aws.at_ses.clear()
    [found] = examined()["attribution"]
    assert (found["health"], found["about"]) == ("warn", ["bounced", "sent"])
    assert "2 tenants that SES does not have: bounced, sent" in found["text"]
    assert found["fix"].startswith("Nothing, if it was deleted. Else: Put the name of its tenant")


def test_a_deleted_tenant_is_no_fault(aws: FakeAws) -> None:
    """SES named it while it was there; of others nothing is counted any more."""
    for name in ("by-ses", "long-ago"):
        aws.enter(name)
    aws.send("by-ses", by_ses=True)
    aws.at_ses.clear()
    [found] = examined()["attribution"]
    assert (found["health"], found["about"]) == ("ok", ["by-ses", "long-ago"])


def test_where_ses_gives_no_list_nobody_is_taken_for_deleted(aws: FakeAws) -> None:
    aws.enter("shop")
    aws.send("shop")
    aws.answers["ListTenants"] = refused("ListTenants", "AccessDenied")
    assert [each["health"] for each in examined()["attribution"]] == ["not checked", "ok"]


@pytest.mark.parametrize(
    ("tenants", "owner", "health", "words"),
    [
        (["shop", "news"], "", "warn", "2 tenants share it: news, shop"),
        ([], "", "warn", "associates it with no tenant"),
        (["shop"], "", "warn", "it is shop's alone"),
        (["shop"], "shop", "ok", "counted for shop, whose set it is alone"),
    ],
)
def test_sends_without_a_tenant_are_traced_to_whose_set_it_is(
    aws: FakeAws, tenants: list[str], owner: str, health: str, words: str
) -> None:
    aws.send(configuration_set="shared", sends=15)
    aws.owners.note_unattributed(["shared"])
    if owner:
        aws.owners.note("shared", owner, aws.now)
    aws.answers["ListResourceTenants"] = {"ResourceTenants": [{"TenantName": name} for name in tenants]}
    [found] = examined()["unattributed"]
    assert found["health"] == health
    assert "15 sends of the last 24 h named no tenant" in found["text"]
    assert words in found["text"]
    asked = [parameters for name, parameters in aws.calls if name == "ListResourceTenants"]
    assert asked == [{"ResourceArn": f"arn:aws:ses:{HERE}:configuration-set/shared"}]


def test_sends_without_a_tenant_are_those_of_a_day(aws: FakeAws) -> None:
    """The counts keep older ones, by the hour and by the day."""
    aws.send(configuration_set="morning", sends=15, ago=timedelta(hours=10))
    aws.send(configuration_set="before", sends=15, ago=timedelta(hours=30))
    aws.owners.note_unattributed(["morning", "before"])
    [found] = examined()["unattributed"]
    assert (found["health"], found["about"]) == ("warn", ["morning"])
    assert "15 sends of the last 24 h named no tenant" in found["text"]


def test_sends_without_a_tenant_are_told_also_where_ses_does_not_say_whose_set_it_is(aws: FakeAws) -> None:
    aws.send(configuration_set="shared", sends=15)
    aws.owners.note_unattributed(["shared"])
    aws.answers["ListResourceTenants"] = refused("ListResourceTenants", "AccessDenied")
    [found] = examined()["unattributed"]
    assert found["health"] == "warn"
    assert "not checked" in found["text"]


def test_a_set_whose_sends_all_name_their_tenant_is_fine(aws: FakeAws) -> None:
    aws.owners.note_unattributed(["shared"])
    assert [each["health"] for each in examined()["unattributed"]] == ["ok"]
