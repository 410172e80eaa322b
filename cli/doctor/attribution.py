"""By what the sends of each tenant are known to be its own, and what nobody could attribute."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from cli.account import in_one_line
from cli.doctor.diagnosis import Diagnosis, Examination, fail, not_checked, ok, warn
from cli.weighing import total_feedback, total_sends
from cli.words import count, names
from reputation_guard.domain.counts import Ledger
from reputation_guard.domain.windows import sends_by_window
from reputation_guard.ports import RefusedError, UnavailableError

_A_DAY = timedelta(days=1)


def tenants(exam: Examination) -> Iterator[Diagnosis]:
    """Every tenant's sends are known to be its own: by SES's tag, the own tag, or a set that is the tenant's alone."""
    known, unread = _all_tenants(exam)
    if unread:
        yield not_checked(f"SES's list of tenants; only those in the book are looked at. {unread}")
    with_a_set = frozenset(exam.deployment.owners.known().values())
    found: dict[str, list[str]] = defaultdict(list)
    for name in exam.one_by_one(known, "Reading the counts of tenants"):
        found[_way(exam, name, with_a_set)].append(name)
    for way, text in _WAYS.items():
        if found[way]:
            yield ok(text.format(count=count(len(found[way]), "tenant"), names=names(found[way])), *found[way])
    yield from _not_known(exam, found["unseen"], found["silent"])
    if not known:
        yield warn("There are no tenants, in SES or in the book.", "Console: Amazon SES > Tenants > Create tenant")


_WAYS = {
    "SES's tag": "Sends of {count} carry SES's own tenant tag: {names}.",
    "own tag": "Sends of {count} are known by your own message tag: {names}.",
    "set": "Sends of {count} are known by your own tag or a set that is theirs alone: {names}.",
}


def _not_known(exam: Examination, unseen: list[str], silent: list[str]) -> Iterator[Diagnosis]:
    for name in unseen:
        text = f"{name} has feedback and no sends are seen: it cannot be judged, and is not guarded."
        yield fail(text, _tell_sends_apart(exam), name)
    if silent:
        text = f"No send of {count(len(silent), 'tenant')} was ever seen: {names(silent)}."
        yield warn(text, f"If it does send: {_tell_sends_apart(exam)}", *silent)


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


def _all_tenants(exam: Examination) -> tuple[list[str], str]:
    """The names of all tenants, of the book and of SES; and why SES's could not be read."""
    found, unread = {each.name for each in exam.deployment.book_reader.tenants()}, ""
    try:
        for page in exam.deployment.account.client("sesv2").get_paginator("list_tenants").paginate():
            found |= {each["TenantName"] for each in page["Tenants"]}
            exam.ses_turn()
    except (ClientError, BotoCoreError) as error:
        unread = in_one_line(error)
    return sorted(found), unread


def _way(exam: Examination, name: str, with_a_set: Collection[str]) -> str:
    known = exam.deployment.counted.known(Ledger(tenant=name), exam.now)
    if known.named_by_ses:
        return "SES's tag"
    if not total_sends(known):
        return "unseen" if total_feedback(known) else "silent"
    return "set" if name in with_a_set else "own tag"


def _tell_sends_apart(exam: Examination) -> str:
    tag = exam.deployment.parameters.get("TenantTag", "guard-tenant")
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
