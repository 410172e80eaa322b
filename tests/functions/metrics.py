"""The metrics that each function writes: test_metrics.py holds the functions to it, tests/template the dashboard."""

from __future__ import annotations

from reputation_guard.domain.decision import GuardEvent

NAMESPACE, DIMENSION = "ReputationGuard", "service"

METRICS: dict[str, frozenset[str]] = {
    "ingest": frozenset({"Sends", "Feedback", "Unattributed", "TooOld", "Malformed", "NotCounted"}),
    "evaluate": frozenset({"Decisions"}),
    "enforce": frozenset({"Settled", "Refused", "Left"}),
    "review": frozenset(
        {
            "Reviews",
            "PendingDecisions",
            "UnknownPolicies",
            "KeptPauses",
            "WatermarkAge",
            "TenantsPaused",
            "TenantsOnProbation",
            "TenantsWarned",
            "AccountBounceRateOfDay",
            "AccountBounceRateOfWeek",
            "AccountComplaintRateOfDay",
            "AccountComplaintRateOfWeek",
        }
    ),
    "reconcile": frozenset(
        {"Blind", "SecondsBehind", "Reconciled", "TenantsSeen", "NewTenants", "PausesLost", "TenantsAdrift"}
    ),
    "notify": frozenset({"NotTold", *GuardEvent}),
    "console": frozenset({"Visits", "LinksRefused"}),
}
EMITTED = frozenset[str]().union(*METRICS.values())
