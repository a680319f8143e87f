"""Texts beside images: ``0001.txt``, ``0001.caption`` or ``0001.json`` for ``0001.jpg``."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from core.importing.answers import RowError, caption_turn
from core.importing.readers.base import Files, Head
from core.importing.readers.columns import columns_of
from core.importing.readers.messages import conversation_records
from core.importing.readers.rows import records_of_row
from core.importing.records import Record, record

# Class and box of an object in five numbers a line; polygons have more.
_YOLO = re.compile(r"(?:\s*\d+(?:\s+-?\d+(?:\.\d+)?(?:e-?\d+)?){4,}\s*)+")
_CONVERSATIONS = ("conversations", "messages")
_LISTS = ("qa", "qa_pairs", "entries")
_SAMPLE_LISTS = (*_CONVERSATIONS, *_LISTS)


@dataclass(frozen=True)
class SidecarReader:
    """Reads one file an image."""

    name: str = "sidecar"
    label: str = "Texts beside images"
    needs: str = "a .txt, .caption or .json file with the name of its image"

    def fit(self, head: Head) -> float:
        if head.shape == "text":
            return 1.0
        if not head.beside or not head.shape:
            return 0.0
        # The name of such a file says more than what it holds; of a list of rows that name their images it does not.
        return 2.0 if _is_sample(head) else 0.5

    def read(self, name: str, files: Files) -> Iterator[Record]:
        head = files.heads[name]
        if not head.beside:
            files.problems.add(name, "This text is not read: there is no one image of its name beside it.")
            return
        image = head.beside.rpartition("/")[2]
        try:
            if head.shape == "text":
                yield caption_record(files.text(name), image, name)
            elif _is_sample(head):
                yield from sample_records(files.document(name), image, name, files)
            else:
                yield from _records_of_list(files.rows(name, next(iter(head.lists), "")), image, files)
        except RowError as error:
            files.problems.add(name, str(error))


def _is_sample(head: Head) -> bool:
    """Return whether a file holds one object about its image."""
    return head.shape == "single" or (head.shape == "object" and any(key in head.lists for key in _SAMPLE_LISTS))


def caption_record(text: str, image: str, where: str) -> Record:
    """Return the record of a caption.

    Raises:
        RowError: it is empty, or the boxes of YOLO.
    """
    if _YOLO.fullmatch(text[:10_000]):
        raise RowError("These are boxes of YOLO, which are not read. Convert them to COCO.")
    return record(where, (image,), (caption_turn(text),))


def sample_records(sample: Any, image: str, where: str, files: Files, *, captions: bool = True) -> Iterable[Record]:
    """Return the records of an object that belongs to one image.

    Args:
        captions: Whether a caption is read where there is no question.

    Raises:
        RowError: it has nothing that can be read.
    """
    if not isinstance(sample, dict):
        raise RowError("It is no object with names and values.")
    for key in _CONVERSATIONS:
        if isinstance(sample.get(key), list):
            return conversation_records({**_without_images(sample), "image": image}, sample[key], where, files)
    for key in _LISTS:
        if isinstance(sample.get(key), list):
            return _records_of_list(((where, row) for row in sample[key]), image, files)
    row = _without_images(sample)
    columns = columns_of(tuple(row))
    if not captions and not columns.question:
        return ()
    return records_of_row({**row, "file_name": image}, where, files)


def _records_of_list(rows: Iterable[tuple[str, Any]], image: str, files: Files) -> Iterator[Record]:
    for where, row in rows:
        try:
            if not isinstance(row, dict):
                raise RowError("This row is no object with names and values.")
            yield from records_of_row({**_without_images(row), "file_name": image}, where, files)
        except RowError as error:
            files.problems.add(where, str(error))


def _without_images(row: dict[str, Any]) -> dict[str, Any]:
    """Return *row* without the columns that would name other images: the file's own name says which one it is."""
    columns = columns_of(tuple(row))
    return {name: value for name, value in row.items() if name not in (*columns.images, *columns.more_images)}


READER = SidecarReader()
"""Of texts and of JSON."""
