"""What the world answers when it does not do as it was asked."""


class UnavailableError(Exception):
    """The world did not answer; the same call may succeed later. Raise it on, to be retried."""


class ThrottledError(UnavailableError):
    """SES takes no more calls just now: stop calling, and try again in a minute."""


class RefusedError(Exception):
    """SES said no, and would say no again; the arguments are its code and its words."""


class GoneError(RefusedError):
    """SES knows no such tenant, or no such set, by its name (any more); an ARN it does not know is merely refused."""


class NoRightError(RefusedError):
    """The guard may not make this call at all: it is refused for everybody, until a person grants the right."""


class StaleError(Exception):
    """The record changed since it was read: read it again."""
