"""What people are told of lines that cannot be read."""

import sys


class Complaints:
    """Tells of them on standard error, one line each, and remembers that there were any."""

    def __init__(self) -> None:
        self.made = 0

    def of_line(self, number: int, field: str, problem: str) -> None:
        """A line cannot be read, by its number (from 1), because of a field."""
        self.say(f"line {number}: {field}: {problem}")

    def say(self, what: str) -> None:
        """Something is wrong with what was read."""
        self.made += 1
        print(f"guard: {what}", file=sys.stderr)
