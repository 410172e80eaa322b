"""Whether each function may do what its verb needs, as IAM itself answers (policy simulation)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from cli.account import in_one_line
from cli.doctor.diagnosis import Diagnosis, Examination, fail, not_checked, ok
from cli.words import count, names
from reputation_guard.wire.announcement import SOURCE
from reputation_guard.wire.channels import CHANNELS_SOURCE

_LOOK = ("ses:GetTenant", "ses:GetReputationEntity")
SET_STATUS = "ses:UpdateReputationEntityCustomerManagedStatus"
_PUBLISH = ("sns:Publish",)
_WAKE = ("states:SendTaskSuccess",)
_VERIFY = ("secretsmanager:GetSecretValue",)
_SECRET = ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
_ORDER = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")
_WRITE = (*_ORDER, "dynamodb:UpdateItem")
_METRICS = ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics")
_KEEPS_RECORDS = {"StreamFailures": ("s3:ListBucket",), "StreamFailures/*": ("s3:PutObject",)}
_TOPICS = ("PagesTopic", "SecondRungTopic", "ThirdRungTopic", "WarningsTopic", "ChatTopic")

# What each function needs, by what it needs it on: a resource of the stack, a resource of SES, or everything.
# What a right on the stack itself, and one on any execution of its state machine, is on.
STACK = "stack/*"
EXECUTION = "execution/*"
NEEDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "IngestFunction": {
        "CountsTable": ("dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:Query")
    },
    "EvaluateFunction": {
        "CountsTable": ("dynamodb:Query", "dynamodb:UpdateItem"),
        "BookTable": _WRITE,
        "AppointmentsQueue": ("sqs:SendMessage",),
        **_KEEPS_RECORDS,
    },
    "EnforceFunction": {
        "BookTable": _WRITE,
        "BookTable/index/todo": ("dynamodb:Query",),
        "tenant/*": (*_LOOK, SET_STATUS),
        "*": ("ses:ListRecommendations",),
        "GuardBus": ("events:PutEvents",),
        "EnforceDeadLetters": ("sqs:SendMessage",),
        **_KEEPS_RECORDS,
    },
    "ReviewFunction": {
        "CountsTable": ("dynamodb:Query", "dynamodb:UpdateItem"),
        "BookTable": (*_WRITE, "dynamodb:DeleteItem"),
        "BookTable/index/todo": ("dynamodb:Query",),
        "BookTable/index/standing": ("dynamodb:Query",),
        "configuration-set/*": ("ses:ListResourceTenants",),
        "tenant/*": ("ses:GetTenant",),
        "EnforceFunction": ("lambda:InvokeFunction",),
        "AppointmentsQueue": ("sqs:SendMessage",),
        "ReviewDeadLetters": ("sqs:SendMessage",),
    },
    "ReconcileFunction": {
        "CountsTable": ("dynamodb:Query", "dynamodb:UpdateItem"),
        "BookTable": _WRITE,
        "BookTable/index/todo": ("dynamodb:Query",),
        "tenant/*": _LOOK,
        "*": ("ses:ListReputationEntities", "ses:ListRecommendations", *_METRICS),
        EXECUTION: ("states:DescribeExecution",),
        "GuardBus": ("events:PutEvents",),
        "ReconcileDeadLetters": ("sqs:SendMessage",),
    },
    "MirrorFunction": {"BookTable": _WRITE, "tenant/*": _LOOK, "*": ("ses:ListRecommendations",)},
    "ManualResumeFunction": {
        "BookTable": _ORDER,
        "CountsTable": ("dynamodb:Query",),
        "tenant/*": _LOOK,
        "*": ("ses:ListRecommendations",),
    },
    "ManualPauseFunction": {"BookTable": _ORDER, "tenant/*": _LOOK},
    "EscalateFunction": {
        "BookTable": ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
        "GuardBus": ("events:PutEvents",),
        "EscalationMachine": _WAKE,
        EXECUTION: ("states:DescribeExecution",),
    },
    "SignalFunction": {"BookTable": ("dynamodb:GetItem", "dynamodb:UpdateItem"), "EscalationMachine": _WAKE},
    "ConsoleFunction": {
        "BookTable": ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
        "CountsTable": ("dynamodb:Query",),
        "EscalationMachine": _WAKE,
        "LinkKey": _VERIFY,
    },
    "OperatorsFunction": {
        "BookTable": (*_WRITE, "dynamodb:BatchGetItem"),
        "BookTable/index/todo": ("dynamodb:Query",),
        "CountsTable": ("dynamodb:Query",),
        "tenant/*": _LOOK,
        "*": ("ses:ListRecommendations",),
        "EscalationMachine": _WAKE,
        "LinkKey": _VERIFY,
    },
    "RotateKeyFunction": {
        "LinkKey": tuple(f"secretsmanager:{action}" for action in _SECRET),
        "RotationDeadLetters": ("sqs:SendMessage",),
    },
    "NotifyFunction": {
        **{f"{topic}Topic": _PUBLISH for topic in ("Pages", "SecondRung", "ThirdRung", "Warnings", "Chat")},
        "GuardBus": ("events:PutEvents",),
        "BookTable": ("dynamodb:Query", "dynamodb:PutItem"),
        "LinkKey": ("secretsmanager:GetSecretValue",),
    },
    "DigestFunction": {
        **{f"{topic}Topic": _PUBLISH for topic in ("Warnings", "Chat")},
        "BookTable": ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"),
        "BookTable/index/todo": ("dynamodb:Query",),
        "DigestDeadLetters": ("sqs:SendMessage",),
    },
}
# Whoever can send mail can make these two run: they must not be able to stop a sender.
MUST_NOT_PAUSE = ("IngestFunction", "EvaluateFunction")
# A name of the kind, because the simulation wants a resource and not a pattern.
_OF_SES = {"tenant/*": "tenant/any-tenant/tn-0", "configuration-set/*": "configuration-set/any-set"}
# The service of a kind of resource, and what comes before a name in its ARNs.
_ARN = {
    "DynamoDB::Table": ("dynamodb", "table/"),
    "Lambda::Function": ("lambda", "function:"),
    "SQS::Queue": ("sqs", ""),
    "Events::EventBus": ("events", "event-bus/"),
    "Logs::LogGroup": ("logs", "log-group:"),
    "S3::Bucket": ("s3", ""),
}
ASK_FOR_SIMULATION = "Ask for the right iam:SimulatePrincipalPolicy, and run guard doctor again."
# On its bus each function speaks in one name only: the guard's, but for what is handed on to channels.
_SPEAKS_AS = {"NotifyFunction": CHANNELS_SOURCE}
# A partition of the Book that a function works on: IAM is asked whether it may there, and its role allows no other.
_PARTITIONS = {
    **dict.fromkeys(("EscalateFunction", "SignalFunction", "NotifyFunction", "ConsoleFunction"), "incident#any.1"),
    "DigestFunction": "notice#any",
}
_OF_OTHERS = "tenant#any"


def rights(exam: Examination) -> Iterator[Diagnosis]:
    """Each function may do what it needs, and those that judge cannot carry out."""
    well = []
    for function in exam.one_by_one(list(NEEDS), "Asking IAM for rights"):
        try:
            found = [*_lacking(exam, function), *_beyond(exam, function)]
        except ClientError as error:
            found = [not_checked(f"The rights of {function}: {in_one_line(error)}", ASK_FOR_SIMULATION, function)]
        yield from found
        well += [] if found else [function]
    if well:
        cannot = [function for function in MUST_NOT_PAUSE if function in well]
        more = f"; {' and '.join(cannot)} cannot pause a tenant" if cannot else ""
        yield ok(f"{count(len(well), 'function')} with all the rights needed{more}.", *well)


def _lacking(exam: Examination, function: str) -> Iterator[Diagnosis]:
    """What a function needs and may not do."""
    for on, actions in NEEDS[function].items():
        answers = {each["EvalActionName"]: each for each in _simulate(exam, function, actions, arn_of(exam, on))}
        for action in actions:
            if action not in answers:
                yield not_checked(f"{function}, {action}: IAM gave no answer.", "", function)
                continue
            answer = answers[action]
            if answer["EvalDecision"] == "allowed":
                continue
            if unread := conditions_unread(answer):
                yield not_checked(f"{function}, {action}: it depends on {names(unread)}.", "", function)
            else:
                text = f"{function} may not do {action} on {on} ({answer['EvalDecision']})."
                yield fail(text, _why_denied(exam, answer), function)


def _beyond(exam: Examination, function: str) -> Iterator[Diagnosis]:
    """What a function may do and must not."""
    if function in MUST_NOT_PAUSE:
        for answer in _simulate(exam, function, (SET_STATUS,), arn_of(exam, "tenant/*")):
            if answer["EvalDecision"] == "allowed":
                fix = f"Console: IAM > Roles > {_role(exam, function)}: take {SET_STATUS} away."
                yield fail(f"{function} may pause tenants, and must not: it only counts or judges.", fix, function)
            elif unread := conditions_unread(answer):
                text = f"Whether {function} may pause tenants, and it must not, depends on {names(unread)}."
                yield not_checked(text, "", function)


def conditions_unread(answer: Any) -> set[str]:
    """The keys of conditions that IAM was told nothing of: with them it might have decided otherwise."""
    # IAM tells them with each resource, or for all of them at once.
    each = [answer, *answer.get("ResourceSpecificResults", ())]
    return {key for found in each for key in found.get("MissingContextValues", ())}


def _simulate(exam: Examination, function: str, actions: Sequence[str], arn: str) -> Iterator[Any]:
    role = exam.deployment.arn("iam", f"role/{_role(exam, function)}", in_region=False)
    source = _SPEAKS_AS.get(function, SOURCE)
    partition = _PARTITIONS.get(function, _OF_OTHERS)
    told = [
        told_to_iam("events:source", "string", source),
        told_to_iam("dynamodb:LeadingKeys", "stringList", partition),
    ]
    return simulate(exam, role, actions, arn, told)


def simulate(exam: Examination, who: str, actions: Sequence[str], arn: str, told: Sequence[Any]) -> Iterator[Any]:
    """What IAM answers, action by action: whether a role or a user (its ARN) may take it on `arn`."""
    pages = exam.deployment.account.client("iam").get_paginator("simulate_principal_policy")
    asked = {"PolicySourceArn": who, "ActionNames": list(actions), "ResourceArns": [arn], "ContextEntries": list(told)}
    for page in pages.paginate(**asked):
        yield from page["EvaluationResults"]


def told_to_iam(key: str, kind: str, *values: str) -> Any:
    """One thing that a condition asks for."""
    return {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": list(values)}


def _role(exam: Examination, function: str) -> str:
    return exam.deployment.resource(f"{function}Role").physical_id


def arn_of(exam: Examination, on: str) -> str:
    """The ARN of what a right is needed on."""
    if on == "*":
        return "*"
    if on in _OF_SES:
        return exam.deployment.arn("ses", _OF_SES[on])
    if on == EXECUTION:
        return exam.deployment.arn("states", f"execution:{exam.deployment.stack}-escalation:any")
    if on == STACK:
        return exam.deployment.arn("cloudformation", f"stack/{exam.deployment.stack}/any")
    # The simulation wants a thing and not a pattern.
    logical_id, _, rest = on.replace("*", "any").partition("/")
    found = exam.deployment.resource(logical_id)
    if found.physical_id.startswith("arn:"):
        return found.physical_id
    service, before = _ARN[found.kind]
    # CloudFormation calls a queue by its URL.
    name = found.physical_id.rpartition("/")[2]
    of_account = service != "s3"
    return exam.deployment.arn(
        service, f"{before}{name}{'/' + rest if rest else ''}", in_region=of_account, of_account=of_account
    )


def _why_denied(exam: Examination, answer: Any) -> str:
    deploy = f"sam deploy --stack-name {exam.deployment.stack} --capabilities CAPABILITY_IAM"
    return denied_from_outside(answer) or deploy


def denied_from_outside(answer: Any) -> str:
    """What to do where something denies that is none of the policies of whoever asks; "" where nothing does."""
    if not answer.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True):
        return "A policy of your AWS organization denies it: ask its owners to allow it."
    if not answer.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary", True):
        return "The permissions boundary of the role denies it: allow it there."
    return ""
