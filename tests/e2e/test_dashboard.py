"""The dashboard as it is deployed: names in place of the template's, and still JSON."""

import json

from tests.e2e.account import Account


def test_the_deployed_dashboard_names_the_stacks_own_resources(account: Account) -> None:
    """The address in the outputs ends with its name; CloudFormation fills in every name, and the JSON survives it."""
    cloudwatch, outputs = account.aws.client("cloudwatch"), account.aws.outputs
    body = cloudwatch.get_dashboard(DashboardName=outputs["DashboardUrl"].rpartition("/")[2])["DashboardBody"]
    assert "${" not in body
    widgets = json.loads(body)["widgets"]
    graphs = [each["properties"] for each in widgets if each["type"] == "metric"]
    shown = {value for graph in graphs for metric in graph["metrics"] for value in metric[:-1]}
    assert set(outputs["DeadLetterQueues"].split(",")) <= shown
    assert {outputs["BookTable"], outputs["CountsTable"], outputs["GuardLog"], outputs["EscalationMachine"]} <= shown
    alarms = {each["AlarmArn"]: each for each in cloudwatch.describe_alarms()["MetricAlarms"]}
    [listed] = [each["properties"]["alarms"] for each in widgets if each["type"] == "alarm"]
    assert set(listed) == set(alarms)
    assert all("docs/operations.md#" in each["AlarmDescription"] for each in alarms.values())


def test_reviews_tell_how_tenants_stand(account: Account) -> None:
    """Through the deployed index, and in the log that CloudWatch takes the numbers from."""
    words = '"TenantsPaused":['
    account.review_until(lambda: account.log_lines(words), "a review that counts tenants")
    [directive] = account.log_lines(words)[0]["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("ReputationGuard", [["service"]])
    assert "KeptPauses" in account.log_lines(words)[0]
