"""The beginnings of annotation files, from which their format is recognized, and the streams of their rows."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

from core.errors import InvalidInputError
from core.importing.caption_lines import caption_runs
from core.importing.delimited import DelimitedError, delimited_runs
from core.importing.json_rows import json_runs
from core.importing.json_text import WINDOW_BYTES, JsonSyntaxError, JsonText
from core.importing.readers.base import Head
from core.importing.readers.columns import columns_of
from core.importing.row_blocks import ROWS_PER_BLOCK
from core.importing.runs import BadRow, Rows, Run, rows_in

SAMPLE_ROWS = 20
MAX_KEYS = 200
TEXT_ENDINGS = (".txt", ".caption", ".token")
DELIMITED_ENDINGS = (".csv", ".tsv")
_MESSAGE_KEYS = frozenset({"from", "role"})
_IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")


def head_of(name: str, file: BinaryIO) -> Head:
    """Return the beginning of a JSON, JSON Lines, CSV or TSV file; its reason says why it cannot be read."""
    low = name.lower()
    try:
        if low.endswith(TEXT_ENDINGS):
            return _head_of_rows(name, rows_in(caption_runs(file)))
        if low.endswith(".json"):
            text = JsonText(file, is_head=True)
            first = text.peek()
            if first == b"{":
                return _head_of_object(name, text)
            if first != b"[":
                return Head(name, reason=_no_json(first))
            return _head_of_rows(name, text.elements())
        return _head_of_rows(name, rows_in(_top_runs(name, file, is_head=True)))
    except (JsonSyntaxError, DelimitedError, InvalidInputError) as error:
        return Head(name, reason=str(error))


def _no_json(first: bytes) -> str:
    """Return why a file that begins with this byte is no JSON; both marks of UTF-16 begin with one of these two."""
    if first in (b"\xff", b"\xfe"):
        return "It is not UTF-8 text. Save it as UTF-8."
    return "It is no JSON." if first else "It is empty."


def element_runs(file: BinaryIO) -> Iterator[tuple[str, Run]]:
    """Yield the elements of all lists of a JSON object with the key of their list, many at a time.

    Raises:
        JsonSyntaxError: the file is broken or cut off from here on.
    """
    text = JsonText(file)
    for key, first in text.members():
        if first != b"[":
            text.skip()
            continue
        for run in text.runs():
            yield key, run


def runs_of(head: Head, file: BinaryIO, key: str = "", directories: Mapping[str, str] | None = None) -> Iterator[Run]:
    """Yield the rows of a file, many at a time; those of the list *key* when it is an object of lists.

    Args:
        directories: of the images by the key of their row, when the keys of an object of rows name directories.

    Raises:
        JsonSyntaxError, DelimitedError: the file is broken or cut off from here on; the rows before were yielded.
    """
    if head.shape == "object":
        return _runs_of_list(JsonText(file), key)
    if head.shape == "map":
        return _runs_of_map(JsonText(file), directories or {})
    if head.shape == "columns":
        return iter([Run(1, (), list(_rows_of_columns(JsonText(file).value())))])
    if head.shape == "single":
        return iter([Run(1, (1,), [JsonText(file).value()])])
    return _top_runs(head.name, file)


def _top_runs(name: str, file: BinaryIO, *, is_head: bool = False) -> Iterator[Run]:
    low = name.lower()
    if low.endswith(TEXT_ENDINGS):
        return caption_runs(file)
    if low.endswith(DELIMITED_ENDINGS):
        return delimited_runs(file, is_tab=low.endswith(".tsv"))
    return json_runs(file, is_head=is_head)


def _runs_of_list(text: JsonText, key: str) -> Iterator[Run]:
    for name, first in text.members():
        if name == key and first == b"[":
            yield from text.runs()
        else:
            text.skip()


def _runs_of_map(text: JsonText, directories: Mapping[str, str]) -> Iterator[Run]:
    """Yield a row for each member of an object: its key is the image, unless the row names one itself."""
    members = text.members()
    number = 1
    broken: JsonSyntaxError | None = None
    while broken is None:
        lines, rows, start = list[int](), list[Any](), text.consumed_bytes
        try:
            for key, _ in islice(members, ROWS_PER_BLOCK):
                line = text.line
                for row in _rows_of_member(key, text.value()):
                    rows.append(_in_directory(directories.get(key, key), row) if directories else row)
                    lines.append(line)
                if text.consumed_bytes - start > WINDOW_BYTES:
                    break
        except JsonSyntaxError as error:
            broken = error
        if rows:
            yield Run(number, lines, rows)
            number += len(rows)
        elif broken is None:
            return
    raise broken


def _rows_of_member(key: str, value: Any) -> list[Any]:
    """Return the rows of a member of an object: its value, or a row for each object in its list.

    Messages are one conversation; texts are captions.
    """
    if isinstance(value, dict):
        if is_image_name(key):
            if value and all(name.rstrip().endswith("?") for name in value):
                return [{"file_name": key, "question": name, "answer": answer} for name, answer in value.items()]
            return [{"file_name": key} | value]
        return [{"key": key} | value if "imageURL" in value else value]  # OCR-VQA has the id of an image nowhere else
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        if _MESSAGE_KEYS.isdisjoint(value[0]):
            return [{"file_name": key} | one for one in value]
        return [{"file_name": key, "conversations": value}]
    return [{"file_name": key, "caption": value}]


def _in_directory(directory: str, row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    named = {name: row[name] for name in columns_of(tuple(row)).images}
    inside = {name: f"{directory}/{value}" for name, value in named.items() if value and isinstance(value, str)}
    return row | inside


def _head_of_rows(name: str, rows: Rows) -> Head:
    found: list[dict[str, Any]] = []
    reason = ""
    try:
        for number, _, value in rows:
            if isinstance(value, dict):
                found.append(value)
            elif isinstance(value, BadRow):
                reason = reason or value.reason
            if len(found) == SAMPLE_ROWS or number >= 5 * SAMPLE_ROWS:
                break
    except (JsonSyntaxError, DelimitedError, InvalidInputError) as error:
        reason = str(error)
    if found:
        return Head(name, "rows", tuple(found))
    return Head(name, reason=reason or "It has no rows with names and values.")


def _head_of_object(name: str, text: JsonText) -> Head:
    lists: dict[str, tuple[Any, ...]] = {}
    values: dict[str, Any] = {}
    counts: dict[str, int | None] = {}
    for key, first in text.members():
        if len(lists) + len(values) >= MAX_KEYS:
            break
        if first == b"[":
            lists[key], counts[key] = _sample(text)
            if counts[key] is None:
                break
        elif first == b"{" and len(values) < SAMPLE_ROWS:
            values[key] = text.value()
        elif first == b"{":
            break
        else:
            values[key] = text.value()
    else:
        if text.peek() == b"{":
            return Head(name, "rows", ({**lists, **values},))
    columns = _columns(lists, values, counts)
    if columns:
        return Head(name, "columns", tuple(islice(_rows_of_columns(columns), SAMPLE_ROWS)))
    members = {**lists, **values}
    if members and all(isinstance(value, dict) or is_image_name(key) for key, value in members.items()):
        rows = tuple(row for member in members.items() for row in _rows_of_member(*member))
        return Head(name, "map", rows, keys=tuple(members))
    if any(isinstance(value, dict) for values_ in lists.values() for value in values_):
        return Head(name, "object", lists=lists, values=values)
    return Head(name, "single", ({**{key: list(value) for key, value in lists.items()}, **values},))


def _columns(
    lists: dict[str, tuple[Any, ...]], values: dict[str, Any], counts: dict[str, int | None]
) -> dict[str, Any]:
    """Return the columns of an object that is a table: lists of one length, or objects that number the same rows."""
    if any(map(is_image_name, lists)):  # captions by the name of their image
        return {}
    if len(lists) > 1 and not values:
        are_rows = any(isinstance(value, dict) for found in lists.values() for value in found)
        is_table = not are_rows and None not in counts.values() and len({*counts.values()}) == 1
        return dict(lists) if is_table else {}
    if len(values) < 2 or lists or not all(isinstance(value, dict) and value for value in values.values()):
        return {}
    numbers = {tuple(value) for value in values.values()}
    return values if len(numbers) == 1 and all(number.isdecimal() for number in numbers.pop()) else {}


def _rows_of_columns(columns: dict[str, Any]) -> Iterator[dict[str, Any]]:
    lists = [column.values() if isinstance(column, dict) else column for column in columns.values()]
    for row in zip(*lists, strict=False):
        yield dict(zip(columns, row, strict=True))


def _sample(text: JsonText) -> tuple[tuple[Any, ...], int | None]:
    """Return the first elements of a list, and how many there are; None for more objects than are looked at."""
    found: list[Any] = []
    count = 0
    for number, _, value in text.elements():
        if number == SAMPLE_ROWS + 1 and any(isinstance(one, dict) for one in found):
            return tuple(found), None
        count = number
        if number <= SAMPLE_ROWS and not isinstance(value, BadRow):
            found.append(value)
    return tuple(found), count


def is_image_name(name: str) -> bool:
    return name.lower().endswith(_IMAGE_ENDINGS)
