"""Which entries an export takes, in which order, and why the others are left out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, DateTime, String, and_, case, func, literal, not_, or_, tuple_, type_coerce
from sqlmodel import Session, col, select

from core.dataset import parse_search
from core.dataset.conditions import conditions
from core.db import Events, ImageDatasets, Images, LlmCalls
from core.export.entries import Entry
from core.export.recipe import EntryChoice

# Enough that a page costs little per entry, small enough that a page of busy images fits into memory.
_IMAGES_PER_PAGE = 500
_WHITESPACE = " \t\r\n"

NO_ANSWER = "no answer"
NO_QUESTION = "no question"
IMAGE_GONE = "the image's file is gone or does not open"

SpoolGroup = tuple[tuple[Any, ...], list[tuple[Any, ...]]]


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
    reason = _reason(project_id, choice, keeps_rejected).label("reason")
    query = (
        select(reason, func.count(), func.count(func.distinct(ImageDatasets.image_id)))
        .join(Images, col(Images.id) == ImageDatasets.image_id)
        .where(ImageDatasets.project_id == project_id, col(ImageDatasets.deleted_at).is_(None))
        .group_by(reason)
    )
    rows = {why: (entries, images) for why, entries, images in session.execute(query)}
    entries, images = rows.pop("", (0, 0))
    left_out = {why: count for why, (count, _) in sorted(rows.items(), key=lambda row: -row[1][0])}
    return SelectionCounts(entries, images, left_out)


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
    session: Session, project_id: str, choice: EntryChoice, *, keeps_rejected: bool = False, lossless: bool = False
) -> Iterator[SpoolGroup]:
    """Yield (image, entries) as plain tuples in the order of ``ExportImage`` and ``Entry``; oldest image first."""
    taken = _reason(project_id, choice, keeps_rejected) == ""
    last: tuple[Any, str] | None = None
    while True:
        images = _page_of_images(session, project_id, choice, last)
        if not images:
            return
        last = (images[-1][-1], images[-1][0])
        entries = _entries_of(session, [image[0] for image in images], taken)
        if lossless:
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

# Times stay naive UTC here: making a million of them aware costs a second, and the JSON writer adds the zone.
_IMAGE_COLUMNS = (
    Images.id, Images.image_name, Images.sha256, Images.format, func.coalesce(Images.width, 0),
    func.coalesce(Images.height, 0), Images.size, Images.path, Images.source, Images.source_ref, Images.dhash,
    Images.tags, type_coerce(Images.create_at, DateTime(timezone=True)),
)  # fmt: skip
_ENTRY_COLUMNS = (
    ImageDatasets.id, ImageDatasets.image_id, func.coalesce(ImageDatasets.question_id, ""),
    ImageDatasets.question, ImageDatasets.answer, ImageDatasets.answer_type, ImageDatasets.kind,
    ImageDatasets.language, ImageDatasets.model, ImageDatasets.score, ImageDatasets.tags, ImageDatasets.note,
    ImageDatasets.confirmed, ImageDatasets.rejected, ImageDatasets.version, ImageDatasets.generated_question,
    ImageDatasets.generated_answer, type_coerce(ImageDatasets.create_at, DateTime(timezone=True)),
    type_coerce(ImageDatasets.update_at, DateTime(timezone=True)),
)  # fmt: skip


def _page_of_images(
    session: Session, project_id: str, choice: EntryChoice, last: tuple[Any, str] | None
) -> list[tuple[Any, ...]]:
    made, key = type_coerce(Images.create_at, DateTime(timezone=True)), col(Images.id)
    query = (
        select(*_IMAGE_COLUMNS)  # type: ignore[call-overload]
        .where(Images.project_id == project_id, col(Images.deleted_at).is_(None))
        .order_by(col(Images.create_at), key)
        .limit(_IMAGES_PER_PAGE)
    )
    if choice.image_ids:
        query = query.where(key.in_(choice.image_ids))
    if last is not None:
        query = query.where(tuple_(made, key) > tuple_(*last))
    return [tuple(row) for row in session.execute(query)]


def _entries_of(session: Session, image_ids: list[str], taken: ColumnElement[bool]) -> dict[str, list[tuple[Any, ...]]]:
    query = (
        select(*_ENTRY_COLUMNS)  # type: ignore[call-overload]
        .join(Images, col(Images.id) == ImageDatasets.image_id)
        .where(col(ImageDatasets.image_id).in_(image_ids), col(ImageDatasets.deleted_at).is_(None), taken)
        .order_by(col(ImageDatasets.image_id), col(ImageDatasets.create_at), col(ImageDatasets.id))
    )
    grouped: dict[str, list[tuple[Any, ...]]] = {}
    for row in session.execute(query):
        grouped.setdefault(row[1], []).append(tuple(row))
    return grouped


def _reason(project_id: str, choice: EntryChoice, keeps_rejected: bool) -> ColumnElement[str]:
    """Return the first reason that keeps an entry out, the empty string for one that is taken."""
    entry = ImageDatasets
    whens: list[tuple[ColumnElement[bool], str]] = [(col(Images.deleted_at).is_not(None), "its image was deleted")]
    if not keeps_rejected:
        whens.append((col(entry.rejected).is_(True), "rejected"))
    if choice.confirmed_only:
        undecided = and_(col(entry.confirmed).is_(False), col(entry.rejected).is_(False))
        whens.append((undecided if keeps_rejected else col(entry.confirmed).is_(False), "not confirmed yet"))
    if choice.image_ids:
        whens.append((col(entry.image_id).not_in(choice.image_ids), "another image"))
    if choice.search:
        whens.append((not_(and_(*conditions(project_id, parse_search(choice.search)))), "outside the search"))
    if not choice.generated_images:
        whens.append((col(Images.source) == "generated", "on a generated image"))
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
    return case(*((test, literal(reason, String)) for test, reason in whens), else_=literal("", String))


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
