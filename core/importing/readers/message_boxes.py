"""Boxes beside the text of a message: its own, or numbers of the boxes of the row, as Shikra writes them."""

from collections.abc import Sequence
from typing import Any

from core.importing.readers.base import Row
from core.importing.readers.boxes import boxes_of_row
from core.importing.readers.columns import BOXES, columns_of
from core.importing.readers.turns import SYSTEMS
from core.importing.records import ImportedBox, Turn

_NUMBERS = "boxes_seq"
_KEYS = frozenset({*BOXES, _NUMBERS})


def have_boxes(messages: Sequence[Row]) -> bool:
    """Return whether a message has boxes beside its text."""
    return any(not _KEYS.isdisjoint(message) for message in messages)


def boxes_of_messages(
    turns: tuple[Turn, ...], messages: Sequence[Row], boxes: tuple[ImportedBox, ...]
) -> tuple[tuple[Turn, ...], tuple[ImportedBox, ...]]:
    """Return the turns with the boxes of their messages, and the boxes that belong to no turn.

    A message that was left out moves the turns behind it: then all boxes belong to the record.
    """
    said = [message for message in messages if str(message.get("from", message.get("role"))).lower() not in SYSTEMS]
    own = [_own(message) for message in said]
    if len(said) != 2 * len(turns):
        return turns, boxes + tuple(box for found in own for box in found)
    numbers = [_numbers(message, len(boxes)) for message in said]
    used = {number for found in numbers for number in found}
    of_turn = [
        (*own[at], *own[at + 1], *(boxes[number] for number in dict.fromkeys([*numbers[at], *numbers[at + 1]])))
        for at in range(0, len(said), 2)
    ]
    rest = tuple(box for number, box in enumerate(boxes) if number not in used)
    return tuple(one._replace(boxes=found) for one, found in zip(turns, of_turn, strict=True)), rest


def _own(message: Row) -> tuple[ImportedBox, ...]:
    return boxes_of_row(message, columns_of(tuple(message)))


def _numbers(message: Row, count: int) -> list[int]:
    """Return the numbers of the boxes that a message speaks of, which it writes in lists."""
    found: list[int] = []
    lists: Any = message.get(_NUMBERS)
    for numbers in lists if isinstance(lists, list) else ():
        for number in numbers if isinstance(numbers, list) else [numbers]:
            if type(number) is int and 0 <= number < count:
                found.append(number)
    return found
