"""The consumers that need no torch read what was written; `make consumers` runs them all, each in its environment."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import connect
from tests.consumers import comparing
from tests.consumers.consumers import CONSUMERS, WITHOUT_TORCH, Consumer
from tests.consumers.shelf import Shelf, build


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with connect(tmp_path_factory.mktemp("shelf")) as db:
        yield build(db)


@pytest.mark.parametrize(
    ("consumer", "format_"),
    [(consumer, format_) for consumer in WITHOUT_TORCH for format_ in consumer.formats],
    ids=lambda value: value.name if isinstance(value, Consumer) else value,
)
def test_every_row_is_read_with_its_question_answer_and_image(
    consumer: Consumer, format_: str, shelf: Shelf, tmp_path: Path
) -> None:
    reading = comparing.prepare(consumer, format_, shelf, tmp_path)
    ((_, result),) = comparing.read([reading], shelf, sys.executable, tmp_path)
    assert not result.error, result.error
    assert (result.loaded, result.equal) == (result.written, result.turns), result.different


def test_every_consumer_has_a_reader() -> None:
    for consumer in CONSUMERS:
        assert (comparing.READERS / f"{consumer.reader}.py").is_file()
