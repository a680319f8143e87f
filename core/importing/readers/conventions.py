"""What only the rows of a file together say: whether answers are numbers of options, and whether boxes have corners.

Both are read from the first rows. An answer that is a number may be the number of its option or one of the options
itself; four numbers may be two corners, or a corner with width and height.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from core.importing.answers import RowError, choices_of, parsed_list
from core.importing.readers.base import Row
from core.importing.readers.boxes import are_corners, box_label, four_numbers
from core.importing.readers.columns import Columns, columns_of

Convert = Callable[[Row], Row]
_MIN_CORNERS = 5
"""Boxes that have to look like corners, where no size of an image says so."""
_SIDES = (("width", "height"), ("image_width", "image_height"), ("img_width", "img_height"))


class _Conventions(NamedTuple):
    first_option: int | None
    """The number of the first option; None where answers are no numbers of options."""
    has_corners: bool


def converter(rows: Sequence[Any]) -> Convert | None:
    """Return what makes the rows of a file independent of its conventions; None when they are so already."""
    found = [row for row in rows if isinstance(row, dict)]
    names = columns_of(tuple(dict.fromkeys(name for row in found for name in row)))
    first_option = _first_option(found, names)
    conventions = _Conventions(first_option, bool(names.boxes) and _has_corners(found, names))
    if conventions.first_option is None and not conventions.has_corners:
        return None
    return lambda row: _converted(row, conventions)


def _converted(row: Row, conventions: _Conventions) -> Row:
    columns = columns_of(tuple(row))
    if conventions.first_option is not None and columns.options and columns.answer:
        choices = choices_of(row[columns.options])
        number = _number(row[columns.answer])
        if number is not None and 0 <= (index := number - conventions.first_option) < len(choices):
            row = row | {columns.answer: choices[index]}
    if conventions.has_corners and columns.boxes and (numbers := four_numbers(parsed_list(row[columns.boxes]))):
        unit = "relative" if max(numbers) <= 1 else "px"
        row = row | {columns.boxes: [{"label": box_label(row, columns), "xyxy": numbers, "unit": unit}]}
    return row


def _first_option(rows: Sequence[Row], columns: Columns) -> int | None:
    """Return the number that the first option has, where each answer is the number of one."""
    if not columns.options or not columns.answer:
        return None
    is_literal = True
    numbers: list[tuple[int, int]] = []
    for row in rows:
        try:
            choices = choices_of(row.get(columns.options))
        except RowError:
            continue
        answer = row.get(columns.answer)
        if not choices or answer is None or answer == "":
            continue
        number = _number(answer)
        if number is None or not 0 <= number <= len(choices):
            return None
        numbers.append((number, len(choices)))
        is_literal = is_literal and str(number) in choices
    if is_literal:
        return None
    if all(number < count for number, count in numbers):
        return 0
    return 1 if all(number > 0 for number, _ in numbers) else None


def _number(answer: Any) -> int | None:
    if isinstance(answer, str) and answer.strip().isascii() and answer.strip().isdecimal() and len(answer) < 5:
        return int(answer)
    if isinstance(answer, float) and answer.is_integer():
        return int(answer)
    return answer if isinstance(answer, int) and not isinstance(answer, bool) else None


def _has_corners(rows: Sequence[Row], columns: Columns) -> bool:
    """Return whether four numbers of a row are two corners: by the size of its image, or since all rows look so."""
    boxes = [(row, numbers) for row in rows if (numbers := four_numbers(parsed_list(row.get(columns.boxes))))]
    if not boxes or are_corners(columns.boxes):  # its name says so already
        return False
    if any(right <= left or bottom <= top for _, (left, top, right, bottom) in boxes):
        return False
    return len(boxes) >= _MIN_CORNERS or any(_is_outside(row, numbers) for row, numbers in boxes)


def _is_outside(row: Row, numbers: Sequence[float]) -> bool:
    """Return whether numbers that are a corner with width and height would leave the image."""
    left, top, width, height = numbers
    for names in _SIDES:
        sides = [side for name in names if isinstance(side := row.get(name), int | float) and side > 0]
        if len(sides) == len(names):
            return left + width > sides[0] + 1 or top + height > sides[1] + 1
    return False
