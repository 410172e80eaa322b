"""`guard policy show|put|assign|diff|schema`."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from cli.account import CannotRunError
from cli.command import FINE, WRONG, Desk, command
from cli.policy.documents import (
    NoSuchPolicyError,
    all_names,
    differences,
    in_force,
    in_words,
    names_a_file,
    read_file,
    version_of,
)
from reputation_guard.aws.policies import PolicyTable
from reputation_guard.domain.choice import Chosen, fenced
from reputation_guard.domain.policy import PRESETS, Policy
from reputation_guard.domain.tenant import Tenant, can_be_at_ses
from reputation_guard.domain.words import NO_TENANTS_NAME, NOT_ONE_LINE
from reputation_guard.ports.errors import GoneError, StaleError
from reputation_guard.usecases.fresh import on_fresh_record
from reputation_guard.wire import MalformedError
from reputation_guard.wire.policy import document_of
from reputation_guard.wire.policy import schema as schema_of_documents

_File = Annotated[Path, typer.Argument(metavar="FILE", help="The document, a .json or a .toml file.")]
_Operator = Annotated[
    str | None,
    typer.Option("--operator", metavar="NAME", help="Who answers for it; else the ARN of your credentials."),
]


def schema() -> None:
    """Print the JSON Schema of a policy document, which an editor can check it against."""
    typer.echo(json.dumps(schema_of_documents(), indent=2))


@command
def show(
    desk: Desk,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The policy.")],
    version: Annotated[int | None, typer.Option("--version", metavar="N", help="Else the one in force.")] = None,
) -> int:
    """Print a policy as a whole document, which can be changed and put again."""
    shelf = desk.deployment.shelf
    try:
        found = version_of(name, version, shelf) if version is not None else in_force(name, shelf)
    except NoSuchPolicyError as error:
        return _refuse(desk, "UnknownPolicy", str(error))
    desk.print_json(document_of(found))
    return FINE


@command
def diff(
    desk: Desk,
    first: Annotated[str, typer.Argument(metavar="FIRST", help="A file, a policy, or NAME@VERSION.")],
    second: Annotated[
        str | None, typer.Argument(metavar="[SECOND]", help="The same; else the policy in force of FIRST's name.")
    ] = None,
) -> int:
    """Print the fields in which two policies differ: what putting FIRST would change, or from SECOND to FIRST."""
    shelf = desk.deployment.shelf
    try:
        after = _named(first, shelf)
        before = _named(second, shelf) if second else in_force(after.name, shelf)
    except NoSuchPolicyError as error:
        return _refuse(desk, "UnknownPolicy", str(error))
    except MalformedError as error:
        return _refuse(desk, "BadDocument", f"{error.field}: {error.problem}", field=error.field)
    found = differences(before, after)
    if desk.as_json:
        desk.print_json([asdict(each) for each in found])
        return FINE
    for each in found:
        desk.say(in_words(each))
    if not found:
        desk.say("They do not differ.")
    return FINE


@command
def put(
    desk: Desk,
    file: _File,
    operator: _Operator = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether the differences are meant.")] = False,
) -> int:
    """Put a policy into force, as the next version of its name; earlier versions are kept.

    A bad document is refused with the field and the reason, and the version in force stays. So does it where the
    document was made from another one. Judgements follow within a minute.
    """
    shelf = desk.deployment.shelf
    try:
        document = read_file(file)
    except MalformedError as error:
        return _refuse(desk, "BadDocument", f"{file}: {error.field}: {error.problem}", field=error.field)
    versions = shelf.versions(document.name)
    before = versions[0].policy if versions else None
    if before and document.version and document.version != before.version:
        made = f"{file}: version: it was made from version {document.version}, and version {before.version} is in force"
        return _refuse(desk, "ChangedMeanwhile", f"{made}. See: guard policy diff {file}", field="version")
    policy = document.to_domain(_next_version(document.name, shelf))
    if not (found := differences(before, policy)):
        return _done(desk, before or policy, "is in force already: nothing to put.")
    if not desk.as_json:
        desk.say(f"{policy.name}, version {policy.version} after {before.version if before else 'none'}:")
        for each in found:
            desk.say(in_words(each), indent=2)
    if not yes and not _is_meant(policy.name):
        return _refuse(desk, "NotConfirmed", "Nothing was put.")
    try:
        shelf.put(policy, desk.now, operator or _me(desk))
    except StaleError:
        return _refuse(desk, "ChangedMeanwhile", "Somebody put a version just now: look at the differences again.")
    return _done(desk, policy, "is in force; judgements follow within a minute.")


@command
def assign(
    desk: Desk,
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="The tenant.")],
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The policy it shall have.")] = None,
    operator: _Operator = None,
    *,
    none: Annotated[bool, typer.Option("--none", help="Take the assignment away: tag or default hold again.")] = False,
) -> int:
    """Assign a policy to a tenant, over its SES tag guard-policy and the default; guard status tells who did.

    What is assigned already stays as it was assigned.
    """
    if (name is None) != none:
        raise CannotRunError("Name a policy, or say --none: one of the two.")
    if not can_be_at_ses(tenant):
        return _refuse(desk, "UnknownTenant", f"{tenant!r} {NO_TENANTS_NAME}.")
    if operator and not operator.isprintable():
        raise CannotRunError(f"--operator {NOT_ONE_LINE}.")
    deployment = desk.deployment
    if name and not deployment.shelf.versions(name):
        there_are = ", ".join(all_names(deployment.shelf))
        return _refuse(desk, "UnknownPolicy", f"Nobody knows a policy {name}. There are {there_are}.")
    before = deployment.book.tenant(tenant)
    try:
        _ = before or deployment.gate.arn_of(tenant)
    except GoneError:
        return _refuse(desk, "UnknownTenant", f"Neither the book nor SES knows a tenant {tenant}.")
    by = operator or _me(desk)
    after = on_fresh_record(lambda: _assign_once(desk, tenant, name or "", by))
    was, now = deployment.policies.of(before or Tenant(name=tenant)), deployment.policies.of(after)
    if desk.as_json:
        desk.print_json({"tenant": tenant, "before": _as_json(was, tenant), "after": _as_json(now, tenant)})
    else:
        desk.say(f"{tenant} is judged by {_chosen(now, tenant)}; before, by {_chosen(was, tenant)}.")
    return FINE


def _assign_once(desk: Desk, name: str, policy: str, by: str) -> Tenant:
    book = desk.deployment.book
    before = book.tenant(name) or Tenant(name=name)
    if before.assigned_policy == policy:
        return before
    after = replace(before, assigned_policy=policy, assigned_by=by, assigned_at=desk.now)
    # Whoever is moved from observe to enforce is fenced at this moment, not at its next judgement.
    return book.save(before, fenced(after, desk.deployment.policies.of(after), desk.now), desk.now)


def _named(word: str, shelf: PolicyTable) -> Policy:
    """What a word of the command line means; a document of no version is as good as the next one."""
    if names_a_file(word):
        document = read_file(Path(word))
        return document.to_domain(document.version or 1)
    name, at, version = word.partition("@")
    if at and not version.isdecimal():
        raise NoSuchPolicyError(f"{word} names no version: it is NAME@NUMBER.")
    return version_of(name, int(version), shelf) if at else in_force(name, shelf)


def _next_version(name: str, shelf: PolicyTable) -> int:
    """The number after all that were ever used, also those that cannot be read."""
    used = [kept.version for kept in shelf.all() if kept.name == name]
    return max([*used, PRESETS[name].version if name in PRESETS else 0]) + 1


def _is_meant(name: str) -> bool:
    try:
        return typer.confirm(f"Put {name} into force?", err=True)
    except typer.Abort:
        return False


def _me(desk: Desk) -> str:
    return str(desk.deployment.account.client("sts").get_caller_identity()["Arn"])


def _as_json(chosen: Chosen, tenant: str) -> object:
    policy = chosen.policy
    return {
        "policy": policy.name,
        "version": policy.version,
        "by": chosen.by,
        "unknown": chosen.unknown or None,
        "mode": policy.mode_for(tenant),
    }


def _chosen(chosen: Chosen, tenant: str) -> str:
    policy = chosen.policy
    return f"{policy.name} version {policy.version} (by {chosen.by}, {policy.mode_for(tenant)})"


def _done(desk: Desk, policy: Policy, what: str) -> int:
    if desk.as_json:
        desk.print_json({"policy": policy.name, "version": policy.version, "message": what})
    else:
        desk.say(f"{policy.name} version {policy.version} {what}")
    return FINE


def _refuse(desk: Desk, error: str, message: str, **more: str) -> int:
    if desk.as_json:
        desk.print_json({"error": error, "message": message, **more})
    desk.err.print(f"guard: {message}", markup=False, soft_wrap=True)
    return WRONG
