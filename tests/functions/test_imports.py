"""A handler parses, calls and returns: what it may know of the world is in the layer, behind the wiring."""

import ast
import sys
from collections.abc import Iterator

from tests.functions.conftest import ROOT

HANDLERS = sorted((ROOT / "functions").glob("*/*.py"))
OF_THE_GUARD = {"wiring", "wire", "usecases", "domain", "ports", "pages", "front_desk"}


def imported(source: str) -> Iterator[str]:
    """Every module, or name in a module, that a source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)


def strangers(source: str) -> list[str]:
    """What a source imports and a handler has no business with."""
    return [name for name in imported(source) if not _belongs(*name.split("."))]


def _belongs(root: str, part: str = "", *_: str) -> bool:
    if root == "reputation_guard":
        return part in OF_THE_GUARD
    return root == "aws_lambda_powertools" or root in sys.stdlib_module_names


def test_a_handler_imports_no_adapter_and_no_sdk() -> None:
    """boto3, the tables and SES begin inside `aws/`, and settings are read by the wiring alone."""
    found = {f"{path.parent.name}/{path.stem}": strangers(path.read_text(encoding="utf-8")) for path in HANDLERS}
    assert found == {name: [] for name in found}
    assert found


def test_a_stranger_is_seen_wherever_it_is_imported() -> None:
    lines = [
        "import boto3",
        "from botocore.exceptions import ClientError",
        "import reputation_guard",
        "import reputation_guard.aws.book",
        "from reputation_guard import settings",
        "from reputation_guard.aws.book import BookTable",
    ]
    assert all(len(strangers(f"def handler():\n    {line}")) == 1 for line in lines)
