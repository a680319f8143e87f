"""What readers yield: records of images, turns and fields, independent of the format they were written in."""

import re
from collections.abc import Callable, Iterator
from itertools import islice, repeat
from typing import Any, Literal, NamedTuple

NOT_HERE = "It names an image that is not here: "
"""Starts the reason of a record whose image is neither in the import nor in the project; the name follows."""
_new: Callable[..., Any] = tuple.__new__
_PLACE = re.compile(r"(?::\d+| [^ /]+ \d+)$")


# Named tuples: they are made five times as fast as frozen dataclasses, and an import makes millions.
class ImportedBox(NamedTuple):
    """A labeled box in one image of a record."""

    label: str
    xyxy: tuple[float, float, float, float]
    unit: Literal["px", "relative"] = "px"
    """px of the upright original, or shares (0 to 1) of its width and height."""
    image: int = 0
    """Position among the images of the record."""
    measured_wh: tuple[int, int] | None = None
    """Width and height in px that the file gives of the image that *xyxy* was measured on; None when it gives none."""


class Turn(NamedTuple):
    """A question with its answer. Both are final: the rules of :mod:`core.importing.answers` have been applied."""

    question: str
    answer: str
    answer_type: str = "text"
    options: list[str] | dict[str, Any] | None = None
    ratings: tuple[int | None, int | None, int | None, int | None] | None = None
    """FineVision's relevance, image correspondence, visual dependency and formatting, 1 to 5."""
    boxes: tuple[ImportedBox, ...] = ()
    """What this turn is about; boxes that no turn names belong to the record."""


class Record(NamedTuple):
    """One row of an annotation file: images with a conversation; each turn becomes an entry."""

    where: str
    """``file:line`` or ``file row n``, for messages."""
    images: tuple[str, ...]
    """As they are written: paths, names or URLs; for images inside a table the reference of each file."""
    turns: tuple[Turn, ...]
    system: str = ""
    language: str = ""
    kind: str = ""
    model: str = ""
    """The model that answered, where the file says so."""
    confirmed: bool = False
    score: float = 0.0
    tags: tuple[str, ...] = ()
    note: str = ""
    boxes: tuple[ImportedBox, ...] = ()
    """Those of no turn in particular; the entry of the first turn has them."""
    rejected: bool = False
    """The answer is a bad example: the rejected one of a preference pair, or one labeled as undesirable."""


class Fields(NamedTuple):
    """The fields of a record behind its turns, in their order."""

    system: str = ""
    language: str = ""
    kind: str = ""
    model: str = ""
    confirmed: bool = False
    score: float = 0.0
    tags: tuple[str, ...] = ()
    note: str = ""
    boxes: tuple[ImportedBox, ...] = ()
    rejected: bool = False


NO_FIELDS = Fields()


def record(where: str, images: tuple[str, ...], turns: tuple[Turn, ...], fields: Fields = NO_FIELDS) -> Record:
    """Return a record, made in a third of the time that naming its fields takes."""
    made: Record = _new(Record, (where, images, turns, *fields))
    return made


def plain_turn(question: str, answer: str) -> Turn:
    """Return the turn of two texts, made in half the time of its class."""
    made: Turn = _new(Turn, (question, answer, "text", None, None, ()))
    return made


class RecordColumns(NamedTuple):
    """Records by column: what rows of one shape become, with plain texts as questions and answers."""

    where: list[str]
    images: list[str] | list[list[str]]
    """The image of each record, or its images."""
    questions: list[str]
    """Of all turns of all records, one after the other."""
    answers: list[str]
    turns: list[int] | None = None
    """The number of turns of each record; None for one turn each."""
    fields: list[tuple[Any, ...]] | None = None
    """The values of :class:`Fields` of each record, without boxes; None where no record has any."""

    def records(self) -> Iterator[Record]:
        """Yield the records one by one."""
        made = map(plain_turn, self.questions, self.answers)
        fields: Any = repeat(NO_FIELDS) if self.fields is None else map(_fields, self.fields)
        for where, images, count, others in zip(self.where, self.images, self.turns or repeat(1), fields, strict=False):
            yield record(
                where, (images,) if isinstance(images, str) else tuple(images), tuple(islice(made, count)), others
            )


def _fields(values: Any) -> Fields:
    """Return the fields of values, which a spool has as lists."""
    made: Fields = _new(Fields, (*values[:6], tuple(values[6]), values[7], (), values[9]))
    return made


Found = Record | RecordColumns
"""What readers yield: a record, or several by column."""


def records_in(found: Found) -> Iterator[Record]:
    """Yield the records of what a reader yielded."""
    return iter((found,)) if isinstance(found, Record) else found.records()


class Problem(NamedTuple):
    """A record, row or file that was left out, and why."""

    where: str
    """``file:line``, ``file row n`` or the name of a file."""
    reason: str
    """A sentence for the user."""


def file_of(where: str) -> str:
    """Return the name of the file that *where* is a place in."""
    return _PLACE.sub("", where)
