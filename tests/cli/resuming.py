"""The function that resumes by hand, as `guard resume` finds it."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

from reputation_guard.domain.decision import Answer, Decision
from tests.cli.aws import FakeAws
from tests.cli.deciding import decided

FORESEEN: Mapping[str, Any] = {
    "resumed": False,
    "dry_run": True,
    "preflight": {"tenant": "shop", "stops": ["guard"]},
    "lines": ["shop is PAUSED, stopped by the guard.", "  of its next 50 mails: 12 hard bounces, 4 complaints"],
}


def answering(answer: Mapping[str, Any], **more: Any) -> Callable[..., Mapping[str, Any]]:
    """A function that answers so to an order, and to a dry run as usual."""

    def invoke(**asked: Any) -> Mapping[str, Any]:
        dry = json.loads(asked["Payload"]).get("dry_run")
        return {"Payload": io.BytesIO(json.dumps(FORESEEN if dry else answer).encode()), **({} if dry else more)}

    return invoke


def deciding(aws: FakeAws, then: Callable[[Decision], object] = lambda _decision: None) -> Callable[..., Any]:
    """The function that resumes by hand: it writes the decision; `then` happens to it."""

    def invoke(**asked: Any) -> Mapping[str, Any]:
        order = json.loads(asked["Payload"])
        if order.get("dry_run"):
            return answering({})(**asked)
        decision, after = decided(aws, order, Answer.RESUME)
        then(decision)
        ends = after.probation_ends.isoformat() if after.probation_ends else None
        answer = {"resumed": True, "decision": decision.id, "tenant": after.name, "probation_ends": ends}
        return answering(answer)(**asked)

    return invoke


def orders(aws: FakeAws) -> list[dict[str, Any]]:
    """What the function was asked, dry runs aside."""
    asked = (json.loads(given["Payload"]) for name, given in aws.calls if name == "Invoke")
    return [each for each in asked if not each.get("dry_run")]
