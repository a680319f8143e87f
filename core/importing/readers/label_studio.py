"""Label Studio: tasks with the results of their annotators (JSON), and the short form of its export (JSON-MIN)."""

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core.importing import exact_json
from core.importing.answers import CAPTION_QUESTION, RowError, turn
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.boxes import DETECTION_QUESTION, corners, label_at
from core.importing.readers.columns import ANSWERS, QUESTIONS, columns_of
from core.importing.readers.images import images_of
from core.importing.records import ImportedBox, Record, Turn
from core.pluralize import pluralize

_Box = tuple[float, float, float, float]
_DECIMALS = 9
"""Of percents: the cosine of a right angle is not quite 0."""

_CAPTIONS = ("caption", "captions", "description", "text", "transcription")
_TEXTS = frozenset({*ANSWERS, *_CAPTIONS, "choice", "choices", "class", "sentiment"})
_DATA = frozenset({"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "annotation_review"})
# Label Studio puts eight digits of a hash before the names of uploaded files.
_UPLOADED = re.compile(r"(?:^|/)data/upload/(?:\d+/)?(?P<name>(?:[0-9a-f]{8}-)?(?P<original>.+))$")


def _fits(row: Row) -> bool:
    if isinstance(row.get("data"), dict) and ("annotations" in row or "predictions" in row or "completions" in row):
        return True
    return "annotation_id" in row or ("lead_time" in row and "annotator" in row)


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    is_short = not isinstance(row.get("data"), dict)
    data: Row = row if is_short else row["data"]
    columns = columns_of(tuple(data))
    images = tuple(_original(name, files) for name in images_of(data, columns, where, files))
    question = next((data[name] for name in QUESTIONS if isinstance(data.get(name), str)), None)
    if is_short:
        results = [result for name, value in row.items() if name not in _DATA for result in _short(name, value)]
        return _records(where, images, question, results, files)
    annotations = _objects(row.get("annotations") or row.get("completions"))
    done = [one for one in annotations if not one.get("was_cancelled")]
    if not done:
        raise RowError("This task has no annotation.")
    records: list[Record] = []
    for one in done:
        records += _records(where, images, question, _objects(one.get("result")), files)
    return records


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _records(
    where: str, images: tuple[str, ...], question: str | None, results: list[dict[str, Any]], files: Files
) -> list[Record]:
    """Return a record for each text and choice; boxes belong to the first, or answer a question of their own.

    Raises:
        RowError: there is none.
    """
    boxes = tuple(box for result in results for box in _boxes(result))
    if unread := sum(_rectangle(result) is not None for result in results) - len(boxes):
        reason = "A turned box needs original_width and original_height."
        files.problems.note(where, f"{pluralize(unread, 'box', 'boxes')} cannot be read. {reason}")
    score = next((score for result in results if (score := _score(result))), 0.0)
    turns: list[Turn] = []
    reasons: list[str] = []
    answers = [(result, answer) for result in results if (answer := _answer(result)) is not None]
    answering = _answering([result for result, _ in answers])
    for result, answer in answers:
        asked = question if result.get("from_name") == answering else None
        try:
            turns.append(turn(asked or _question(result), answer, result.get("type")))
        except RowError as error:
            reasons.append(str(error))
    if boxes and not turns:
        labels = list(dict.fromkeys(box.label for box in boxes if box.label))
        turns.append(turn(question or DETECTION_QUESTION, labels, "label"))
    if not turns:
        raise RowError(reasons[0] if reasons else "This task has no text, choice or box.")
    for reason in reasons:
        files.problems.add(where, reason)
    return [
        Record(where, images, (one,), score=score, boxes=boxes if index == 0 else ()) for index, one in enumerate(turns)
    ]


def _answering(results: list[dict[str, Any]]) -> Any:
    """Return the control that answers the question of a task: the one that is called so, a text, or the first one."""
    names = [result.get("from_name") for result in results]
    called = [name for name in names if isinstance(name, str) and name.lower() in ANSWERS]
    texts = [result.get("from_name") for result in results if result.get("type") == "textarea"]
    return next(iter([*called, *texts, *names]), None)


def _question(result: dict[str, Any]) -> str:
    name = result.get("from_name")
    if not isinstance(name, str) or name.lower() in _CAPTIONS:
        return CAPTION_QUESTION
    return name.replace("_", " ")


def _answer(result: dict[str, Any]) -> Any:
    """Return the text or the choices of a result; None when it has none."""
    value = result.get("value")
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("choices"), list):
        return value["choices"][0] if len(value["choices"]) == 1 else value["choices"]
    text = value.get("text")
    if isinstance(text, list):
        return "\n".join(one for one in text if isinstance(one, str)) or None
    return text if isinstance(text, str) else None


def _score(result: dict[str, Any]) -> float:
    value = result.get("value")
    rating = value.get("rating") if isinstance(value, dict) else None
    return float(rating) if isinstance(rating, int) and 1 <= rating <= 5 else 0.0


def _boxes(result: dict[str, Any]) -> Iterator[ImportedBox]:
    value = _rectangle(result)
    if value is None:
        return
    xyxy = corners([value.get("x"), value.get("y"), value.get("width"), value.get("height")], is_size=True)
    if xyxy is None:
        return
    upright = _upright(xyxy, result, value)
    if upright is not None:
        x1, y1, x2, y2 = (number / 100 for number in upright)
        yield ImportedBox(label_at(value["rectanglelabels"], 0), (x1, y1, x2, y2), "relative")


def _rectangle(result: dict[str, Any]) -> dict[str, Any] | None:
    value = result.get("value")
    return value if isinstance(value, dict) and isinstance(value.get("rectanglelabels"), list) else None


def _upright(xyxy: _Box, result: dict[str, Any], value: dict[str, Any]) -> _Box | None:
    """Return the upright box around one that was turned clockwise by ``rotation`` degrees around its first corner.

    Percents of width and height are not of the same length, so turning needs the size of the image. Without it the box
    is None, except after half a turn.
    """
    degrees = value.get("rotation")
    if isinstance(degrees, bool) or not isinstance(degrees, int | float) or not degrees % 360:
        return xyxy
    wide, high = (_side(result, value, name) for name in ("original_width", "original_height"))
    if not (wide and high):
        if degrees % 180:
            return None
        wide = high = 1.0
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    width, height = (xyxy[2] - xyxy[0]) * wide, (xyxy[3] - xyxy[1]) * high
    across = [right * width * cos - down * height * sin for right in (0, 1) for down in (0, 1)]
    along = [right * width * sin + down * height * cos for right in (0, 1) for down in (0, 1)]
    left, top = xyxy[:2]
    return (
        round(left + min(across) / wide, _DECIMALS), round(top + min(along) / high, _DECIMALS),
        round(left + max(across) / wide, _DECIMALS), round(top + max(along) / high, _DECIMALS),
    )  # fmt: skip


def _side(result: dict[str, Any], value: dict[str, Any], name: str) -> float:
    """Return a side of the image, which the short form has beside the numbers of the box; 0 when it is not there."""
    side = result.get(name) or value.get(name)
    return float(side) if isinstance(side, int | float) and 0 < side < 1e9 else 0.0


def _short(name: str, value: Any) -> Iterator[dict[str, Any]]:
    """Yield the results of a column of the short form: a text, choices, a rating or boxes; CSV has them as JSON."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        with suppress(ValueError):
            value = exact_json.loads(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        for one in value:
            yield {"from_name": name, "value": one}
    elif isinstance(value, dict):
        yield {"from_name": name, "value": value}
    elif isinstance(value, int) and name.lower() in ("rating", "score"):
        yield {"from_name": name, "value": {"rating": value}}
    elif isinstance(value, str | list) and name.lower() in _TEXTS:
        yield {"from_name": name, "value": {"text": value}}


def _original(name: str, files: Files) -> str:
    """Return the path that a task means: of a local file, or of an uploaded one under its first name."""
    if "/local-files/" in name:
        return next(iter(parse_qs(urlsplit(name).query).get("d", ())), name)
    found = _UPLOADED.search(name)
    if found is None:
        return name
    return found["name"] if files.has(found["name"]) else found["original"]


READER = RowReader(
    name="label-studio",
    label="Label Studio",
    needs="data with an image, and annotations",
    fits=_fits,
    read_row=_read_row,
)
