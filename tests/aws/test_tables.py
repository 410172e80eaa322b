"""The tables of the tests are those of the template."""

from typing import Any

import pytest

from tests.aws.conftest import client
from tests.aws.tables import BOOK, COUNTS
from tests.template.stack import written


@pytest.mark.usefixtures("dynamodb")
@pytest.mark.parametrize(("table", "resource"), [(COUNTS, "CountsTable"), (BOOK, "BookTable")])
def test_a_table_has_the_keys_and_the_index_of_the_template(table: str, resource: str) -> None:
    template = written()["Resources"][resource]["Properties"]
    found = client("dynamodb").describe_table(TableName=table)["Table"]
    assert _shape(found) == _shape(template)


def _shape(table: Any) -> dict[str, Any]:
    indexes = [
        {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
        for index in table.get("GlobalSecondaryIndexes", ())
    ]
    attributes = sorted((each["AttributeName"], each["AttributeType"]) for each in table["AttributeDefinitions"])
    return {"keys": list(table["KeySchema"]), "attributes": attributes, "indexes": indexes}
