"""Whether the caller may do what the operators' commands do: better known before an incident than in one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from cli.account import in_one_line
from cli.doctor.diagnosis import Diagnosis, Examination, not_checked, ok, warn
from cli.doctor.rights import (
    ASK_FOR_SIMULATION,
    STACK,
    arn_of,
    conditions_unread,
    denied_from_outside,
    simulate,
    told_to_iam,
)
from cli.words import names

_INVOKE = ("lambda:InvokeFunction",)
# What `guard status, incidents, ack, snooze, hand-over, note, resume, pause, tail, console` need, by what on.
NEEDED: Mapping[str, Sequence[str]] = {
    STACK: ("cloudformation:DescribeStacks",),
    "OperatorsFunction": ("lambda:InvokeFunctionUrl", *_INVOKE),
    "ManualPauseFunction": _INVOKE,
    "ManualResumeFunction": _INVOKE,
    "SignalFunction": _INVOKE,
    "BookTable": ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"),
    "BookTable/index/todo": ("dynamodb:Query",),
    "CountsTable": ("dynamodb:Query",),
    "tenant/*": ("ses:GetTenant", "ses:GetReputationEntity"),
    "*": ("ses:ListRecommendations",),
    "GuardLog": ("logs:FilterLogEvents",),
}
POLICY = "OperatorsPolicy"
# As Lambda tells IAM of a call by the operators' URL.
_BY_URL = (
    told_to_iam("lambda:FunctionUrlAuthType", "string", "AWS_IAM"),
    told_to_iam("lambda:InvokedViaFunctionUrl", "boolean", "true"),
)
_OF_IDENTITY_CENTER = "AWSReservedSSO_"


def operators(exam: Examination) -> Iterator[Diagnosis]:
    """Whoever asks may do what the operators' commands do."""
    caller = str(exam.deployment.account.client("sts").get_caller_identity()["Arn"])
    kind, _, name = caller.split(":", 5)[5].partition("/")
    if kind == "root":
        yield ok("You are the account's root user, who may do what operators do.")
        return
    if kind not in {"user", "assumed-role"}:
        yield not_checked(f"What {caller} may do: IAM tells it of users and roles alone.")
        return
    try:
        who = caller if kind == "user" else _role_arn(exam, name.partition("/")[0])
        found = [
            each for on in exam.one_by_one(list(NEEDED), "Asking IAM for your rights") for each in _on(exam, who, on)
        ]
    except ClientError as error:
        found = [not_checked(f"Your rights as an operator: {in_one_line(error)}", ASK_FOR_SIMULATION)]
    yield from found or [ok("You may do all that the operators' commands do.")]


def _role_arn(exam: Examination, name: str) -> str:
    """The ARN of a role; that of its session does not tell the role's path."""
    return str(exam.deployment.account.client("iam").get_role(RoleName=name)["Role"]["Arn"])


def _on(exam: Examination, who: str, on: str) -> Iterator[Diagnosis]:
    """What the caller needs on one thing and may not do."""
    told = _BY_URL if on == "OperatorsFunction" else ()
    answers = {each["EvalActionName"]: each for each in simulate(exam, who, NEEDED[on], arn_of(exam, on), told)}
    for action in NEEDED[on]:
        answer = answers.get(action)
        if answer is None:
            yield not_checked(f"Whether you may do {action}: IAM gave no answer.", "", on)
        elif answer["EvalDecision"] != "allowed":
            yield _lacking(exam, who, action, on, answer)


def _lacking(exam: Examination, who: str, action: str, on: str, answer: Any) -> Diagnosis:
    if unread := conditions_unread(answer):
        return not_checked(f"Whether you may do {action}: it depends on {names(unread)}.", "", on)
    text = f"You may not do {action} on {on}, as the operators' commands do ({answer['EvalDecision']})."
    return warn(text, denied_from_outside(answer) or _way_to_get_it(exam, who), on)


def _way_to_get_it(exam: Examination, who: str) -> str:
    policy = exam.deployment.outputs.get(POLICY)
    if policy is None:
        return f"Deploy the stack {exam.deployment.stack} again: it has no policy for operators yet (output {POLICY})."
    kind, _, path = who.split(":", 5)[5].partition("/")
    name = path.rpartition("/")[2]
    if name.startswith(_OF_IDENTITY_CENTER):
        called = policy.rpartition("/")[2]
        return f"IAM Identity Center: attach the customer managed policy {called} to your permission set ({name})."
    attach = f"iam attach-{kind}-policy", f"--{kind}-name {name}", f"--policy-arn {policy}"
    return exam.deployment.account.command(*attach)
