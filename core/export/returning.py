"""Vitrine's own format back in: images, entries, their history and model calls, with nothing lost."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from sqlmodel import Session

from core.db import Database, Events, ImageDatasets, LlmCalls, Questions
from core.errors import InvalidInputError
from core.export.checks.base import Bundle, Findings, open_bundle
from core.export.checks.images import is_safe_path
from core.export.checks.reading import read_rows
from core.export.formats.vitrine import SCHEMA_VERSION
from core.questions.text import question_key
from core.words import counted

if TYPE_CHECKING:
    from core.images import ImageService

_AT_ONCE = 200
_ENTRY_FIELDS = (
    "question", "answer", "answer_type", "kind", "language", "model", "score", "tags", "note", "confirmed", "rejected",
    "version", "generated_question", "generated_answer", "options", "needs_review", "flagged", "reject_reason",
)  # fmt: skip
_CALL_FIELDS = ("model", "params", "prompt", "request_hash", "prompt_tokens", "completion_tokens", "cost")
_EVENT_FIELDS = ("action", "actor", "old", "new", "batch_id")


@dataclass
class Returned:
    """What came back in; entries whose image was refused are *refused*, those that were there are *known*."""

    images: int = 0
    entries: int = 0
    refused: int = 0
    known: int = 0


def read_vitrine(path: str | Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a Vitrine bundle, a ZIP or a directory.

    Raises:
        InvalidInputError: it is no Vitrine bundle, or is damaged.
    """
    with open_bundle(Path(path)) as bundle:
        yield from _rows(bundle)


def is_vitrine_bundle(path: str | Path) -> bool:
    """Return whether *path* is a ZIP or a directory in Vitrine's own format, by its first row."""
    from core.images.sources.container import Archive

    try:
        if Path(path).is_file():
            Archive(Path(path)).close()  # refuses archives that are built to fill the disk
        first = next(read_vitrine(path), None)
    except (InvalidInputError, OSError, BadZipFile):
        return False
    return first is not None


def bring_back(
    db: Database,
    images: "ImageService",
    project_id: str,
    path: str | Path,
    report: Callable[[float, str], None] = lambda share, doing: None,
) -> Returned:
    """Put the entries of a Vitrine bundle into a project; ids are kept where they are free.

    What the project has already stays as it is, so that the same bundle may be brought back twice.

    Raises:
        InvalidInputError: it is no Vitrine bundle, or is damaged.
    """
    returned, known = Returned(), dict[str, str | None]()
    with open_bundle(Path(path)) as bundle:
        rows = _rows(bundle)
        while part := list(islice(rows, _AT_ONCE)):
            report(0.0, f"{counted(returned.entries, 'entry')} so far")
            _bring_images(images, project_id, bundle, part, known, returned)
            with db.transaction() as session:
                for row in part:
                    image_id = known[row["image"]["file"]]
                    if image_id is None:
                        returned.refused += 1
                    elif _bring_entry(session, project_id, image_id, row):
                        returned.entries += 1
                    else:
                        returned.known += 1
    return returned


def _rows(bundle: Bundle) -> Iterator[dict[str, Any]]:
    findings = Findings()
    names = [name for name in bundle.sizes if name.startswith("vitrine") and name.endswith((".json", ".jsonl"))]
    for name in names:
        for row in read_rows(bundle, name, findings):
            if not isinstance(row, dict) or row.get("schema_version") != SCHEMA_VERSION:
                raise InvalidInputError("This bundle was written by another version. Export it again with this one.")
            yield row
    if not names or findings.problems:
        raise InvalidInputError("This is no whole Vitrine export. Choose the ZIP or directory that Export made.")


def _bring_images(
    images: "ImageService",
    project_id: str,
    bundle: Bundle,
    rows: Iterable[dict[str, Any]],
    known: dict[str, str | None],
    returned: Returned,
) -> None:
    """Store the images of *rows* and note their ids by the file they came from, None for refused ones."""
    for row in rows:
        file = str(row["image"]["file"])
        if file in known:
            continue
        known[file] = None
        if is_safe_path(file) and 0 < bundle.sizes.get(file, 0) <= images.import_place().settings.max_image_bytes:
            with bundle.open(file) as opened:
                given = [(str(row["image"]["name"]), opened.read())]
                # An image that a model made stays marked as one.
                source, place = str(row["image"].get("source", "")), str(row["image"].get("source_ref", ""))
                outcome = images.add_images(project_id, given, source=source, source_ref=place)[0]
            known[file] = outcome.image.id if outcome.image is not None else None
            returned.images += outcome.image is not None


def _bring_entry(session: Session, project_id: str, image_id: str, row: dict[str, Any]) -> bool:
    """Store an entry with its history; return False when the project has it already."""
    id_ = _id_in(session, project_id, str(row["id"]))
    if session.get(ImageDatasets, id_) is not None:
        return False
    entry = ImageDatasets(
        id=id_, project_id=project_id, image_id=image_id,
        image_name=str(row["image"]["name"]), question_id=_bring_question(session, project_id, image_id, row),
        create_at=_time(row["create_at"]), update_at=_time(row["update_at"]),
        call_id=_bring_call(session, row.get("call")), **{name: row[name] for name in _ENTRY_FIELDS if name in row},
    )  # fmt: skip
    session.add(entry)
    for event in row.get("history", ()):
        session.add(
            Events(
                project_id=project_id, entity="entry", entity_id=entry.id, at=_time(event["at"]),
                **{name: event[name] for name in _EVENT_FIELDS},
            )
        )  # fmt: skip
    return True


def _id_in(session: Session, project_id: str, id_: str) -> str:
    """Return the entry's id in this project: its own, or always the same other one when that is taken elsewhere."""
    there = session.get(ImageDatasets, id_)
    if there is None or there.project_id == project_id:
        return id_
    return hashlib.sha256(f"{project_id}/{id_}".encode()).hexdigest()[:21]


def _bring_question(session: Session, project_id: str, image_id: str, row: dict[str, Any]) -> str | None:
    id_ = row.get("question_id") or None
    if id_ is None:
        return None
    there = session.get(Questions, id_)
    if there is not None:
        return there.id if there.project_id == project_id and there.image_id == image_id else None
    session.add(
        Questions(
            id=id_, project_id=project_id, image_id=image_id, question=row["question"],
            question_key=question_key(row["question"]), language=row["language"], kind=row["kind"],
            answer_type=row["answer_type"], options=row.get("options"),
        )
    )  # fmt: skip
    session.flush()
    return str(id_)


def _bring_call(session: Session, call: dict[str, Any] | None) -> int | None:
    if not call:
        return None
    row = LlmCalls(
        state="ok", started_at=_time(call["started_at"]),
        ended_at=_time(call["ended_at"]) if call.get("ended_at") else None,
        **{name: call[name] for name in _CALL_FIELDS},
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
