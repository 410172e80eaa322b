"""The policies that tenants are judged by: whether all can be read, and every choice is of one there is."""

from collections import defaultdict
from collections.abc import Iterator

from cli.doctor.diagnosis import Diagnosis, Examination, ok, warn
from cli.policy.documents import all_names
from cli.words import names
from reputation_guard.domain.choice import POLICY_TAG
from reputation_guard.domain.policy import Mode


def policies(exam: Examination) -> Iterator[Diagnosis]:
    """Each document reads, each tenant has the policy somebody chose for it, and none only observes unnoticed."""
    deployment = exam.deployment
    found = [*_unreadable(exam), *_unknown(exam), *_observing(exam)]
    yield from found
    if not found:
        yield ok(
            f"{len(all_names(deployment.shelf))} policies can be read, and every tenant has the one chosen for it."
        )


def _unreadable(exam: Examination) -> Iterator[Diagnosis]:
    for kept in exam.deployment.shelf.all():
        if kept.found is None:
            text = (
                f"Policy {kept.name} version {kept.version} cannot be read ({kept.problem}): the one before it holds."
            )
            yield warn(
                text, f"Put it anew: guard policy show {kept.name} > FILE.json; guard policy put FILE.json", kept.name
            )


def _unknown(exam: Examination) -> Iterator[Diagnosis]:
    asked: dict[str, set[str]] = defaultdict(set)
    for tenant in exam.deployment.book_reader.tenants():
        if unknown := exam.deployment.policies.of(tenant).unknown:
            asked[unknown].add(tenant.name)
    for policy, tenants in sorted(asked.items()):
        text = f"Nobody knows the policy {policy}: {names(tenants)} are judged by the default."
        fix = f"Put it (guard policy put), assign another (guard policy assign), or mend the SES tag {POLICY_TAG}."
        yield warn(text, fix, *sorted(tenants))


def _observing(exam: Examination) -> Iterator[Diagnosis]:
    shelf = exam.deployment.shelf
    for name in all_names(shelf):
        versions = shelf.versions(name)
        if not versions:
            continue
        policy = versions[0].policy
        fix = f"To change it: guard policy show {name} > FILE.json; guard policy put FILE.json"
        if policy.mode is Mode.OBSERVE:
            yield warn(f"Policy {name} only observes: none of its tenants is ever paused.", fix, name)
        elif policy.enforced_share < 1:
            yield warn(f"Policy {name} is enforced for {policy.enforced_share:.0%} of its tenants only.", fix, name)
