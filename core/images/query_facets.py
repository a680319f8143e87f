"""Facets of images: how many of the images of a query each value of a field has."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal
from sqlmodel import Session, col, select

from core.db import SPLITS, ImageFindings, Images, ImageTexts, is_hidden
from core.images import filter as filters
from core.images.image_query import ALL_MUST_MATCH, ImageQuery
from core.images.query_conditions import LONGER_SIDE, QUALITY, Condition
from core.search_line import NONE, Facet, FacetValue

MAX_VALUES = 40
MAX_TEXTS = 20_000
"""When more images have text, the words in it are not counted."""

Where = Callable[[ImageQuery], Sequence[Condition]]
"""Returns the conditions of the images that a query selects."""

_PIN_LABELS = {NONE: "by hash"}
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class _Bars:
    """A facet with fixed values: each has its label and its condition; None: what no value before it has."""

    field: str
    label: str
    values: tuple[tuple[str, str, ColumnElement[bool] | None], ...]


def _yes_no(field: str, label: str, yes: str, no: str, condition: ColumnElement[bool]) -> _Bars:
    return _Bars(field, label, (("yes", yes, condition), ("no", no, None)))


def _bars(project_id: str) -> tuple[_Bars, ...]:
    alike = col(Images.id).in_(filters.near_duplicates(project_id))
    is_variant = col(Images.variant_of).is_not(None)
    sides = (
        ("<640", "under 640 px", LONGER_SIDE < 640),
        ("640..1279", "640 to 1,279 px", and_(LONGER_SIDE >= 640, LONGER_SIDE < 1280)),
        ("1280..2559", "1,280 to 2,559 px", and_(LONGER_SIDE >= 1280, LONGER_SIDE < 2560)),
        (">=2560", "2,560 px and more", LONGER_SIDE >= 2560),
    )
    shapes = tuple((name, name, filters.orientation_is(name)) for name in filters.ORIENTATIONS)
    formats = tuple((name.lower(), name, col(Images.format) == name) for name in ("JPEG", "PNG", "WEBP"))
    pinned = tuple((name, _PIN_LABELS.get(name, name), filters.pinned_is(name)) for name in (*SPLITS, NONE))
    return (
        _Bars("quality", "Quality", tuple((name, name, condition) for name, condition in QUALITY.items())),
        _Bars("side", "Size", sides),
        _Bars("shape", "Shape", shapes),
        _yes_no("questions", "Questions", "with questions", "without questions", filters.has_rows("questions")),
        _yes_no("entries", "Entries", "with entries", "without entries", filters.has_rows("entries")),
        _yes_no("variant", "Variants", "variants", "originals", is_variant),
        _Bars("pinned", "Put into a split", pinned),
        _yes_no("alike", "Alike by hash", "like another image", "unlike others", alike),
        _Bars("format", "Format", formats),
    )


ORDER = (
    "object", "text", "tag", "quality", "side", "shape", "questions", "entries", "variant", "pinned", "source", "alike",
    "color", "format",
)  # fmt: skip


def facets(session: Session, project_id: str, query: ImageQuery, where: Where) -> list[Facet]:
    """Return the facets that divide the images of *query*.

    Objects, texts, tags and quality count its images; the others count as if it did not name their own field.
    """
    found = {facet.field: facet for facet in _fixed(session, project_id, query, where)}
    found["source"] = _source(session, _without(query, "source", where))
    found["color"] = _commas(session, col(Images.colors), "color", "Color", _without(query, "color", where))
    found["object"] = Facet("object", "Objects", _labels(session, project_id, "objects", query, where))
    found["tag"] = Facet("tag", "Tags", _tags(session, project_id, query, where))
    found["text"] = Facet("text", "Words in the picture", _words(session, project_id, query, where))
    return [found[name] for name in ORDER if _divides(found[name], query)]


def _divides(facet: Facet, query: ImageQuery) -> bool:
    least = 1 if facet.field in ALL_MUST_MATCH or query.values(facet.field) else 2
    return len(facet.values) >= least


def _without(query: ImageQuery, field: str, where: Where) -> Sequence[Condition]:
    return where(query if field in ALL_MUST_MATCH else query.without(field))


def _fixed(session: Session, project_id: str, query: ImageQuery, where: Where) -> Iterable[Facet]:
    """Count all facets that the query does not name in one scan, and the others in one scan each."""
    bars = _bars(project_id)
    named = [one for one in bars if one.field not in ALL_MUST_MATCH and query.without(one.field) != query]
    scans = [[one for one in bars if one not in named], *([one] for one in named)]
    for scan in scans:
        conditions = [condition for one in scan for _, _, condition in one.values if condition is not None]
        columns = [func.count(), *(func.sum(case((condition, 1), else_=0)) for condition in conditions)]
        selected = where(query.without(scan[0].field) if scan[0] in named else query)
        total, *counted = session.execute(select(*columns).where(*selected)).one()
        counts = iter(counted)
        for one in scan:
            values = list[FacetValue]()
            for value, label, condition in one.values:
                rest = total - sum(before.count for before in values)
                values.append(FacetValue(value, label, rest if condition is None else next(counts) or 0))
            yield Facet(one.field, one.label, tuple(value for value in values if value.count))


def _source(session: Session, selected: Sequence[Condition]) -> Facet:
    rows = session.execute(select(Images.source, func.count()).where(*selected).group_by(Images.source))
    return Facet("source", "Came in by", _most_frequent(_counter(rows)))


def _commas(session: Session, column: Any, field: str, label: str, selected: Sequence[Condition]) -> Facet:
    return Facet(field, label, _most_frequent(_split(session, column, selected)))


def _split(session: Session, column: Any, selected: Sequence[Condition]) -> Counter[str]:
    """Count the words of a column with comma-separated words."""
    counts: Counter[str] = Counter()
    for words, count in session.execute(select(column, func.count()).where(*selected).group_by(column)):
        for word in filter(None, words.split(",")):
            counts[word] += count
    return counts


def _labels(
    session: Session, project_id: str, analyzer: str, query: ImageQuery, where: Where
) -> tuple[FacetValue, ...]:
    return _most_frequent(_found(session, project_id, analyzer, _among(project_id, query, where)))


def _found(session: Session, project_id: str, analyzer: str, among: ColumnElement[bool]) -> Counter[str]:
    query = (
        select(ImageFindings.label, func.count())
        .where(ImageFindings.project_id == project_id, ImageFindings.analyzer == analyzer, among)
        .group_by(ImageFindings.label)
    )
    return _counter(session.execute(query))


def _among(project_id: str, query: ImageQuery, where: Where, image_id: Any = None) -> ColumnElement[bool]:
    """Return the condition that a finding or a text is of an image of the query."""
    image_id = col(ImageFindings.image_id) if image_id is None else image_id
    if query:
        selected: ColumnElement[bool] = image_id.in_(select(Images.id).where(*where(query)))
        return selected
    # Of all images: few are deleted or hidden, so leaving those out is faster than looking up all others.
    gone = (
        select(Images.id).where(Images.project_id == project_id, col(Images.deleted_at).is_not(None)),
        select(Images.id).where(Images.project_id == project_id, is_hidden()),
    )
    return and_(*(image_id.not_in(ids) for ids in gone))


def _tags(session: Session, project_id: str, query: ImageQuery, where: Where) -> tuple[FacetValue, ...]:
    """Count own and proposed tags together; an image that has one as both counts once."""
    selected = where(query)
    own = _split(session, col(Images.tags), selected)
    among = _among(project_id, query, where)
    proposed = _found(session, project_id, "tags", among)
    if own and proposed:
        label = col(ImageFindings.label)
        escaped = func.replace(func.replace(func.replace(label, "/", "//"), "%", "/%"), "_", "/_")
        has_both = (literal(",") + func.lower(col(Images.tags)) + ",").like(literal("%,") + escaped + ",%", escape="/")
        both = (
            select(label, func.count())
            .join(Images, col(Images.id) == col(ImageFindings.image_id))
            .where(
                ImageFindings.project_id == project_id, ImageFindings.analyzer == "tags", Images.tags != "", has_both,
                *selected,
            )
            .group_by(label)
        )  # fmt: skip
        proposed.subtract(_counter(session.execute(both)))
    spelled = {tag.lower(): tag for tag in own}
    total: Counter[str] = Counter()
    for tag, count in [*own.items(), *proposed.items()]:
        total[spelled.get(tag.lower(), tag)] += count
    return _most_frequent(total)


def _words(session: Session, project_id: str, query: ImageQuery, where: Where) -> tuple[FacetValue, ...]:
    """Count the images that have each of the most frequent words, as ``text:`` finds them: also within others."""
    among = _among(project_id, query, where, col(ImageTexts.image_id))
    texts = select(ImageTexts.seen).where(ImageTexts.project_id == project_id, ImageTexts.seen != "", among)
    seen = list(session.exec(texts.limit(MAX_TEXTS + 1)))
    if len(seen) > MAX_TEXTS:
        return ()
    words = Counter(word for text in seen for word in set(_WORD.findall(text)))
    chosen = [value.lower() for value in query.values("text") if value != NONE]
    shown = dict.fromkeys([*chosen, *(word for word, _ in words.most_common(MAX_VALUES))])
    return _most_frequent(Counter({word: sum(word in text for text in seen) for word in shown}))


def _counter(rows: Iterable[Any]) -> Counter[str]:
    return Counter(dict(iter(rows)))  # a result has keys(), which dict() would take it by


def _most_frequent(counts: Counter[str]) -> tuple[FacetValue, ...]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(FacetValue(value, value, count) for value, count in ordered[:MAX_VALUES] if count > 0)
