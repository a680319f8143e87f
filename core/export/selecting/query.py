"""Which entries an export takes, in which order, and why the others are left out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql
from sqlalchemy import ColumnElement, DateTime, String, and_, case, func, literal, or_, tuple_, type_coerce
from sqlmodel import Session, col, select

from core.dataset import parse_search
from core.dataset.conditions import conditions
from core.db import Events, ImageDatasets, Images, LlmCalls, in_library, is_hidden
from core.export.entries import GENERATED, Entry
from core.export.recipe import EntryChoice

if TYPE_CHECKING:
    from core.export.formats import Format

# Enough that a page costs little per entry, small enough that a page of busy images fits into memory.
_IMAGES_PER_PAGE = 500
_WHITESPACE = " \t\r\n"

IMAGE_DELETED = "its image was deleted"
ON_GENERATED = "on a generated image"
NO_ANSWER = "no answer"
NO_QUESTION = "no question"
IMAGE_GONE = "the image's file is gone or does not open"


@dataclass(frozen=True)
class SelectionCounts:
    """What a choice of entries comes to, before anything is written."""

    entries: int
    images: int
    left_out: dict[str, int]
    """Entries by the first reason that keeps each of them out."""

    @property
    def total(self) -> int:
        return self.entries + sum(self.left_out.values())


def count_entries(session: Session, project_id: str, choice: EntryChoice, keeps_rejected: bool) -> SelectionCounts:
    """Count what *choice* takes and what it leaves out, by reason."""
    left_out = count_reasons(session, project_id, choice, keeps_rejected)
    entries = left_out.pop("", 0)
    taken = (~test for test, _ in _whens(project_id, choice, keeps_rejected))
    images = session.execute(
        sql.select(func.count(func.distinct(ImageDatasets.image_id))).where(*_alive(project_id), *taken)
    ).scalar_one()
    return SelectionCounts(entries, images, left_out)


def count_reasons(
    session: Session, project_id: str, choice: EntryChoice, keeps_rejected: bool, *, leave_out: Sequence[str] = ()
) -> dict[str, int]:
    """Count entries by what keeps them out, most first; those that are taken stand under the empty string.

    Reasons of *leave_out* are not looked at.
    """
    whens = [(test, why) for test, why in _whens(project_id, choice, keeps_rejected) if why not in leave_out]
    reason = case(*((test, literal(why, String)) for test, why in whens), else_=literal("", String)).label("reason")
    rows = session.execute(sql.select(reason, func.count()).where(*_alive(project_id)).group_by(reason))
    return dict(sorted(((why, count) for why, count in rows), key=lambda row: -row[1]))


def _alive(project_id: str) -> tuple[ColumnElement[bool], ...]:
    return col(ImageDatasets.project_id) == project_id, col(ImageDatasets.deleted_at).is_(None)


def facet(session: Session, project_id: str, column: str) -> list[str]:
    """Return the values of *column* (answer_type, kind, language or model) that the project's entries have."""
    chosen = getattr(ImageDatasets, column)
    query = (
        select(chosen)
        .where(ImageDatasets.project_id == project_id, col(ImageDatasets.deleted_at).is_(None), chosen != "")
        .distinct()
    )
    return sorted(session.exec(query))


def stream(
    session: Session, project_id: str, choice: EntryChoice, format_: "Format"
) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    """Yield (image, entries) as plain tuples in the order of ``ExportImage`` and ``Entry``; oldest image first."""
    taken = [
        ~test
        for test, reason in _whens(project_id, choice, format_.keeps_rejected)
        if reason not in (IMAGE_DELETED, ON_GENERATED, NO_QUESTION, NO_ANSWER)
    ]
    columns = _TEXT_COLUMNS if format_.texts_only else _ALL_COLUMNS
    last: tuple[Any, str] | None = None
    while True:
        images = _page_of_images(session, project_id, choice, last)
        if not images:
            return
        last = (images[-1][-1], images[-1][0])
        entries = _entries_of(session, [image[0] for image in images], columns, taken)
        if format_.lossless:
            _add_history(session, entries)
        for image in images:
            found = entries.get(image[0])
            if found:
                yield image, found


def drop_unusable(entries: list[tuple[Any, ...]], drops: Counter[str]) -> list[tuple[Any, ...]]:
    """Return the entries that have a question and an answer, counting the others."""
    kept = []
    for entry in entries:
        if not entry[_QUESTION].strip():
            drops[NO_QUESTION] += 1
        elif not entry[_ANSWER].strip():
            drops[NO_ANSWER] += 1
        else:
            kept.append(entry)
    return kept


_QUESTION = Entry._fields.index("question")
_ANSWER = Entry._fields.index("answer")
_AGE = itemgetter(Entry._fields.index("create_at"), Entry._fields.index("id"))

