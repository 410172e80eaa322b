"""What the functions that pause and resume by hand write down of an order."""

from collections.abc import Mapping
from typing import Any

from reputation_guard.domain.decision import Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.policy import PRESETS, Mode
from reputation_guard.domain.tenant import Owner, Tenant
from tests.cli.aws import FakeAws

_ANNOUNCES = {Answer.PAUSE: GuardEvent.TENANT_PAUSED, Answer.RESUME: GuardEvent.TENANT_RESUMED}


def decided(aws: FakeAws, order: Mapping[str, Any], answer: Answer) -> tuple[Decision, Tenant]:
    """The decision of an order, written and pending, and the record after it."""
    tenant = aws.book.tenant(order["tenant"])
    assert tenant is not None
    decision = Decision(
        answer=answer,
        announces=_ANNOUNCES[answer],
        at=aws.now,
        tenant=tenant,
        mode=Mode.ENFORCE,
        policy=PRESETS["standard"],
        owner=Owner.OPERATOR,
        operator=order["operator"],
        reason=order["reason"],
    )
    return decision, aws.book.record(decision, record_after(decision))
