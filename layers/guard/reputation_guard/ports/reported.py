"""What SES itself says it sent, which the guard holds its own counts against."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol


class ReportedSends(Protocol):
    """What SES itself says it sent."""

    def sent(self, since: datetime, until: datetime) -> Mapping[int, float]:
        """Mails of the whole account by slot of the send time; what is not known is left out."""


class ReportedByTenant(Protocol):
    """What SES itself says it sent for each tenant."""

    def of_days(self, arns: Sequence[str], now: datetime) -> Mapping[str, tuple[float, float]]:
        """Mails of yesterday and of the day before (UTC), by the tenant's ARN; who is not known is left out."""
