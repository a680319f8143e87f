"""Selecting entries: which ones an export includes, in which order, and why the others are left out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import sqlalchemy as sql
from sqlalchemy import ColumnElement, DateTime, String, case, func, literal, tuple_, type_coerce
from sqlmodel import Session, col, select

from core.dataset import parse_search
from core.dataset.judge_trust import require_trusted_judge
from core.db import Events, ImageDatasets, Images, LlmCalls, in_library
from core.export.entries import ARCHIVED_COLUMNS, ENTRY_COLUMNS, GENERATED, TEXT_COLUMNS, Detail, Entry
from core.export.selecting import ratings
from core.export.selecting.entry_query import EntryQuery
from core.export.selecting.exclusions import IMAGE_DELETED, NO_ANSWER, NO_QUESTION, exclusions_of

# Keyset pagination by image: large enough to amortize the query, small enough for images with many entries.
_IMAGES_PER_PAGE = 500


@dataclass(frozen=True)
class SelectionCounts:
    """How many entries a recipe selects and how many it leaves out, before anything is written."""

    entries: int
    images: int
    left_out: dict[str, int]
    """Entries by the first reason that applies to each."""

    @property
    def total(self) -> int:
        """All entries of the project."""
        return self.entries + sum(self.left_out.values())


def count_entries(session: Session, query: EntryQuery) -> SelectionCounts:
    """Return how many entries are selected, on how many images, and how many are left out by reason."""
    left_out = count_by_reason(session, query)
    entries = left_out.pop("", 0)
    selected = (~test for test, _ in exclusions_of(query))
    images = session.execute(
        sql.select(func.count(func.distinct(ImageDatasets.image_id))).where(*not_deleted(query.project_id), *selected)
    ).scalar_one()
    return SelectionCounts(entries, images, left_out)


def count_by_reason(session: Session, query: EntryQuery, *, ignore: Sequence[str] = ()) -> dict[str, int]:
    """Return the number of entries by the reason that excludes them, largest first; selected ones under ``""``.

    Args:
        ignore: reasons that are not tested.

    Raises:
        InvalidInputError: the search line is by a judge that is not trusted.
    """
    require_trusted_judge(session, query.project_id, parse_search(query.choice.search))
    tests = [(test, reason) for test, reason in exclusions_of(query) if reason not in ignore]
    reason = case(*((test, literal(name, String)) for test, name in tests), else_=literal("", String)).label("reason")
    rows = session.execute(sql.select(reason, func.count()).where(*not_deleted(query.project_id)).group_by(reason))
    return dict(sorted(((name, count) for name, count in rows), key=lambda row: -row[1]))


def selected_ids(session: Session, query: EntryQuery) -> Iterator[str]:
    """Yield the ids of the selected entries."""
    selected = (~test for test, _ in exclusions_of(query))
    return iter(
        session.execute(sql.select(col(ImageDatasets.id)).where(*not_deleted(query.project_id), *selected)).scalars()
    )


def not_deleted(project_id: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that an entry is one of the project."""
    return col(ImageDatasets.project_id) == project_id, col(ImageDatasets.deleted_at).is_(None)


def facet(session: Session, project_id: str, column: str) -> list[str]:
    """Return the distinct values of *column* (answer_type, kind, language or model) in the project, sorted."""
    values = getattr(ImageDatasets, column)
    query = (
        select(values)
        .where(ImageDatasets.project_id == project_id, col(ImageDatasets.deleted_at).is_(None), values != "")
        .distinct()
    )
    return sorted(session.exec(query))


def stream(session: Session, query: EntryQuery) -> Iterator[tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]]:
    """Yield (images, entries) as tuples in the order of ``ExportImage`` and ``Entry``; oldest first image first.

    Entries with blank texts are included: see :func:`drop_blank`.
    """
    selected = [~test for test, reason in exclusions_of(query) if reason not in (IMAGE_DELETED, NO_QUESTION, NO_ANSWER)]
    last: tuple[Any, str] | None = None
    while True:
        images = _page_of_images(session, query, last)
        if not images:
            return
        last = (images[-1][-1], images[-1][0])
        entries = _entries_of(session, [image[0] for image in images], _COLUMNS[query.detail], selected)
        if query.detail == "history":
            _add_history(session, entries)
        elif query.detail == "columns":
            ratings.add(session, query.project_id, entries)
        known = _with_further_images(session, images, entries)
        for image in images:
            for ids, found in by_images(entries.get(image[0], [])):
                yield [known[id_] for id_ in ids], found


