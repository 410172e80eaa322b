"""Replaces the key of links, step by step, when Secrets Manager says so."""

import secrets
from functools import partial

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from reputation_guard.usecases.rotate_key import rotate
from reputation_guard.wire.rotation import parse_rotation
from reputation_guard.wiring import links

logger = Logger()
_new_key = partial(secrets.token_hex, 32)


def handler(event: object, context: LambdaContext) -> None:
    """Take one step. What it raises is tried again, and then waits for a person."""
    order = parse_rotation(event)
    rotate(order, context.invoked_function_arn, links.link_key(), _new_key)
    logger.info("rotated", extra={"step": order.step, "version": order.version})
