"""Layers of functions in the embedded AWS."""

import io
import json
import zipfile

import pytest

from local.aws import EmbeddedAws

pytestmark = pytest.mark.embedded

CODE = """
import importlib.util
import from_layer

def handler(event, context):
    return {"layer": from_layer.NAME, "foreign": importlib.util.find_spec("ministack") is not None}
"""


def zipped(name: str, text: str) -> bytes:
    """Return an archive of one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, text)
    return packed.getvalue()


def test_a_function_sees_its_layer_and_nothing_of_ministack(embedded_aws: EmbeddedAws) -> None:
    functions = embedded_aws.client("lambda")
    layer = functions.publish_layer_version(
        LayerName="layer", Content={"ZipFile": zipped("python/from_layer.py", "NAME = 'layer'")}
    )
    functions.create_function(
        FunctionName="layered",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/layered",
        Handler="app.handler",
        Code={"ZipFile": zipped("app.py", CODE)},
        Layers=[layer["LayerVersionArn"]],
    )
    answer = json.load(functions.invoke(FunctionName="layered")["Payload"])
    assert answer == {"layer": "layer", "foreign": False}
