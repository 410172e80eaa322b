"""How counts lie in their table: the keys, the names of the numbers, and how long each item is kept.

| pk | sk | holds |
|---|---|---|
| tenant#NAME, unattributed#SET | hour#2026-11-24T12 | s0..s11 sends by slot; of a tenant, sent_through which sets |
| tenant#NAME | hour#2026-11-24T12#SET | b0..b11 hard bounces, c0..c11 complaints, by slot, of mail sent through a set |
| tenant#NAME, unattributed#SET | day#2026-11-22 | a closed day: sends, late_sends, sent_through with its hours |
| tenant#NAME | day#2026-11-22#SET | the same: bounces, complaints; bounces_7 where no sends went through at 7 |
| account | hour#..., day#... | all mail together, sends and feedback in one |
| account | contributor#NAME | a tenant's parts of the account's budget, for two days |
| feedback#NAME | slot#2026-11-24T12:05#SET | the sets of ids, of mail sent through a configuration set |
| unattributed-feedback#SET, account-feedback | slot#2026-11-24T12:05 | the same |
| examples#NAME | hour#2026-11-24T12 | up to 20 examples for people |
| delays | bounce#2026-11-22#5 | of mail sent on a day by a group of tenants: how much feedback took how long, d0..d24 |
| watermark | sends | the last batch of sends, since when events are seen, known gaps |
| watermark | debt#UNTIL#LOW#NAME | a batch of sends that is being counted, or comes again |
| senders | hour#2026-11-24T12 | traces of the tenants that sent |
| configuration-sets | SET | whose set it is |

Only feedback#... and account-feedback wake `evaluate`: the stream's filter is in template.yaml.
"""

from collections.abc import Collection
from datetime import UTC, datetime

from reputation_guard.domain.counts import DAY_SECONDS, HOUR_SECONDS, SLOTS_PER_HOUR, HoursOfSets, Ledger, slot_start
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sight import Debt

FEEDBACK = "feedback#"
ACCOUNT_FEEDBACK = "account-feedback"
ACCOUNT_SENDS = "account"
CONTRIBUTOR = "contributor#"
# Hours are summed up within two days of their end; the ids of feedback stay as long as a judgement looks back.
KEEP_HOURS_SECONDS = 4 * DAY_SECONDS
KEEP_DAYS_SECONDS = 33 * DAY_SECONDS
KEEP_CONTRIBUTORS_SECONDS = 2 * DAY_SECONDS

LETTER = {Kind.BOUNCE: "b", Kind.COMPLAINT: "c"}
DAY_TOTAL = {Kind.BOUNCE: "bounces", Kind.COMPLAINT: "complaints"}
# The delays of 28 days are learned from; those of complaints are complete 14 days after they were sent.
KEEP_DELAYS_SECONDS = 45 * DAY_SECONDS
DELAYS = "delays"
SENDERS = "senders"
# The last 24 hours, and the one that is cut in two.
KEEP_SENDERS_SECONDS = 2 * DAY_SECONDS
SENT_THROUGH = "sent_through"
WATERMARK = {"pk": {"S": "watermark"}, "sk": {"S": "sends"}}


def debt_key(debt: Debt) -> dict[str, dict[str, str]]:
    """The key of a debt, the same however often it is opened."""
    return {"pk": WATERMARK["pk"], "sk": {"S": f"debt#{debt.until.isoformat()}#{debt.low.isoformat()}#{debt.tenant}"}}


def ledger_key(ledger: Ledger) -> str:
    """The partition of a ledger's sends."""
    if ledger.whole_account:
        return ACCOUNT_SENDS
    return f"tenant#{ledger.tenant}" if ledger.tenant else f"unattributed#{ledger.configuration_set}"


def ledger_in(partition: str) -> Ledger:
    """The ledger whose sends lie in a partition."""
    kind, _, name = partition.partition("#")
    return Ledger(tenant=name) if kind == "tenant" else Ledger(configuration_set=name)


def feedback_key(ledger: Ledger) -> str:
    """The partition of a ledger's ids."""
    if ledger.whole_account:
        return ACCOUNT_FEEDBACK
    return f"{FEEDBACK}{ledger.tenant}" if ledger.tenant else f"unattributed-feedback#{ledger.configuration_set}"


def by_set(key: str, through: str) -> str:
    """The sort key of what is kept by configuration set; where mail names none, it lies at the key itself."""
    return f"{key}#{through}" if through else key


def last_of(key: str) -> str:
    """A sort key behind all that is kept by configuration set at a key."""
    return f"{key}~"


def without_set(key: str) -> tuple[str, str]:
    """A sort key of counts without its configuration set, and that set ("" for none)."""
    kind, at, *through = key.split("#")
    return f"{kind}#{at}", "".join(through)


def unseen_in(hour: int, kind: Kind) -> str:
    """The number, on a closed day's feedback, of what came through its set in an hour (0..23) without sends."""
    return f"{DAY_TOTAL[kind]}_{hour}"


def sent_through(names: Collection[str]) -> dict[str, dict[str, list[str]]]:
    """The attribute that holds the sets that sends went through, to be added; none where there are none."""
    return {SENT_THROUGH: {"SS": sorted(names)}} if names else {}


def hours_of_sets(hours: HoursOfSets) -> dict[str, dict[str, list[str]]]:
    """The attribute of a closed day that holds its sets with the hours of each, to be added: "0000ff#SET"."""
    return sent_through([f"{bits:06x}#{name}" for name, bits in hours.items()])


def hour_key(hour: int) -> str:
    """The sort key of an hour (Unix hours)."""
    return f"hour#{datetime.fromtimestamp(hour * HOUR_SECONDS, UTC):%Y-%m-%dT%H}"


def hour_of(key: str) -> int:
    """The hour (Unix hours) of a sort key."""
    return int(datetime.strptime(key, "hour#%Y-%m-%dT%H").replace(tzinfo=UTC).timestamp()) // HOUR_SECONDS


def day_key(day: int) -> str:
    """The sort key of a day (Unix days)."""
    return f"day#{datetime.fromtimestamp(day * DAY_SECONDS, UTC):%Y-%m-%d}"


def day_of(key: str) -> int:
    """The day (Unix days) of a sort key."""
    return int(datetime.strptime(key, "day#%Y-%m-%d").replace(tzinfo=UTC).timestamp()) // DAY_SECONDS


def slot_key(slot: int) -> str:
    """The sort key of a slot."""
    return f"slot#{slot_start(slot):%Y-%m-%dT%H:%M}"


def slot_of_key(key: str) -> int:
    """The slot of a sort key."""
    return int(datetime.strptime(key, "slot#%Y-%m-%dT%H:%M").replace(tzinfo=UTC).timestamp()) // (
        HOUR_SECONDS // SLOTS_PER_HOUR
    )


def delays_key(kind: Kind, day: int, group: int | str = "") -> str:
    """The sort key of a day of delays (Unix days); without a group, the key before those of all groups."""
    return f"{kind}#{datetime.fromtimestamp(day * DAY_SECONDS, UTC):%Y-%m-%d}#{group}"


def delays_of_key(key: str) -> tuple[Kind, int, int]:
    """The kind, the day (Unix days) and the group of a sort key."""
    kind, day, group = key.split("#")
    return Kind(kind), day_of(f"day#{day}"), int(group)
