"""Replaces the key of links, in the steps of Secrets Manager."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from reputation_guard.ports.keys import RotatingKey


class Step(StrEnum):
    """Secrets Manager's steps, by its names. Nobody else has to learn of the key, so two of them have nothing to do."""

    CREATE = "createSecret"
    SET = "setSecret"
    TEST = "testSecret"
    FINISH = "finishSecret"


@dataclass(frozen=True, slots=True)
class RotationOrder:
    """One step of replacing a key (by its ARN) with a version of it."""

    step: Step
    key: str
    version: str


class CannotRotateError(Exception):
    """The step is not for this function or not for this version; the argument says why. Again would be the same."""


def rotate(order: RotationOrder, function: str, key: RotatingKey, make_key: Callable[[], str]) -> None:
    """Take one step, as the function of this ARN. Twice is once. `CannotRotateError`: it is not to be taken."""
    # Secrets Manager tries a new schedule with a test on a version without a value: that must not fail.
    if order.step in {Step.SET, Step.TEST}:
        return
    found = key.rotation()
    if (order.key, function) != (found.key, found.rotated_by):
        raise CannotRotateError("another key, or another function's to rotate")
    if order.version == found.current:
        return
    if order.version != found.pending:
        raise CannotRotateError("this version does not wait to become the current one")
    made = key.has_value(order.version)
    if order.step is Step.CREATE and not made:
        key.put(order.version, make_key())
    elif order.step is Step.FINISH and not made:
        raise CannotRotateError("this version has no key yet")
    elif order.step is Step.FINISH:
        key.promote(order.version, instead_of=found.current)