def by_images(entries: Sequence[Any]) -> list[tuple[list[str], list[Any]]]:
    """Return entries of one first image by the ids of all their images, those of one image first.

    A conversation stays together when each turn has the images of the turn before it, and perhaps more.
    """
    if not any(entry[_MORE_IMAGES] for entry in entries):
        return [([entries[0][_IMAGE]], list(entries))] if entries else []
    longest: dict[str, str] = {}
    for entry in entries:
        if (conversation := entry[_CONVERSATION]) is not None:
            longest[conversation] = max(longest.get(conversation, ""), entry[_MORE_IMAGES], key=len)
    groups: dict[str, list[Any]] = {"": []}
    for entry in entries:
        more, most = entry[_MORE_IMAGES], longest.get(entry[_CONVERSATION], "")
        groups.setdefault(most if f"{most},".startswith(f"{more}," if more else "") else more, []).append(entry)
    first = entries[0][_IMAGE]
    return [([first, *filter(None, more.split(","))], found) for more, found in groups.items() if found]


def _with_further_images(
    session: Session, images: list[tuple[Any, ...]], entries: dict[str, list[Any]]
) -> dict[str, tuple[Any, ...]]:
    """Return *images* and the further images of *entries* by id."""
    known = {image[0]: image for image in images}
    ids = {
        id_ for found in entries.values() for entry in found if entry[_MORE_IMAGES]
        for id_ in entry[_MORE_IMAGES].split(",")
    }  # fmt: skip
    missing = sorted(ids - known.keys())
    for start in range(0, len(missing), _IMAGES_PER_PAGE):
        some = col(Images.id).in_(missing[start : start + _IMAGES_PER_PAGE])
        rows = session.execute(select(*_IMAGE_COLUMNS).where(some))  # type: ignore[call-overload]
        known |= {row[0]: tuple(row) for row in rows}
    return known


def drop_blank(entries: list[tuple[Any, ...]], left_out: Counter[str]) -> list[tuple[Any, ...]]:
    """Return the entries whose question and answer are not blank, and count the others in *left_out*."""
    usable = []
    for entry in entries:
        if not entry[_QUESTION].strip():
            left_out[NO_QUESTION] += 1
        elif not entry[_ANSWER].strip():
            left_out[NO_ANSWER] += 1
        else:
            usable.append(entry)
    return usable


_IMAGE = Entry._fields.index("image_id")
_MORE_IMAGES = Entry._fields.index("more_image_ids")
_CONVERSATION = Entry._fields.index("conversation_id")
_QUESTION = Entry._fields.index("question")
_ANSWER = Entry._fields.index("answer")
_AGE_KEY = itemgetter(Entry._fields.index("create_at"), Entry._fields.index("id"))

# Times stay naive UTC: making a million of them aware costs a second, and the JSON writer adds the zone.
_IMAGE_COLUMNS = (
    Images.id, Images.image_name, Images.sha256, Images.format, func.coalesce(Images.width, 0),
    func.coalesce(Images.height, 0), Images.size, Images.path, Images.source, Images.source_ref, Images.dhash,
    Images.tags, type_coerce(Images.create_at, DateTime(timezone=True)),
)  # fmt: skip


def _entry_columns(names: Sequence[str]) -> tuple[Any, ...]:
    """Return the database columns of the fields *names* of ``Entry``, in their order."""
    return tuple(_entry_column(name) for name in names)


def _entry_column(name: str) -> Any:
    column = getattr(ImageDatasets, name)
    if name == "question_id":
        return func.coalesce(column, "")
    return type_coerce(column, DateTime(timezone=True)) if name in ("create_at", "update_at") else column


