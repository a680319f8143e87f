"""What the points of a map are colored by: for each image the values of one field."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, func
from sqlmodel import Session, col, select

from core.db import ImageDatasets, ImageFindings, Images, Questions, in_library, is_further_image
from core.errors import InvalidInputError
from core.images.query_conditions import QUALITY
from core.measure import orientation
from core.vision.map.groups import NO_GROUP
from core.vision.map.points import MapPoints

MAX_VALUES = 24
"""More colors and shapes cannot be told apart; further values are "other"."""
_MIN_LIFT = 0.15
"""By how much a label has to be more frequent in a group than in the whole map to name the group."""

SplitOf = Callable[[Session, str], Mapping[str, str]]
"""Takes a session and a project id; returns the split of each image, nothing when there is only one split."""


@dataclass(frozen=True)
class Column:
    """The values of one field for each point, in the order of the points."""

    field: str
    labels: tuple[str, ...]
    """At most 24, the most frequent first; a value is the number of its label."""
    counts: tuple[int, ...]
    """Images of the map that have each."""
    bits: NDArray[np.uint32]
    """For each point the sum of 2**number of its labels; 2**31 if it has others, 0 if it has none."""


OTHER_BIT = np.uint32(2**31)
FIELDS: dict[str, str] = {
    "group": "Group", "object": "Object", "tag": "Tag", "quality": "Quality", "split": "Split",
    "questions": "Questions", "source": "Source", "color": "Color", "shape": "Shape", "format": "Format",
}  # fmt: skip
"""Fields by name, with the label that a person reads."""

_ANALYZERS = {"object": "objects", "tag": "tags"}


def column(session: Session, project_id: str, points: MapPoints, field: str, split_of: SplitOf) -> Column:
    """Return the column of *field*.

    Raises:
        InvalidInputError: there is no such field.
    """
    if field == "group":
        return _group_column(session, project_id, points)
    if field in _ANALYZERS:
        return _column(field, points, _found(session, project_id, field))
    if field == "questions":
        return _column(field, points, _questions(session, project_id), _QUESTIONS)
    if field == "quality":
        return _column(field, points, _quality(session, project_id), (*QUALITY, "no doubts"))
    if field == "split":
        return _column(field, points, split_of(session, project_id).items(), ("train", "validation", "test"))
    if field in _OF_ROW:
        return _column(field, points, _of_rows(session, project_id, _OF_ROW[field]))
    raise InvalidInputError(f"There is no field {field}. Choose one of: {', '.join(FIELDS)}.", field="by")


def _column(
    field: str, points: MapPoints, values: Iterable[tuple[str, str]], order: Sequence[str] | None = None
) -> Column:
    """Return the column of pairs of an image id and a value; *order* fixes the labels."""
    places: dict[str, set[int]] = {}
    for id_, value in values:
        if value and id_ in points.numbers:
            places.setdefault(value, set()).add(points.numbers[id_])
    by_count = sorted(places, key=lambda value: (-len(places[value]), value))
    labels = [value for value in order if value in places] if order else by_count[:MAX_VALUES]
    bits = np.zeros(len(points.ids), np.uint32)
    bit_of = {label: np.uint32(1 << number) for number, label in enumerate(labels)}
    for value, found in places.items():
        bits[list(found)] |= bit_of.get(value, OTHER_BIT)
    return Column(field, tuple(labels), tuple(len(places[label]) for label in labels), bits)


def _group_column(session: Session, project_id: str, points: MapPoints) -> Column:
    numbers = [int(number) for number in np.unique(points.groups) if number != NO_GROUP]
    names = _group_names(session, project_id, points, numbers)
    counts = tuple(int((points.groups == number).sum()) for number in numbers)
    bits = np.where(points.groups == NO_GROUP, OTHER_BIT, np.uint32(0))
    for place, number in enumerate(numbers):
        bits = np.where(points.groups == number, np.uint32(1 << place), bits)
    return Column("group", tuple(names[number] for number in numbers), counts, bits.astype(np.uint32))


def _group_names(session: Session, project_id: str, points: MapPoints, numbers: Sequence[int]) -> dict[int, str]:
    """Return for each group the words that are much more frequent in it than elsewhere, or its number."""
    words = [_column(field, points, _found(session, project_id, field)) for field in _ANALYZERS]
    names: dict[int, str] = {}
    for number in numbers:
        inside = points.groups == number
        lifts: dict[str, float] = {}
        for one in words:
            for bit, label in enumerate(one.labels):
                has = (one.bits & np.uint32(1 << bit)) != 0
                lifts[label] = max(lifts.get(label, 0.0), float(has[inside].mean() - has.mean()))
        best = sorted((label for label in lifts if lifts[label] >= _MIN_LIFT), key=lambda label: -lifts[label])[:2]
        names[number] = ", ".join(best) or f"Group {number + 1}"
    seen: Counter[str] = Counter()
    for number in numbers:  # groups of the same words keep their numbers
        seen[names[number]] += 1
        if seen[names[number]] > 1:
            names[number] = f"{names[number]} ({seen[names[number]]})"
    return names


def _found(session: Session, project_id: str, field: str) -> list[tuple[str, str]]:
    """Return image ids with the labels that an analyzer found; of tags also those that images have."""
    query = select(ImageFindings.image_id, ImageFindings.label).where(
        ImageFindings.project_id == project_id, ImageFindings.analyzer == _ANALYZERS[field]
    )
    found = [(id_, label) for id_, label in session.exec(query)]
    if field == "tag":
        tagged = select(Images.id, Images.tags).where(Images.project_id == project_id, in_library(), Images.tags != "")
        found += [(id_, tag.strip().lower()) for id_, tags in session.exec(tagged) for tag in tags.split(",")]
    return found


_QUESTIONS = ("confirmed entries", "entries", "questions without answers", "no questions")


def _questions(session: Session, project_id: str) -> list[tuple[str, str]]:
    """Return for each image the furthest that its questions have come."""
    everything = select(Images.id).where(Images.project_id == project_id, in_library())
    entries = (
        select(ImageDatasets.image_id, func.max(col(ImageDatasets.confirmed)))
        .where(ImageDatasets.project_id == project_id, col(ImageDatasets.deleted_at).is_(None))
        .group_by(col(ImageDatasets.image_id))
    )
    asked = select(Questions.image_id).where(Questions.project_id == project_id, col(Questions.deleted_at).is_(None))
    best = dict.fromkeys(session.exec(everything), _QUESTIONS[3])
    best |= dict.fromkeys(session.exec(asked.distinct()), _QUESTIONS[2])
    best |= dict.fromkeys(session.exec(everything.where(is_further_image(Questions, col(Images.id)))), _QUESTIONS[2])
    best |= dict.fromkeys(
        session.exec(everything.where(is_further_image(ImageDatasets, col(Images.id)))), _QUESTIONS[1]
    )
    for id_, is_confirmed in session.exec(entries):
        best[id_] = _QUESTIONS[0 if is_confirmed else 1]
    return list(best.items())


_ROW_COLUMNS = (
    Images.id, Images.source, Images.colors, Images.format, Images.width, Images.height,
)  # fmt: skip


def _of_rows(
    session: Session, project_id: str, values: Callable[[Row[Any]], Iterable[str]]
) -> Iterable[tuple[str, str]]:
    query = select(*_ROW_COLUMNS).where(Images.project_id == project_id, in_library())  # type: ignore[call-overload]
    return [(row.id, value) for row in session.execute(query) for value in values(row)]


def _quality(session: Session, project_id: str) -> Iterable[tuple[str, str]]:
    everything = select(Images.id).where(Images.project_id == project_id, in_library())
    sound = set(session.exec(everything))
    for name, condition in QUALITY.items():
        found = session.exec(everything.where(condition)).all()
        yield from ((id_, name) for id_ in found)
        sound.difference_update(found)
    yield from ((id_, "no doubts") for id_ in sound)


def _shape(row: Row[Any]) -> Iterable[str]:
    return [orientation((row.width, row.height))] if row.width and row.height else []


_OF_ROW: dict[str, Callable[[Row[Any]], Iterable[str]]] = {
    "source": lambda row: [row.source],
    "color": lambda row: row.colors.split(",")[:1],
    "shape": _shape,
    "format": lambda row: [row.format],
}
