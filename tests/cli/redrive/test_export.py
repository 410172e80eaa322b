"""`guard redrive QUEUE --export FILE`: whole letters for whoever mends it, and the only way to be rid of one."""

import json
from pathlib import Path

from tests.cli.aws import guard
from tests.cli.redrive.queues import BOUNCE, OF_S3, POISON, Queues, told


def test_an_export_holds_each_letter_whole(queues: Queues, tmp_path: Path) -> None:
    """For whoever mends it: the body, what was told of the failure, and the records of a stream."""
    queues.keep({"dynamodb": {"Keys": {"pk": {"S": "feedback#shop"}, "sk": {"S": "slot#x"}}}})
    ident, file = queues.put("EvaluateDeadLetters", OF_S3, ERROR_CODE="X"), tmp_path / "letters.jsonl"
    assert guard("redrive", "evaluate", "--export", str(file)).exit_code == 0
    [line] = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert (line["id"], line["body"], line["told"], line["poison"]) == (ident, OF_S3, {"ERROR_CODE": "X"}, True)
    assert json.loads(line["kept"]["payload"])["Records"]
    assert file.stat().st_mode & 0o077 == 0, "it may name recipients"
    assert guard("redrive", "evaluate", "--export", str(file)).exit_code == 2, "nothing is written over"
    assert queues.bodies("EvaluateDeadLetters") == [OF_S3]


def test_only_what_was_exported_is_dropped(queues: Queues, tmp_path: Path) -> None:
    ident, file = queues.put("FeedbackDeadLetters", POISON), tmp_path / "letters.jsonl"
    queues.put("FeedbackDeadLetters", BOUNCE)
    for words in (["--drop", ident], ["--drop", ident, "--yes"], ["--drop", ident, "--export", str(file)]):
        assert guard("redrive", "feedback", *words).exit_code == 2
    given = ["--export", str(file), "--drop", ident, "--drop", "another", "--yes"]
    answer = told("redrive", "feedback", *given)
    assert (answer["dropped"], answer["missing"], answer["exported"]) == ([ident], ["another"], 2)
    assert queues.bodies("FeedbackDeadLetters") == [BOUNCE]
