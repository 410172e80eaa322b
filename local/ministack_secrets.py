"""What the rotation of secrets leans on inside MiniStack, whose own calls no function."""
# ruff: noqa: SLF001 -- private names are what this module is for

import json
import logging
import time
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from threading import Thread
from uuid import uuid4

from ministack.core import responses
from ministack.services import lambda_svc, secretsmanager

from local.ministack_inside import Record, Response

log = logging.getLogger("local.secrets")

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_Call = Callable[[Record], Response]


def rotate_with_functions() -> None:
    """Let RotateSecret invoke the secret's rotation function, step by step."""
    secretsmanager._rotate_secret = partial(_rotate, secretsmanager._rotate_secret)
    secretsmanager._get_secret_value = partial(_get_value, secretsmanager._get_secret_value)


def _rotate(original: _Call, data: Record) -> Response:
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    function_arn = data.get("RotationLambdaARN") or (secret or {}).get("RotationLambdaARN")
    if not secret or secret.get("DeletedDate") or not function_arn:
        refusal_or_plain: Response = original(data)
        return refusal_or_plain
    secret |= {"RotationEnabled": True, "RotationLambdaARN": function_arn}
    secret["RotationRules"] = data.get("RotationRules") or secret.get("RotationRules")
    answer = {"ARN": secret["ARN"], "Name": secret["Name"]}
    if data.get("RotateImmediately", True):
        answer["VersionId"] = data.get("ClientRequestToken") or str(uuid4())
        _begin(secret, function_arn, answer["VersionId"])
    response: Response = responses.json_response(answer)
    return response


def _begin(secret: Record, function_arn: str, version: str) -> None:
    secretsmanager._remove_stage_everywhere(secret, "AWSPENDING")
    # As on AWS, the version is there before the function gives it a value.
    empty = {"SecretString": None, "SecretBinary": None, "CreatedDate": int(time.time()), "Stages": ["AWSPENDING"]}
    secret["Versions"][version] = empty
    Thread(target=copy_context().run, args=(_take_steps, secret["ARN"], function_arn, version), daemon=True).start()


def _take_steps(secret_arn: str, function_arn: str, version: str) -> None:
    function, config, name = lambda_svc._get_func_record_for_ref(function_arn)
    if not function:
        log.warning("%s was not rotated, for the function %s is not there", secret_arn, name)
        return
    record = lambda_svc._execution_record_for_config(function, config)
    for step in STEPS:
        event = {"SecretId": secret_arn, "ClientRequestToken": version, "Step": step}
        answer = lambda_svc._execute_function_with_config_scope(record, event)
        if answer.get("error"):
            log.warning("%s was not rotated, for %s failed in %s: %s", secret_arn, name, step, answer.get("body"))
            return


def _get_value(original: _Call, data: Record) -> Response:
    """Return a version's value; one that has none yet is not found."""
    response: Response = original(data)
    status, _, body = response
    if status >= 400 or {"SecretString", "SecretBinary"} & json.loads(body).keys():  # noqa: PLR2004 -- HTTP's refusals
        return response
    wanted = data.get("VersionStage", "AWSCURRENT")
    refusal: Response = responses.error_response_json(
        "ResourceNotFoundException",
        f"Secrets Manager can't find the specified secret value for staging label: {wanted}",
        400,
    )
    return refusal
