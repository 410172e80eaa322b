"""`guard policy list`: all policies, and how many tenants are judged by each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table

from cli.command import FINE, Desk, command
from cli.policy.documents import all_names
from cli.words import count, names
from reputation_guard.aws.policies import Kept
from reputation_guard.domain.choice import ChosenBy, PolicyVersion
from reputation_guard.domain.policy import Mode, Policy
from reputation_guard.domain.words import percent

_WORDS = {ChosenBy.ASSIGNMENT: "assigned", ChosenBy.TAG: "tagged", ChosenBy.DEFAULT: "default"}


@dataclass(frozen=True, slots=True)
class Listing:
    """Every policy with the version in force, and whom it judges.

    `unreadable` are versions nobody can read; `unknown` the tenants whose choice nobody knows, with the name.
    """

    in_force: Sequence[PolicyVersion]
    default: str
    chosen: Counter[tuple[str, ChosenBy]]
    unreadable: Sequence[Kept]
    unknown: dict[str, str]

    def judged_by(self, name: str, by: ChosenBy) -> int:
        """How many tenants of the book have a policy by somebody's word."""
        return self.chosen[name, by]


@command
def list_policies(desk: Desk) -> int:
    """List all policies: the version in force, its mode, its limits, and how many tenants of the book it judges."""
    with desk.err.status("Reading the book"):
        listing = _gather(desk)
    if desk.as_json:
        desk.print_json(_as_json(listing))
        return FINE
    desk.out.print(_table(listing))
    desk.say(f"The default, for tenants that no policy was chosen for, is {listing.default}.")
    if listing.unknown:
        asked = ", ".join(sorted(set(listing.unknown.values())))
        text = f"{count(len(listing.unknown), 'tenant')} by the default, because nobody knows {asked}:"
        desk.say(f"{text} {names(listing.unknown)}.", style="bold")
    for each in listing.unreadable:
        desk.say(f"{each.name} version {each.version} cannot be read: {each.problem}.", style="bold")
    return FINE


def _gather(desk: Desk) -> Listing:
    deployment = desk.deployment
    shelf, policies = deployment.shelf, deployment.policies
    versions = (shelf.versions(name) for name in all_names(shelf))
    chosen: Counter[tuple[str, ChosenBy]] = Counter()
    unknown = {}
    for tenant in deployment.book_reader.tenants():
        choice = policies.of(tenant)
        chosen[choice.policy.name, choice.by] += 1
        if choice.unknown:
            unknown[tenant.name] = choice.unknown
    return Listing(
        in_force=[each[0] for each in versions if each],
        default=policies.default,
        chosen=chosen,
        unreadable=[kept for kept in shelf.all() if kept.found is None],
        unknown=unknown,
    )


def _as_json(listing: Listing) -> object:
    return {
        "default": listing.default,
        "policies": [
            {
                "name": each.policy.name,
                "version": each.policy.version,
                "built_in": each.put_at is None,
                "put_at": each.put_at,
                "put_by": each.put_by or None,
                "mode": each.policy.mode,
                "enforced_share": each.policy.enforced_share,
                "tenants": {by: listing.judged_by(each.policy.name, by) for by in ChosenBy},
            }
            for each in listing.in_force
        ],
        "unreadable": [{"name": k.name, "version": k.version, "problem": k.problem} for k in listing.unreadable],
        "unknown": listing.unknown,
    }


def _table(listing: Listing) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Policy", overflow="fold")
    table.add_column("Version", justify="right")
    table.add_column("Mode", no_wrap=True)
    table.add_column("Nats", justify="right")
    for heading in ("Pauses above", "Tenants", "Put"):
        table.add_column(heading)
    for each in listing.in_force:
        policy = each.policy
        parts = ((listing.judged_by(policy.name, by), word) for by, word in _WORDS.items())
        tenants = ", ".join(f"{number} {word}" for number, word in parts if number) or "-"
        nats = f"{policy.evidence_to_pause:g}"
        put = f"{each.put_at:%Y-%m-%d}" if each.put_at else "built in"
        table.add_row(policy.name, str(policy.version), _mode(policy), nats, _limits(policy), tenants, put)
    return table


def _mode(policy: Policy) -> str:
    if policy.mode is Mode.OBSERVE or policy.enforced_share >= 1:
        return str(policy.mode)
    return f"{policy.mode}, {percent(policy.enforced_share)}"


def _limits(policy: Policy) -> str:
    return f"{percent(policy.bounce.pause)}, {percent(policy.complaint.pause)}"
