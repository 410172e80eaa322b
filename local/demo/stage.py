"""The stage: the tenants at SES, and everything that watches what the guard makes of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.aws import EmbeddedAws
from local.demo.cast import CAST, SHARING_A_SET
from local.demo.inbox import Inbox
from local.demo.player import Gate, Player
from local.demo.scoreboard import Row, Scoreboard
from local.events import Account
from reputation_guard.settings import Settings

# Enforcing, and with the shortest window: every second of it would be a minute and a half of the tenants' time.
PARAMETERS = {"Mode": "enforce", "PolicyPreset": "standard", "SendsBatchWindow": "1"}
_ACCOUNT = Account()


@dataclass(frozen=True, slots=True)
class Stage:
    """A deployed guard, SES's gate in front of the tenants, and who watches."""

    aws: EmbeddedAws
    settings: Settings
    gate: Gate
    player: Player
    scoreboard: Scoreboard
    inbox: Inbox

    @classmethod
    def on(cls, aws: EmbeddedAws) -> "Stage":
        """Set the stage on an embedded AWS with the guard deployed: `aws.deploy(PARAMETERS)` came before."""
        ses = aws.client("sesv2")
        _create_tenants(ses)
        # What the functions are told by the template, for weighing as they do.
        settings = Settings(
            {"POLICY_PRESET": PARAMETERS["PolicyPreset"], "SENDS_BATCH_WINDOW": PARAMETERS["SendsBatchWindow"]}
        )
        gate = Gate(ses)
        gate.ask()
        return cls(
            aws, settings, gate, Player(aws.client("events"), gate), Scoreboard(aws, settings), Inbox.subscribed(aws)
        )

    def look(self) -> list[Row]:
        """Return every tenant as it is now."""
        return self.scoreboard.look(self.gate.ask(), datetime.now(UTC))

    def is_settled(self, rows: list[Row]) -> bool:
        """Whether nothing is under way: no decision pending, no judgement waiting for sends that travel."""
        now = datetime.now(UTC)
        waits = any(row.tenant.under_way or (row.tenant.judge_again_at or now) > now for row in rows)
        return not waits and not self.scoreboard.book.pending()


def _create_tenants(ses: Any) -> None:
    """Create what a platform has at SES: tenants, their identities and configuration sets, and who may use which."""
    for configuration_set in dict.fromkeys(part.sender.configuration_set for part in CAST):
        _create_configuration_set(ses, configuration_set)
    for part in CAST:
        domain = f"{part.tenant}.example"
        ses.create_tenant(TenantName=part.tenant)
        ses.create_email_identity(EmailIdentity=domain)
        _associate(ses, part.tenant, f"identity/{domain}")
        _associate(ses, part.tenant, f"configuration-set/{part.sender.configuration_set}")
    owner, guest = SHARING_A_SET
    _associate(ses, guest.tenant, f"configuration-set/{owner.sender.configuration_set}")


def _create_configuration_set(ses: Any, name: str) -> None:
    bus = f"arn:aws:events:{_ACCOUNT.region}:{_ACCOUNT.account_id}:event-bus/default"
    ses.create_configuration_set(ConfigurationSetName=name)
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=name,
        EventDestinationName="reputation-guard",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "BOUNCE", "COMPLAINT"],
            "EventBridgeDestination": {"EventBusArn": bus},
        },
    )


def _associate(ses: Any, tenant: str, resource: str) -> None:
    ses.create_tenant_resource_association(TenantName=tenant, ResourceArn=_ACCOUNT.arn(resource))