# Times stay naive UTC here: making a million of them aware costs a second, and the JSON writer adds the zone.
_IMAGE_COLUMNS = (
    Images.id, Images.image_name, Images.sha256, Images.format, func.coalesce(Images.width, 0),
    func.coalesce(Images.height, 0), Images.size, Images.path, Images.source, Images.source_ref, Images.dhash,
    Images.tags, type_coerce(Images.create_at, DateTime(timezone=True)),
)  # fmt: skip
_TEXT_COLUMNS = (
    ImageDatasets.id, ImageDatasets.image_id, func.coalesce(ImageDatasets.question_id, ""),
    ImageDatasets.question, ImageDatasets.answer, ImageDatasets.answer_type, ImageDatasets.kind,
    ImageDatasets.language, ImageDatasets.model, ImageDatasets.score, ImageDatasets.generated_answer,
    type_coerce(ImageDatasets.create_at, DateTime(timezone=True)), ImageDatasets.version,
)  # fmt: skip
_ALL_COLUMNS = (
    *_TEXT_COLUMNS, ImageDatasets.tags, ImageDatasets.note, ImageDatasets.confirmed, ImageDatasets.rejected,
    ImageDatasets.generated_question,
    type_coerce(ImageDatasets.update_at, DateTime(timezone=True)),
)  # fmt: skip


def _page_of_images(
    session: Session, project_id: str, choice: EntryChoice, last: tuple[Any, str] | None
) -> list[tuple[Any, ...]]:
    made, key = type_coerce(Images.create_at, DateTime(timezone=True)), col(Images.id)
    query = (
        select(*_IMAGE_COLUMNS)  # type: ignore[call-overload]
        .where(Images.project_id == project_id, in_library())
        .order_by(col(Images.create_at), key)
        .limit(_IMAGES_PER_PAGE)
    )
    if choice.image_ids:
        query = query.where(key.in_(choice.image_ids))
    if not choice.generated_images:
        query = query.where(Images.source != GENERATED)
    if last is not None:
        query = query.where(tuple_(made, key) > tuple_(*last))
    return [tuple(row) for row in session.execute(query)]


def _entries_of(
    session: Session, image_ids: list[str], columns: tuple[Any, ...], taken: list[ColumnElement[bool]]
) -> dict[str, list[tuple[Any, ...]]]:
    query = sql.select(*columns).where(
        col(ImageDatasets.image_id).in_(image_ids), col(ImageDatasets.deleted_at).is_(None), *taken
    )
    grouped: dict[str, list[Any]] = {}
    # Past the session: it would look at each row for objects to keep, which doubles the time of a million rows.
    for row in session.connection().execute(query).all():
        grouped.setdefault(row[1], []).append(row)
    for entries in grouped.values():
        entries.sort(key=_AGE)
    return grouped


def _whens(project_id: str, choice: EntryChoice, keeps_rejected: bool) -> list[tuple[ColumnElement[bool], str]]:
    """Return what keeps an entry out, with the reason in words, in the order in which reasons count."""
    entry = ImageDatasets

    def on(test: ColumnElement[bool]) -> ColumnElement[bool]:
        # Few images are meant each time: a list of them costs less than a join over all entries.
        ids = select(Images.id).where(col(Images.project_id) == project_id, test)
        return col(entry.image_id).in_(ids)

    whens: list[tuple[ColumnElement[bool], str]] = [
        (or_(on(col(Images.deleted_at).is_not(None)), on(is_hidden())), IMAGE_DELETED)
    ]
    if not keeps_rejected:
        whens.append((col(entry.rejected).is_(True), "rejected"))
    if choice.confirmed_only:
        undecided = and_(col(entry.confirmed).is_(False), col(entry.rejected).is_(False))
        whens.append((undecided if keeps_rejected else col(entry.confirmed).is_(False), "not confirmed yet"))
    if choice.image_ids:
        whens.append((col(entry.image_id).not_in(choice.image_ids), "another image"))
    if choice.search:
        found = and_(*conditions(project_id, parse_search(choice.search)))
        # What a search leaves unknown (a comparison with nothing) it does not find.
        whens.append((case((found, 0), else_=1) == 1, "outside the search"))
    if not choice.generated_images:
        whens.append((on(col(Images.source) == GENERATED), ON_GENERATED))
    for column, values in (
        ("answer_type", choice.answer_types),
        ("kind", choice.kinds),
        ("language", choice.languages),
        ("model", choice.models),
    ):
        if values:
            whens.append((getattr(entry, column).not_in(values), f"another {column.replace('_', ' ')}"))
    if choice.tags:
        marked = literal(",") + func.replace(func.replace(entry.tags, ", ", ","), " ,", ",") + literal(",")
        whens.append((~or_(*(marked.contains(f",{tag},", autoescape=True) for tag in choice.tags)), "none of the tags"))
    if choice.min_score:
        whens.append((col(entry.score) < choice.min_score, "below the lowest score"))
    whens.append((func.trim(entry.question, _WHITESPACE) == "", NO_QUESTION))
    whens.append((func.trim(entry.answer, _WHITESPACE) == "", NO_ANSWER))
    return whens


def _add_history(session: Session, grouped: dict[str, list[tuple[Any, ...]]]) -> None:
    """Put behind each entry what only the lossless format keeps."""
    ids = [entry[0] for entries in grouped.values() for entry in entries]
    more: dict[str, dict[str, Any]] = {}
    for start in range(0, len(ids), _IMAGES_PER_PAGE):
        more |= _more(session, ids[start : start + _IMAGES_PER_PAGE])
    for entries in grouped.values():
        entries[:] = [(*entry, more[entry[0]]) for entry in entries]


_MORE_COLUMNS = (
    "options", "needs_review", "flagged", "reject_reason", "task_id", "call_id",
)  # fmt: skip
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
