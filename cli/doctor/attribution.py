"""By what the sends of each tenant are known to be its own, and what nobody could attribute."""

import shlex
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from cli.account import in_one_line
from cli.doctor.diagnosis import Diagnosis, Examination, fail, not_checked, ok, warn
from cli.weighing import total_feedback, total_sends, weigh
from cli.words import count, names
from reputation_guard.domain.counts import Ledger
from reputation_guard.domain.tenant import Tenant
from reputation_guard.domain.windows import sends_by_window
from reputation_guard.ports.counted import Known
from reputation_guard.ports.errors import RefusedError, UnavailableError

_A_DAY = timedelta(days=1)


def tenants(exam: Examination) -> Iterator[Diagnosis]:
    """Every tenant's sends are known to be its own: by SES's tag, the own tag, or a set that is the tenant's alone."""
    in_book = {each.name for each in exam.deployment.book_reader.tenants()}
    at_ses, unread = _at_ses(exam)
    if unread:
        yield not_checked(f"SES's list of tenants; only those in the book are looked at. {unread}")
    with_a_set = frozenset(exam.deployment.owners.known().values())
    found: dict[str, list[str]] = defaultdict(list)
    for name in exam.one_by_one(sorted(in_book | at_ses), "Reading the counts of tenants"):
        known = exam.deployment.counted.known(Ledger(tenant=name), exam.now)
        is_at_ses = name in at_ses or bool(unread)
        found[_way(exam, name, known, with_a_set) if is_at_ses else _without_tenant(known)].append(name)
    for way, text in _WAYS.items():
        if way in found:
            yield ok(_of(text, found[way]), *found[way])
    yield from _not_guarded(exam, found)
    yield from _to_know(exam, found)
    if not found:
        yield warn("There are no tenants, in SES or in the book.", "Console: Amazon SES > Tenants > Create tenant")


_WAYS = {
    "SES's tag": "Sends of {count} carry SES's own tenant tag: {names}.",
    "own tag": "Sends of {count} are known by your own message tag: {names}.",
    "set": "Sends of {count} are known by your own tag or a set that is theirs alone: {names}.",
    "deleted": "SES no longer has {count} of the book: {names}.",
}


def _way(exam: Examination, name: str, known: Known, with_a_set: Collection[str]) -> str:
    """How the sends of a tenant are known to be its own, or why they are not."""
    if known.named_by_ses:
        return "SES's tag"
    if total_sends(known):
        return "set" if name in with_a_set else "own tag"
    if not total_feedback(known):
        return "silent"
    return "unseen" if _is_to_be_judged(exam, name) else "early"


def _without_tenant(known: Known) -> str:
    """What became of a name that SES has no tenant for: a tenant that was deleted, or one that never was."""
    if known.named_by_ses or not (total_sends(known) or total_feedback(known)):
        return "deleted"
    return "ghost" if sends_by_window(known.counts)[_A_DAY] else "past ghost"


def _is_to_be_judged(exam: Examination, name: str) -> bool:
    """Whether any feedback is of mail that is judged, now or once its sends had time to be counted."""
    book, deployment = exam.deployment.book, exam.deployment
    tenant = book.tenant(name) or Tenant(name=name)
    weighed = weigh(tenant, deployment.counted, deployment.settings, book.mode().enforcing_since, exam.now)
    return bool(weighed.windows or weighed.unseen_sets) or weighed.held_back


def _not_guarded(exam: Examination, found: Mapping[str, Sequence[str]]) -> Iterator[Diagnosis]:
    """Those who send and whom the guard cannot judge, or cannot pause."""
    for name in found.get("unseen", ()):
        text = f"{name} has feedback and no sends are seen: it cannot be judged, and is not guarded."
        yield fail(text, _tell_sends_apart(exam), name)
    for name in found.get("ghost", ()):
        text = f"Mail of the last 24 h names the tenant {name}, and SES has no such tenant: it cannot be paused."
        yield fail(text, _make_it_a_tenant(exam, name), name)


