"""Vitrine's own format back in: images, entries, their history and model calls, with nothing lost."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from sqlmodel import Session, col, select

from core.db import Database, Events, ImageDatasets, LlmCalls, Questions
from core.errors import InvalidInputError
from core.export.checks.base import Bundle, Findings, open_bundle
from core.export.checks.images import is_safe_path
from core.export.checks.reading import read_rows
from core.export.formats.vitrine import SCHEMA_VERSION
from core.export.restore.row import ReturnedCall, ReturnedRow, returned_row
from core.pluralize import pluralize
from core.questions.text import question_key

if TYPE_CHECKING:
    from core.images import ImageService

_AT_ONCE = 200


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
        rows = (returned_row(row, number) for number, row in enumerate(_rows(bundle), 1))
        while part := list(islice(rows, _AT_ONCE)):
            report(0.0, f"{pluralize(returned.entries, 'entry')} so far")
            _bring_images(images, project_id, bundle, part, known, returned)
            with db.transaction() as session:
                for row in part:
                    image_id = known[row.image.file]
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
    rows: Iterable[ReturnedRow],
    known: dict[str, str | None],
    returned: Returned,
) -> None:
    """Store the images of *rows* and note their ids by the file they came from, None for refused ones."""
    for file, image in ((row.image.file, row.image) for row in rows):
        if file in known:
            continue
        known[file] = None
        if (
            is_safe_path(file)
            and 0 < bundle.sizes.get(file, 0) <= images.intake.import_context.settings.max_image_bytes
        ):
            with bundle.open(file) as opened:
                given = [(image.name, opened.read())]
                # An image that a model made stays marked as one.
                outcome = images.intake.add_images(project_id, given, source=image.source, source_ref=image.source_ref)[
                    0
                ]
            known[file] = outcome.image.id if outcome.image is not None else None
            returned.images += outcome.image is not None


def _bring_entry(session: Session, project_id: str, image_id: str, row: ReturnedRow) -> bool:
    """Store an entry with its history; return False when the project has it already."""
    id_ = _id_in(session, project_id, row.id)
    if session.get(ImageDatasets, id_) is not None:
        return False
    entry = ImageDatasets(
        id=id_, project_id=project_id, image_id=image_id, image_name=row.image.name,
        question_id=_bring_question(session, project_id, image_id, row), call_id=_bring_call(session, row.call),
        **row.texts(),
    )  # fmt: skip
    session.add(entry)
    session.add_all(
        Events(project_id=project_id, entity="entry", entity_id=entry.id, **event.model_dump()) for event in row.history
    )
    return True


def _id_in(session: Session, project_id: str, id_: str) -> str:
    """Return the entry's id in this project: its own, or always the same other one when that is taken elsewhere."""
    there = session.get(ImageDatasets, id_)
    if there is None or there.project_id == project_id:
        return id_
    return hashlib.sha256(f"{project_id}/{id_}".encode()).hexdigest()[:21]


def _bring_question(session: Session, project_id: str, image_id: str, row: ReturnedRow) -> str | None:
    if row.question_id is None:
        return None
    known = session.get(Questions, row.question_id)
    if known is not None and known.image_id == image_id:
        return known.id
    key = question_key(row.question)
    same = select(Questions.id).where(
        Questions.image_id == image_id, Questions.language == row.language, Questions.question_key == key,
        col(Questions.deleted_at).is_(None),
    )  # fmt: skip
    there = session.exec(same).first()
    if there is not None or known is not None:
        return there
    session.add(
        Questions(
            id=row.question_id, project_id=project_id, image_id=image_id, question=row.question, question_key=key,
            language=row.language, kind=row.kind, answer_type=row.answer_type, options=row.options,
        )
    )  # fmt: skip
    session.flush()
    return row.question_id


def _bring_call(session: Session, call: ReturnedCall | None) -> int | None:
    if call is None:
        return None
    row = LlmCalls(state="ok", **call.model_dump())
    session.add(row)
    session.flush()
    return row.id