_COLUMNS: dict[Detail, tuple[Any, ...]] = {
    "texts": _entry_columns(TEXT_COLUMNS),
    "columns": _entry_columns(ENTRY_COLUMNS),
    "history": _entry_columns(ENTRY_COLUMNS),
}


def _page_of_images(session: Session, query: EntryQuery, last: tuple[Any, str] | None) -> list[tuple[Any, ...]]:
    created, key = type_coerce(Images.create_at, DateTime(timezone=True)), col(Images.id)
    statement = (
        select(*_IMAGE_COLUMNS)  # type: ignore[call-overload]
        .where(Images.project_id == query.project_id, in_library())
        .order_by(col(Images.create_at), key)
        .limit(_IMAGES_PER_PAGE)
    )
    if query.choice.image_ids:
        statement = statement.where(key.in_(query.choice.image_ids))
    if not query.choice.generated_images:
        statement = statement.where(Images.source != GENERATED)
    if last is not None:
        statement = statement.where(tuple_(created, key) > tuple_(*last))
    return [tuple(row) for row in session.execute(statement)]


def _entries_of(
    session: Session, image_ids: list[str], columns: tuple[Any, ...], selected: list[ColumnElement[bool]]
) -> dict[str, list[tuple[Any, ...]]]:
    query = sql.select(*columns).where(
        col(ImageDatasets.image_id).in_(image_ids), col(ImageDatasets.deleted_at).is_(None), *selected
    )
    grouped: dict[str, list[Any]] = {}
    # SQLAlchemy Core, not the ORM: the session would search each row for objects to track, which doubles the time
    # of a million rows.
    for row in session.connection().execute(query).all():
        grouped.setdefault(row[1], []).append(row)
    for entries in grouped.values():
        entries.sort(key=_AGE_KEY)
    return grouped


def _add_history(session: Session, grouped: dict[str, list[tuple[Any, ...]]]) -> None:
    """Append to each entry the dict ``more`` of the lossless format."""
    more = histories(session, [entry[0] for entries in grouped.values() for entry in entries])
    for entries in grouped.values():
        entries[:] = [(*entry, more[entry[0]]) for entry in entries]


def histories(session: Session, entry_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the dict ``more`` of the lossless format by the id of the entry."""
    more: dict[str, dict[str, Any]] = {}
    for start in range(0, len(entry_ids), _IMAGES_PER_PAGE):
        more |= _more(session, entry_ids[start : start + _IMAGES_PER_PAGE])
    return more


_MORE_COLUMNS = (*ARCHIVED_COLUMNS, "call_id")
_CALL_COLUMNS = (
    "model", "params", "prompt", "request_hash", "started_at", "ended_at", "prompt_tokens", "completion_tokens", "cost",
)  # fmt: skip
_EVENT_COLUMNS = ("action", "actor", "at", "old", "new", "batch_id", "undone_by")


def _more(session: Session, entry_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    rows = session.execute(
        select(ImageDatasets.id, *(getattr(ImageDatasets, name) for name in _MORE_COLUMNS)).where(
            col(ImageDatasets.id).in_(entry_ids)
        )
    )
    more = {row[0]: dict(zip(_MORE_COLUMNS, row[1:], strict=True)) | {"history": [], "call": None} for row in rows}
    call_ids = {values["call_id"] for values in more.values() if values["call_id"] is not None}
    calls = {
        row[0]: dict(zip(_CALL_COLUMNS, row[1:], strict=True))
        for row in session.execute(
            select(LlmCalls.id, *(getattr(LlmCalls, name) for name in _CALL_COLUMNS)).where(
                col(LlmCalls.id).in_(call_ids)
            )
        )
    }
    for values in more.values():
        values["call"] = calls.get(values.pop("call_id"))
    events = session.execute(
        select(Events.entity_id, *(getattr(Events, name) for name in _EVENT_COLUMNS))
        .where(col(Events.entity_id).in_(entry_ids), Events.entity == "entry")
        .order_by(col(Events.id))
    )
    for event in events:
        more[event[0]]["history"].append(dict(zip(_EVENT_COLUMNS, event[1:], strict=True)))
    return more
