"""What crosses the border, parsed once into frozen values: nothing else of the outside travels inward."""

from pydantic import ValidationError

from reputation_guard.domain.addresses import without_addresses

# What the longest of our own fields and problems takes, several times.
_LONGEST = 300


class MalformedError(Exception):
    """A record that cannot be read: the field that was wrong, and what is wrong with it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem


def malformed(error: ValidationError) -> MalformedError:
    """The first of pydantic's errors, as the field people find in the record."""
    first = error.errors(include_url=False, include_input=False)[0]
    # Both may quote what was written, at any length: what is said of it is logged, and addresses are not.
    field, problem = (without_addresses(text)[:_LONGEST] for text in (".".join(map(str, first["loc"])), first["msg"]))
    return MalformedError(field or "body", problem)


def unreadable(error: Exception) -> str:
    """What is wrong with a stored item, without the values in it: they are people's words."""
    if not isinstance(error, ValidationError):
        return without_addresses(repr(error))[:_LONGEST]
    found = malformed(error)
    return f"{found.field}: {found.problem}"


UNREADABLE = (KeyError, TypeError, ValueError)
"""What reading a stored item raises where it is not as the guard writes it; pydantic's errors are among them."""
