"""labelme and X-AnyLabeling: a file for each image, with shapes, flags, questions and a chat."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.importing.answers import RowError, caption_turn, turn
from core.importing.readers.base import Files, Head, Row
from core.importing.readers.boxes import DETECTION_QUESTION, MAX_BOXES, corners, label_at, measured_size
from core.importing.readers.classes import CLASS_QUESTION
from core.importing.readers.columns import columns_of
from core.importing.readers.messages import conversation_records
from core.importing.readers.rows import has_turns, records_of_row
from core.importing.records import ImportedBox, Record, record
from core.pluralize import pluralize


@dataclass(frozen=True)
class LabelmeReader:
    """Reads one file an image."""

    name: str = "labelme"
    label: str = "labelme, X-AnyLabeling"
    needs: str = "imagePath, and shapes, flags or vqaData"

    def fit(self, head: Head) -> float:
        if head.shape not in ("single", "object"):
            return 0.0
        # More than that of a file beside its image, which these are too.
        return 3.0 if {"imagePath", "shapes"} <= {*head.columns} else 0.0

    def read(self, name: str, files: Files) -> Iterator[Record]:
        document = files.document(name)
        try:
            if not isinstance(document, dict):
                raise RowError("This file is no object with names and values.")
            image = _image(document, files.heads[name], name, files)
            records = _answered(document, image, name, files)
            size = measured_size(document)
            boxes = tuple(box._replace(measured_wh=size) for box in _boxes(document, name, files))
            if boxes and not records:
                labels = list(dict.fromkeys(box.label for box in boxes if box.label))
                records.append(record(name, (image,), (turn(DETECTION_QUESTION, labels, "label"),)))
        except RowError as error:
            files.problems.add(name, str(error))
            return
        if not records:
            files.problems.add(name, "This file has no box, true flag, question with its answer, or description.")
            return
        yield records[0]._replace(boxes=boxes)
        yield from records[1:]


def _answered(document: Row, image: str, name: str, files: Files) -> list[Record]:
    """Return the records of what is asked; a question without an answer is a problem, and leaves the boxes."""
    records: list[Record] = []
    try:
        records.extend(_asked(document, image, name, files))
    except RowError as error:
        files.problems.add(name, str(error))
    return records


def _image(document: Row, head: Head, name: str, files: Files) -> str:
    """Return the image of a file: the one beside it, the one it names, or the one that is written in it.

    Raises:
        RowError: there is none.
    """
    written = document.get("imagePath")
    path = written.replace("\\", "/") if isinstance(written, str) else ""
    base = path.rpartition("/")[2]
    if head.beside and not files.has(base):
        return head.beside.rpartition("/")[2]
    if isinstance(data := document.get("imageData"), str) and data and not files.has(base):
        return files.embed(data, name, base)
    if not path:
        raise RowError("This file names no image.")
    return path


def _asked(document: Row, image: str, where: str, files: Files) -> Iterator[Record]:
    """Yield the records of questions, of the chat, of the flags and of the description."""
    asked = document.get("vqaData")
    if isinstance(asked, dict) and asked:
        if has_turns(asked) and columns_of(tuple(asked)).question:
            yield from records_of_row({**asked, "file_name": image}, where, files)
        else:
            seen = ", ".join(str(key)[:40] for key in [*asked][:12])
            files.problems.add(where, f"vqaData was left out. Name its components question and answer. Seen: {seen}.")
    if isinstance(chat := document.get("chat_history"), list) and chat:
        yield from conversation_records({"image": image}, chat, where, files)
    flags = document.get("flags")
    if isinstance(flags, dict) and (classes := [name for name, is_set in flags.items() if is_set is True]):
        yield record(where, (image,), (turn(CLASS_QUESTION, classes, "label", [*flags]),))
    if isinstance(text := document.get("description"), str) and text.strip():
        yield record(where, (image,), (caption_turn(text),))


def _boxes(document: Row, where: str, files: Files) -> Iterator[ImportedBox]:
    """Yield the boxes of rectangles, whose points are two or all four of their corners."""
    others = 0
    shapes = document.get("shapes")
    for shape in shapes[:MAX_BOXES] if isinstance(shapes, list) else ():
        box = _box(shape) if isinstance(shape, dict) and shape.get("shape_type", "polygon") == "rectangle" else None
        if box is None:
            others += 1
        else:
            yield box
    if others:
        said = pluralize(others, "shape of this file is no rectangle", "shapes of this file are no rectangles")
        files.problems.add(where, f"{said}. Only rectangles are read.")


def _box(shape: Row) -> ImportedBox | None:
    points = shape.get("points")
    if not isinstance(points, list) or len(points) not in (2, 4):
        return None
    if not all(isinstance(point, list) and len(point) == 2 for point in points):
        return None
    try:
        xs, ys = ([point[side] for point in points] for side in (0, 1))
        xyxy = corners([min(xs), min(ys), max(xs), max(ys)])
    except TypeError:  # a corner that is no number
        return None
    return None if xyxy is None else ImportedBox(label_at(shape.get("label"), 0), xyxy)


READER = LabelmeReader()
"""Of rectangles, flags, questions, chats and descriptions."""
