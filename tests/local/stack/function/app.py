"""Functions that answer with what they were told, and one that rotates a secret."""

import base64
import json
from typing import Any

import boto3


def answer(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Answer as the path says, else with the event."""
    if event["rawPath"] == "/away":
        return {"statusCode": 303, "headers": {"location": "/landed"}, "cookies": ["a=1; Path=/", "b=2"], "body": ""}
    if event["rawPath"] == "/bytes":
        body = base64.b64encode(b"\x00\xff").decode()
        return {"statusCode": 418, "headers": {"content-type": "image/x"}, "isBase64Encoded": True, "body": body}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(event)}


def rotate(event: dict[str, Any], _: object) -> None:
    """Take one step of a rotation, as Secrets Manager documents them."""
    secrets, secret, token = boto3.client("secretsmanager"), event["SecretId"], event["ClientRequestToken"]
    stages = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    current = next(version for version, named in stages.items() if "AWSCURRENT" in named)
    if event["Step"] == "createSecret":
        try:
            secrets.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
        except secrets.exceptions.ResourceNotFoundException:
            secrets.put_secret_value(
                SecretId=secret, ClientRequestToken=token, SecretString="rotated", VersionStages=["AWSPENDING"]
            )
    elif event["Step"] == "finishSecret":
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
        )
