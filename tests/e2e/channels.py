"""PagerDuty and the webhook: how the stack of these tests knows them, and what they were told."""

from typing import Any

from local.aws import EmbeddedAws
from tests.e2e.waiting import eventually
from tests.local.pager import Call, Pager

PAGER_DUTY, WEBHOOK = "/v2/enqueue", "/hook"
ROUTING_KEY, PASSWORD = "routing-key-of-the-people-on-call", "so that the hook knows the guard"
ROUTING_KEY_SECRET, PASSWORD_SECRET = "guard/pagerduty", "guard/webhook"


def switched_on(aws: EmbeddedAws, pager: Pager) -> dict[str, str]:
    """Keep their secrets, and return the template's parameters that switch both on."""
    secrets = aws.client("secretsmanager")
    secrets.create_secret(Name=ROUTING_KEY_SECRET, SecretString=ROUTING_KEY)
    secrets.create_secret(Name=PASSWORD_SECRET, SecretString=PASSWORD)
    return {
        "PagerDutyRoutingKey": ROUTING_KEY_SECRET,
        "PagerDutyEndpoint": pager.url(PAGER_DUTY),
        "WebhookUrl": pager.url(WEBHOOK),
        "WebhookSecret": PASSWORD_SECRET,
    }


class Told:
    """What both were told, as of one tenant; whatever goes on beside it in the account is left out."""

    def __init__(self, pager: Pager) -> None:
        self._pager = pager

    def triggers(self, tenant: str) -> list[Call]:
        """The pages about a tenant at PagerDuty, repetitions included."""
        return [
            call
            for call in self._pager.calls
            if call.path == PAGER_DUTY and call.body.get("payload", {}).get("source") == tenant
        ]

    def by_key(self, key: str) -> list[Call]:
        """All that came at PagerDuty under a dedup key."""
        return [call for call in self._pager.calls if call.path == PAGER_DUTY and call.body["dedup_key"] == key]

    def actions(self, key: str) -> list[str]:
        """What PagerDuty was asked for under a dedup key, each but once, in order."""
        return list(dict.fromkeys(call.body["event_action"] for call in self.by_key(key)))

    def hooked(self, tenant: str, event: str | None = None) -> list[Call]:
        """What the webhook was told about a tenant; of one event, if it is named."""
        return [
            call
            for call in self._pager.calls
            if call.path == WEBHOOK and call.body["tenant"] == tenant and event in {None, call.body["event"]}
        ]

    def wait_for_trigger(self, tenant: str) -> Any:
        """The body of the first page about a tenant at PagerDuty."""
        return eventually(lambda: self.triggers(tenant), f"a page about {tenant} at PagerDuty")[0].body
