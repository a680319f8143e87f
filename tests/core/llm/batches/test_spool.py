"""The file of the requests of a batch."""

from pathlib import Path

import pytest

from core.llm.batches import spool
from core.llm.batches.calls import KeptRequest
from core.llm.batches.spool import Spool
from core.llm.batches.wire import BatchLine, Limits
from core.llm.ledger import CallStart

CALL = CallStart("openai/small", "hash", "What?", {}, 0)
LINE_BYTES = len(b'{"custom_id": "b_0", "body": {"n":1}}\n')


def _spool(directory: Path, *, requests: int = 9, size_bytes: int = 10_000) -> Spool:
    return Spool(directory, "b", Limits(requests, size_bytes))


@pytest.mark.parametrize(
    ("requests", "size_bytes", "added"),
    [(2, 10_000, 2), (9, 3 * LINE_BYTES, 3), (9, 3 * LINE_BYTES + 1, 4), (9, 3 * LINE_BYTES - 1, 3)],
)
def test_a_batch_is_full_at_its_number_of_requests_or_bytes(
    requests: int, size_bytes: int, added: int, tmp_path: Path
) -> None:
    kept = _spool(tmp_path, requests=requests, size_bytes=size_bytes)
    count = 0
    while not kept.is_full:
        kept.add(KeptRequest(7, CALL, b'{"n":1}'))
        count += 1
    kept.remove()

    assert count == added


def test_requests_are_read_as_they_were_kept_also_those_of_several_lines(tmp_path: Path) -> None:
    directory = tmp_path / "batches" / "task"
    kept = _spool(directory)
    kept.add(KeptRequest(7, CALL, b'{"n":1}'))
    kept.add(KeptRequest(8, CALL, b'{\n"n": 2}'))
    kept.close()

    assert [(one.item_id, one.body) for one in kept.kept] == [(7, b""), (8, b"")]
    assert list(spool.read(directory, "b", 5)) == [BatchLine("b_0", {"n": 1}), BatchLine("b_1", {"n": 2})]
    assert list(spool.read(directory, "b", 1)) == [BatchLine("b_0", {"n": 1})]
    assert spool.path_of(directory, "b").read_bytes().startswith(b'{"custom_id": "b_0", "body": {"n":1}}\n')

    _spool(directory).remove()  # a second one in the same directory
    kept.remove()  # its file is gone already
    assert list(spool.read(directory, "b", 5)) == []
