"""Restoring an export in the Vitrine format: images, entries, their history and model calls."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from sqlmodel import Session, col, select

from core import audit
from core.dataset import checked_boxes, image_columns, images_by_ids
from core.db import Database, Events, ImageDatasets, LlmCalls, Questions, question_key
from core.errors import InvalidInputError
from core.export.checks.base import Bundle, DirectoryBundle, Findings, open_bundle
from core.export.checks.images import is_safe_path
from core.export.checks.reading import read_rows
from core.export.formats.vitrine import SCHEMA_VERSION
from core.export.job import Progress, ignore_progress
from core.export.restore.row import RestoredCall, RestoredRow, restored_row
from core.pluralize import pluralize

if TYPE_CHECKING:
    from core.images import ImageIntake

_ROWS_PER_TRANSACTION = 200


@dataclass
class RestoreCounts:
    """What was restored."""

    images: int = 0
    """Images that are new in the project."""
    known_images: int = 0
    entries: int = 0
    rejected: int = 0
    """Entries whose image is missing or was rejected."""
    known: int = 0
    """Entries that the project had already."""


def read_vitrine(path: str | Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a bundle in the Vitrine format: a ZIP, a directory, or its rows file alone.

    Raises:
        InvalidInputError: it is not a bundle in this format, or it is damaged.
    """
    source = Path(path)
    if source.suffix in (".json", ".jsonl") and source.is_file():
        yield from _rows(DirectoryBundle(source.parent, [source.name]), [source.name])
        return
    with open_bundle(source) as bundle:
        yield from _rows(bundle)


def is_vitrine_bundle(path: str | Path) -> bool:
    """Return whether *path* is a ZIP or a directory in the Vitrine format, by its first row."""
    try:
        if Path(path).is_file():
            _check_archive(Path(path))
        first = next(read_vitrine(path), None)
    except (InvalidInputError, OSError, BadZipFile):
        return False
    return first is not None


def _check_archive(path: Path) -> None:
    """Refuse an archive with a member that cannot be read, such as a ZIP bomb."""
    from core.container import Archive

    with closing(Archive(path)) as archive:
        for name in archive.names():
            archive.check(name)


def restore_export(
    db: Database,
    intake: "ImageIntake",
    project_id: str,
    path: str | Path,
    progress: Progress = ignore_progress,
) -> RestoreCounts:
    """Add the entries of a bundle in the Vitrine format to a project, under their own ids where these are free.

    Restoring is idempotent: entries that the project has already are not changed.

    Raises:
        InvalidInputError: it is not a bundle in this format, or it is damaged.
    """
    counts, image_ids = RestoreCounts(), dict[str, str | None]()
    with open_bundle(Path(path)) as bundle:
        rows = (restored_row(row, number) for number, row in enumerate(_rows(bundle), 1))
        while part := list(islice(rows, _ROWS_PER_TRANSACTION)):
            progress(0.0, f"{pluralize(counts.entries, 'entry')} restored")
            _restore_images(intake, project_id, bundle, part, image_ids, counts)
            with db.transaction() as session:
                for row in part:
                    own_ids = [id_ for image in row.images if (id_ := image_ids[image.file]) is not None]
                    if len(own_ids) < len(row.images):
                        counts.rejected += 1
                    elif _restore_entry(session, project_id, own_ids, row):
                        counts.entries += 1
                    else:
                        counts.known += 1
                if counts.entries:
                    audit.record(
                        session, "entry.import", project_id=project_id, label=Path(path).name, entries=counts.entries
                    )
    return counts


