"""Karpathy's splits of COCO and Flickr: ``images``, each with its ``sentences``."""

from collections.abc import Iterable, Iterator
from functools import partial

from core.importing.answers import RowError, caption_turn
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.unread import unread_columns
from core.importing.records import Record, record


def _fits(row: Row) -> bool:
    sentences = row.get("sentences")
    has_texts = isinstance(sentences, list) and any(isinstance(one, dict) and "raw" in one for one in sentences)
    return has_texts and isinstance(row.get("filename"), str)


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    name, directory = row.get("filename"), row.get("filepath")
    sentences = row.get("sentences")
    if not isinstance(name, str) or not name or not isinstance(sentences, list) or not sentences:
        raise RowError("This row has no filename or no sentences.")
    return _records(
        f"{directory}/{name}" if isinstance(directory, str) and directory else name, sentences, where, files
    )


def _records(name: str, sentences: list[object], where: str, files: Files) -> Iterator[Record]:
    for sentence in sentences:
        try:
            text = sentence.get("raw") if isinstance(sentence, dict) else sentence
            yield record(where, (name,), (caption_turn(text),))
        except RowError as error:
            files.problems.add(where, str(error))


READER = RowReader(
    name="karpathy",
    label="Karpathy splits",
    needs="images with filename and sentences",
    fits=_fits,
    read_row=_read_row,
    unread=partial(unread_columns, own=frozenset({"filename", "filepath", "sentences", "sentids", "imgid", "cocoid"})),
)