def _to_know(exam: Examination, found: Mapping[str, Sequence[str]]) -> Iterator[Diagnosis]:
    """Those of whom only a person knows whether anything is wrong."""
    if_it_sends = f"If it does send: {_tell_sends_apart(exam)}"
    if_it_slipped = f"Nothing, if it was deleted. Else: {_name_a_tenant(exam)}"
    for way, text, fix in (
        ("silent", "No send of {count} was ever seen: {names}.", if_it_sends),
        (
            "early",
            "No send of {count} was ever seen, and all feedback is too early to be judged: {names}.",
            if_it_sends,
        ),
        ("past ghost", "Mail of the last weeks names {count} that SES does not have: {names}.", if_it_slipped),
    ):
        if way in found:
            yield warn(_of(text, found[way]), fix, *found[way])


def _of(text: str, tenants: Collection[str]) -> str:
    return text.format(count=count(len(tenants), "tenant"), names=names(tenants))


def unattributed(exam: Examination) -> Iterator[Diagnosis]:
    """No configuration set has sends that name no tenant."""
    astray = {}
    for name, owner in exam.deployment.owners.all().items():
        known = exam.deployment.counted.known(Ledger(configuration_set=name), exam.now)
        if sends := sends_by_window(known.counts)[_A_DAY]:
            astray[name] = (sends, owner)
    for name, (sends, owner) in exam.one_by_one(sorted(astray.items()), "Asking SES whose the sets are"):
        yield _astray(exam, name, sends, owner)
    if not astray:
        yield ok("Every send of the last 24 h names its tenant.")


def _astray(exam: Examination, name: str, sends: int, owner: str) -> Diagnosis:
    text = f"Configuration set {name}: {count(sends, 'send')} of the last 24 h named no tenant"
    try:
        exam.ses_turn()
        having = exam.deployment.associations.tenants_of(name)
    except (RefusedError, UnavailableError) as error:
        return warn(f"{text}; whose set it is: not checked, {in_one_line(error)}", _tell_sends_apart(exam), name)
    if len(having) > 1:
        return warn(f"{text}; {count(len(having), 'tenant')} share it: {names(having)}.", _tell_sends_apart(exam), name)
    if not having:
        return warn(f"{text}; SES associates it with no tenant.", _give_it_to_one(exam, name), name)
    if having == [owner]:
        return ok(f"{text}; by now they are counted for {owner}, whose set it is alone.", name)
    return warn(f"{text}; it is {having[0]}'s alone.", "Nothing: the guard learns that within the hour.", name)


def _at_ses(exam: Examination) -> tuple[frozenset[str], str]:
    """The names of the tenants of SES, and why not all of them could be read."""
    found: set[str] = set()
    try:
        for page in exam.deployment.account.client("sesv2").get_paginator("list_tenants").paginate():
            found |= {each["TenantName"] for each in page["Tenants"]}
            exam.ses_turn()
    except (ClientError, BotoCoreError) as error:
        return frozenset(found), in_one_line(error)
    return frozenset(found), ""


def _own_tag(exam: Examination) -> str:
    return exam.deployment.parameters.get("TenantTag", "guard-tenant")


def _tell_sends_apart(exam: Examination) -> str:
    tag = _own_tag(exam)
    return (
        f"Put the tag {tag}=TENANT on every mail (EmailTags of SendEmail, or the header "
        f"X-SES-MESSAGE-TAGS: {tag}=TENANT), or give each tenant a configuration set of its own."
    )


def _give_it_to_one(exam: Examination, name: str) -> str:
    arn = exam.deployment.arn("ses", f"configuration-set/{name}")
    give = exam.deployment.account.command(
        "sesv2 create-tenant-resource-association", "--tenant-name TENANT", f"--resource-arn {arn}"
    )
    return f"{give}\nOr: {_tell_sends_apart(exam)}"


def _make_it_a_tenant(exam: Examination, name: str) -> str:
    create = exam.deployment.account.command("sesv2 create-tenant", f"--tenant-name {shlex.quote(name)}")
    return f"{create}\nOr: {_name_a_tenant(exam)}"


def _name_a_tenant(exam: Examination) -> str:
    return f"Put the name of its tenant at SES into the tag {_own_tag(exam)} of that mail."