def _rows(bundle: Bundle, names: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    findings = Findings()
    names = names or [
        name for name in bundle.sizes if name.startswith("vitrine") and name.endswith((".json", ".jsonl"))
    ]
    for name in names:
        for row in read_rows(bundle, name, findings):
            if not isinstance(row, dict) or row.get("schema_version") != SCHEMA_VERSION:
                raise InvalidInputError("This export was written by another version. Export it again with this one.")
            yield row
    if not names or findings.problems:
        raise InvalidInputError(
            "This is not a complete export in the Vitrine format. Choose the ZIP or directory that Export made."
        )


def _restore_images(
    intake: "ImageIntake",
    project_id: str,
    bundle: Bundle,
    rows: Iterable[RestoredRow],
    image_ids: dict[str, str | None],
    counts: RestoreCounts,
) -> None:
    """Add the images of *rows* and enter their ids into *image_ids* by file; None for rejected images."""
    for file, image in ((image.file, image) for row in rows for image in row.images):
        if file in image_ids:
            continue
        image_ids[file] = None
        if is_safe_path(file) and 0 < bundle.sizes.get(file, 0) <= intake.import_context.settings.max_image_bytes:
            with bundle.open(file) as opened:
                files = [(image.name, opened.read())]
            # The source keeps generated images marked as generated.
            (outcome,) = intake.add_images(project_id, files, source=image.source, source_ref=image.source_ref)
            image_ids[file] = outcome.image.id if outcome.image is not None else None
            counts.images += outcome.outcome in ("added", "near-duplicate")
            counts.known_images += outcome.outcome == "duplicate"


def _restore_entry(session: Session, project_id: str, image_ids: list[str], row: RestoredRow) -> bool:
    """Add an entry with its history; return False when the project has it already."""
    id_ = _free_id(session, project_id, row.id)
    if session.get(ImageDatasets, id_) is not None:
        return False
    images = images_by_ids(session, project_id, image_ids)
    columns = row.columns | image_columns(images) | {"boxes": checked_boxes(row.columns["boxes"], images)}
    entry = ImageDatasets(
        id=id_, project_id=project_id, question_id=_restore_question(session, project_id, image_ids, row),
        call_id=_restore_call(session, row.call), **columns | {"image_name": row.image.name},
    )  # fmt: skip
    session.add(entry)
    session.add_all(
        Events(project_id=project_id, entity="entry", entity_id=entry.id, **event.model_dump()) for event in row.history
    )
    return True


def _free_id(session: Session, project_id: str, id_: str) -> str:
    """Return the entry's own id, or an id derived from it and the project when another project uses it."""
    existing = session.get(ImageDatasets, id_)
    if existing is None or existing.project_id == project_id:
        return id_
    return _derived_id(project_id, id_)


def _derived_id(project_id: str, id_: str) -> str:
    return hashlib.sha256(f"{project_id}/{id_}".encode()).hexdigest()[:21]


def _restore_question(session: Session, project_id: str, image_ids: list[str], row: RestoredRow) -> str | None:
    """Return the id of the question that an entry answers, adding it when the images have none like it."""
    if row.question_id is None:
        return None
    id_ = _free_question_id(session, project_id, image_ids, row.question_id)
    known = session.get(Questions, id_)
    if known is not None and known.deleted_at is None:
        return id_
    columns, (image_id, *further) = row.columns, image_ids
    key, more = question_key(columns["question"]), ",".join(further)
    same = select(Questions.id).where(
        Questions.image_id == image_id, Questions.language == columns["language"], Questions.question_key == key,
        Questions.more_image_ids == more, col(Questions.deleted_at).is_(None),
    )  # fmt: skip
    existing = session.exec(same).first()
    if existing is not None or known is not None:
        return existing
    session.add(
        Questions(
            id=id_,
            project_id=project_id,
            image_id=image_id,
            more_image_ids=more,
            question_key=key,
            **{name: columns[name] for name in ("question", "language", "kind", "answer_type", "options")},
        )
    )
    session.flush()
    return id_


def _free_question_id(session: Session, project_id: str, image_ids: list[str], id_: str) -> str:
    """Return the question's own id, or an id derived from it and the project when other images' question has it."""
    existing = session.get(Questions, id_)
    return id_ if existing is None or existing.image_ids == image_ids else _derived_id(project_id, id_)


def _restore_call(session: Session, call: RestoredCall | None) -> int | None:
    if call is None:
        return None
    row = LlmCalls(state="ok", **call.model_dump())
    session.add(row)
    session.flush()
    return row.id
