"""FineVision and the Cauldron: rows of ``images`` and ``texts`` by user and assistant, with ratings of each pair."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from core.importing.answers import RowError, turn
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.columns import columns_of, fields_of
from core.importing.readers.images import images_of
from core.importing.readers.turns import MAX_TURNS
from core.importing.readers.unread import unread_columns
from core.importing.records import Record, Turn, record
from core.importing.texts import clean_text

RATINGS = ("relevance_ratings", "image_correspondence_ratings", "visual_dependency_ratings", "formatting_ratings")
Ratings = tuple[int | None, int | None, int | None, int | None]


def _fits(row: Row) -> bool:
    return isinstance(row.get("texts"), list | dict)


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    pairs = _pairs(row.get("texts"))
    turns: list[Turn] = []
    for index, (question, answer) in enumerate(pairs):
        try:
            made = turn(question, answer)
        except RowError as error:
            files.problems.add(where, str(error))
            continue
        ratings = _ratings(row, index)
        turns.append(made._replace(ratings=ratings) if ratings else made)
    if not turns:
        raise RowError("There is no question with an answer in this row.")
    columns = columns_of(tuple(row))
    images = images_of(row, columns, where, files)
    fields = fields_of(row, columns, where, files)
    return (record(where, images, tuple(turns), fields._replace(system=fields.system or _system(row.get("texts")))),)


def _system(texts: Any) -> str:
    """Return the system texts of the pairs, each once."""
    pairs = texts if isinstance(texts, list) else [texts]
    found = [pair.get("system") for pair in pairs if isinstance(pair, dict)]
    return "\n\n".join(dict.fromkeys(clean_text(text) for text in found if isinstance(text, str) and text))


def _pairs(texts: Any) -> list[tuple[Any, Any]]:
    """Return user and assistant of each pair; older versions of datasets write lists in an object.

    Raises:
        RowError: there are no pairs, or too many.
    """
    if isinstance(texts, dict):
        users, assistants = texts.get("user"), texts.get("assistant")
        if not isinstance(users, list) or not isinstance(assistants, list) or len(users) != len(assistants):
            raise RowError("The texts of this row are no pairs of user and assistant.")
        pairs = list(zip(users, assistants, strict=True))
    else:
        found = texts if isinstance(texts, list) else ()
        pairs = [(pair.get("user"), pair.get("assistant")) for pair in found if isinstance(pair, dict)]
    if len(pairs) > MAX_TURNS:
        raise RowError(f"This conversation has {len(pairs):,} turns; {MAX_TURNS:,} is the limit.")
    return pairs


def _ratings(row: Row, index: int) -> Ratings | None:
    found = [_rating(row.get(name), index) for name in RATINGS]
    return (found[0], found[1], found[2], found[3]) if any(found) else None


def _rating(values: Any, index: int) -> int | None:
    value = values[index] if isinstance(values, list) and index < len(values) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 5 else None


READER = RowReader(
    name="finevision",
    label="FineVision",
    needs="images, and texts with user and assistant",
    fits=_fits,
    read_row=_read_row,
    unread=partial(unread_columns, own=frozenset({"texts", *RATINGS})),
)
