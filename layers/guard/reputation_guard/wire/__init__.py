"""What crosses the border, parsed once into frozen values: nothing else of the outside travels inward."""

from pydantic import ValidationError


class MalformedError(Exception):
    """A record that cannot be read: the field that was wrong, and what is wrong with it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem


def malformed(error: ValidationError) -> MalformedError:
    """The first of pydantic's errors, as the field people find in the record."""
    first = error.errors(include_url=False, include_input=False)[0]
    return MalformedError(".".join(map(str, first["loc"])) or "body", first["msg"])
