"""Labelbox: the lines of its export, with classifications and boxes in the labels of each project."""

from collections.abc import Iterable, Iterator
from typing import Any

from core.importing.answers import RowError, turn
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.boxes import DETECTION_QUESTION, corners, label_at
from core.importing.readers.images import written_images
from core.importing.records import ImportedBox, Record, Turn

_NAMES = ("external_id", "global_key")
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")


def _fits(row: Row) -> bool:
    return isinstance(row.get("data_row"), dict) and isinstance(row.get("projects"), dict)


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    """Return a record for each classification; boxes belong to the first, or answer a question of their own."""
    data, projects = row.get("data_row"), row.get("projects")
    if not isinstance(data, dict) or not isinstance(projects, dict):
        raise RowError("This row has no data_row or no projects.")
    images = (_image(data, where, files),)
    records: list[Record] = []
    for label in _labels(projects):
        annotations = label.get("annotations")
        if not isinstance(annotations, dict):
            continue
        boxes = tuple(_boxes(annotations, where, files))
        turns = [*_turns(annotations, where, files)]
        if boxes and not turns:
            names = list(dict.fromkeys(box.label for box in boxes if box.label))
            turns.append(turn(DETECTION_QUESTION, names, "label"))
        records += [Record(where, images, (one,), boxes=() if number else boxes) for number, one in enumerate(turns)]
    if not records:
        raise RowError("This row has no label with a classification or a box.")
    return records


def _image(data: Row, where: str, files: Files) -> str:
    """Return the image of a data row: its name in Labelbox where that is one of a file, else its address."""
    names = [name for key in _NAMES if isinstance(name := data.get(key), str) and name]
    named = next((name for name in names if files.has(name.rpartition("/")[2]) or name.lower().endswith(_ENDINGS)), "")
    found = [named] if named else [*written_images(data.get("row_data"), where, files)]
    if not (found or names):
        raise RowError("This row names no image.")
    return (found or names)[0]


def _objects(value: Any) -> list[Row]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _labels(projects: Row) -> Iterator[Row]:
    for project in projects.values():
        if isinstance(project, dict):
            yield from _objects(project.get("labels"))


def _turns(annotations: Row, where: str, files: Files) -> Iterator[Turn]:
    for one in _objects(annotations.get("classifications")):
        answer = _answer(one)
        if answer is None:
            files.problems.add(where, f"The classification {label_at(_name(one), 0)[:60]} has no answer that is read.")
            continue
        try:
            yield turn(_name(one), *answer)
        except RowError as error:
            files.problems.add(where, str(error))


def _answer(one: Row) -> tuple[Any, str] | None:
    """Return the answer of a classification with its type."""
    if isinstance(text := one.get("text_answer"), dict):
        return text.get("content"), "text"
    if isinstance(chosen := one.get("radio_answer"), dict):
        return [_name(chosen)], "label"
    if checked := _objects(one.get("checklist_answers")):
        return [_name(answer) for answer in checked], "label"
    return None


def _name(answer: Row) -> Any:
    return answer.get("name") or answer.get("value")


def _boxes(annotations: Row, where: str, files: Files) -> Iterator[ImportedBox]:
    others = 0
    for one in _objects(annotations.get("objects")):
        box = one.get("bounding_box")
        sides = [box.get(side) for side in ("left", "top", "width", "height")] if isinstance(box, dict) else None
        xyxy = corners(sides, is_size=True)
        if xyxy is None:
            others += 1
        else:
            yield ImportedBox(label_at(_name(one), 0), xyxy)
    if others:
        files.problems.add(where, f"{others:,} objects of this row are no boxes. Only boxes are read.")


READER = RowReader(
    name="labelbox",
    label="Labelbox",
    needs="data_row, and projects with labels",
    fits=_fits,
    read_row=_read_row,
)
