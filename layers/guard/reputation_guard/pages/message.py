"""A page that only says something: what went wrong, and what to do. It tells nothing a stranger may not know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A heading, sentences, and where to go on ("" for nowhere)."""

    heading: str
    sentences: tuple[str, ...]
    onward: str = ""


REFUSED_LINK = Message(
    "This link does not open anything",
    (
        "It has expired, was used already, or is not complete.",
        (
            "Open the newest notice about the incident and use the link there. If it broke over two lines there, copy "
            "all of it."
        ),
        (
            "Without a link: sign in to the AWS account and run guard incidents, or open the operators' console with "
            "guard console."
        ),
    ),
)
NO_INCIDENT = Message(
    "There is no such incident",
    (
        "The link is good, but the guard has no incident that it leads to: it may have been deleted since.",
        "Open the newest notice and use the link there, or run guard incidents.",
    ),
)
REFUSED_FORM = Message(
    "This form cannot be sent again",
    ("It was sent already, or stood open too long. Nothing was changed now.", "Go back, load the page anew, and look."),
)
UNKNOWN = Message(
    "There is nothing here",
    ("No incident or page has this address.", "Look at the list of open incidents, or at the id in the notice."),
    onward="/",
)
NO_NAME = Message(
    "No tenant has such a name",
    (
        "SES takes 1 to 64 letters, digits, hyphens and underscores as the name of a tenant.",
        "Look for it on the list, or copy its name from the notice.",
    ),
    onward="/",
)
NOT_NOW = Message(
    "AWS did not answer as it should",
    ("Nothing is lost. Try again in a minute.", "To be sure meanwhile, use the command line: guard incidents."),
)
WRONG_TYPE = Message(
    "This is not understood", ("Send the form on the page, or JSON with the Content-Type application/json.",)
)
