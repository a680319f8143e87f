"""Compiles an ImageQuery to SQL conditions: one builder for each field, an allowlist of columns."""

import operator
import re
from collections.abc import Callable
from itertools import groupby

from sqlalchemy import ColumnElement, and_, case, not_, or_
from sqlmodel import col, select

from core.db import ImageAnalyses, ImageFindings, Images, ImageTexts, in_library
from core.db.comparing import day_is, number_is
from core.db.text import holds_text, holds_words
from core.errors import InvalidInputError
from core.images import filter as filters
from core.images.image_query import ALL_MUST_MATCH, SIMILAR, ImageQuery, ImageTerm
from core.search_line import NONE, WORD

Condition = ColumnElement[bool]

QUALITY: dict[str, Condition] = {
    "blurred": col(Images.sharpness) < 50,
    "dark": col(Images.brightness) < 20,
    "bright": col(Images.brightness) > 90,
    "flat": col(Images.contrast) < 8,
    "small": and_(col(Images.width) < 320, col(Images.height) < 320),
}
"""Bounds chosen by eye on photographs; documents and drawings have their own usual values."""

_COMPARED = re.compile(r"(?P<label>.*?)(?P<sign><=|>=|<|>|=)(?P<count>\d{1,9})", re.DOTALL)
_SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq}


def conditions(project_id: str, query: ImageQuery) -> list[Condition]:
    """Return the conditions of the images that *query* selects; words and ``similar:`` that are not negated add none.

    Raises:
        InvalidInputError: a value cannot be parsed, such as a side that is not a number.
    """
    found = [col(Images.project_id) == project_id, in_library()]
    positive = sorted((term for term in query.unranked.terms if not term.negated), key=lambda term: term.field)
    for field, terms in groupby(positive, key=lambda term: term.field):
        parts = [_condition(project_id, term) for term in terms]
        found.append(and_(*parts) if field in ALL_MUST_MATCH else or_(*parts))
    return found + [not_(_condition(project_id, term)) for term in query.terms if term.negated]


def side_is(value: str) -> Condition:
    """Return the condition of an image whose longer side is *value* px."""
    return number_is(LONGER_SIDE, "side")(value)


LONGER_SIDE = case((col(Images.width) > col(Images.height), col(Images.width)), else_=col(Images.height))


def _condition(project_id: str, term: ImageTerm) -> Condition:
    return _BUILDERS[term.field](project_id, term.value)


def _word(project_id: str, value: str) -> Condition:
    """Only negated words come here: what has the word in its name, its text or the words about it."""
    texts = or_(holds_words(col(ImageTexts.seen), value.lower()), holds_words(col(ImageTexts.words), value.lower()))
    named = holds_words(col(Images.image_name), value)
    tagged = filters.contains_word(col(Images.tags), value)
    return or_(named, tagged, _in_texts(project_id, texts))


def _in_texts(project_id: str, condition: Condition) -> Condition:
    return col(Images.id).in_(select(ImageTexts.image_id).where(ImageTexts.project_id == project_id, condition))


def _text(project_id: str, value: str) -> Condition:
    if value == NONE:
        return and_(_analyzed(project_id, "text"), not_(_in_texts(project_id, col(ImageTexts.seen) != "")))
    return _in_texts(project_id, holds_words(col(ImageTexts.seen), value.lower()))


def _object(project_id: str, value: str) -> Condition:
    """``object:dog=0`` and ``object:dog<2`` find images without a dog too, if objects were looked for in them."""
    if value == NONE:
        return and_(_analyzed(project_id, "objects"), not_(_found(project_id, "objects")))
    compared = _COMPARED.fullmatch(value)
    if compared is None and re.search("[<>=]", value):
        raise InvalidInputError("Write a whole number after the sign, as in object:dog>=2.", field="q")
    if compared is None:
        return _found(project_id, "objects", value)
    label, sign, count = compared["label"], _SIGNS[compared["sign"]], int(compared["count"])
    if not label:
        raise InvalidInputError("Write which object, as in object:dog>=2.", field="q")
    if sign(0, count):
        more = _found(project_id, "objects", label, not_(sign(col(ImageFindings.count), count)))
        return and_(_analyzed(project_id, "objects"), not_(more))
    return _found(project_id, "objects", label, sign(col(ImageFindings.count), count))


def _tag(project_id: str, value: str) -> Condition:
    if value == NONE:
        return and_(col(Images.tags) == "", not_(_found(project_id, "tags")))
    return or_(filters.contains_word(col(Images.tags), value), _found(project_id, "tags", value))


def _found(project_id: str, analyzer: str, label: str | None = None, count: Condition | None = None) -> Condition:
    query = select(ImageFindings.image_id).where(
        ImageFindings.project_id == project_id, ImageFindings.analyzer == analyzer
    )
    if label is not None:
        query = query.where(ImageFindings.label == label.lower())
    return col(Images.id).in_(query if count is None else query.where(count))


def _analyzed(project_id: str, analyzer: str) -> Condition:
    return col(Images.id).in_(
        # One without a version only keeps what a person removed.
        select(ImageAnalyses.image_id).where(
            ImageAnalyses.project_id == project_id, ImageAnalyses.analyzer == analyzer, ImageAnalyses.version != ""
        )
    )


def _rows(name: str) -> Callable[[str, str], Condition]:
    return lambda project_id, value: filters.has_rows(name if value == "yes" else f"no-{name}")


def _alike(project_id: str, value: str) -> Condition:
    alike: Condition = col(Images.id).in_(filters.near_duplicates(project_id))
    return alike if value == "yes" else not_(alike)


def _variant(project_id: str, value: str) -> Condition:
    return col(Images.variant_of).is_not(None) if value == "yes" else col(Images.variant_of).is_(None)


_BUILDERS: dict[str, Callable[[str, str], Condition]] = {
    WORD: _word,
    "object": _object,
    "text": _text,
    "tag": _tag,
    "quality": lambda project_id, value: QUALITY[value],
    "shape": lambda project_id, value: filters.orientation_is(value),
    "side": lambda project_id, value: side_is(value),
    "color": lambda project_id, value: filters.contains_word(col(Images.colors), value),
    "questions": _rows("questions"),
    "entries": _rows("entries"),
    "variant": _variant,
    "pinned": lambda project_id, value: filters.pinned_is(value),
    "original": lambda project_id, value: col(Images.variant_of) == value,
    "alike": _alike,
    "source": lambda project_id, value: col(Images.source) == value,
    "format": lambda project_id, value: col(Images.format) == value.upper(),
    "name": lambda project_id, value: holds_text(col(Images.image_name), value),
    "added": lambda project_id, value: day_is(col(Images.create_at), "added")(value),
    "analyzed": _analyzed,
    "sharpness": lambda project_id, value: number_is(col(Images.sharpness), "sharpness")(value),
    "brightness": lambda project_id, value: number_is(col(Images.brightness), "brightness")(value),
    "contrast": lambda project_id, value: number_is(col(Images.contrast), "contrast")(value),
    "id": lambda project_id, value: col(Images.id) == value,
    SIMILAR: lambda project_id, value: col(Images.id) == value,
}
