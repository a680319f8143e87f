"""The guidelines of a project: each save is a version; earlier ones can be read, compared and restored."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core import audit
from core.dataset.edits import LOCAL
from core.dataset.guidelines.rendering import MAX_BRACKETS, as_html, has_too_many_brackets, image_ids, without_images
from core.db import HIDDEN, Database, Guidelines, Images, Projects, cached_until_write
from core.errors import ConflictError, ImageRejectedError, InvalidInputError, NotFoundError
from core.images import ImageService, NewFile
from core.images import record as record_images

MAX_CHARS = 50_000
IMAGE_SOURCE = "guidelines"


@dataclass(frozen=True)
class GuidelineVersion:
    """One version of the guidelines; the newest one holds."""

    version: int
    """From 1; 0 while a project has no guidelines."""
    text: str
    """Markdown; an image of the project is ``![description](image:ID)``."""
    created_by: str = ""
    create_at: datetime | None = None
    restored_from: int | None = None
    """The version that it is a copy of, if any."""


class GuidelineService:
    """Guidelines of projects."""

    def __init__(self, db_session: Database, image_service: ImageService) -> None:
        self._db = db_session
        self._images = image_service

    @cached_until_write
    def guidelines(self, project_id: str, version: int | None = None) -> GuidelineVersion:
        """Return a version of the guidelines, by default the newest; without guidelines version 0 without a text.

        Raises:
            NotFoundError: there is no such version.
        """
        with self._db.reading() as session:
            row = _row(session, project_id, version)
        if row is None and version is not None:
            raise NotFoundError("The guidelines have no such version. Choose another one.")
        return _value(row) if row is not None else GuidelineVersion(0, "")

    @cached_until_write
    def versions(self, project_id: str) -> tuple[GuidelineVersion, ...]:
        """Return every version of the guidelines, newest first."""
        query = select(Guidelines).where(Guidelines.project_id == project_id).order_by(col(Guidelines.version).desc())
        with self._db.reading() as session:
            return tuple(_value(row) for row in session.exec(query))

    def changes(self, project_id: str, version: int) -> str:
        """Return what a version changed, as the lines of a unified diff with the version before.

        Raises:
            NotFoundError: there is no such version.
        """
        now = self.guidelines(project_id, version)
        before = self.guidelines(project_id, version - 1).text if version > 1 else ""
        lines = difflib.unified_diff(
            before.splitlines(), now.text.splitlines(), f"version {version - 1}" if version > 1 else "no guidelines",
            f"version {version}", lineterm="",
        )  # fmt: skip
        return "\n".join(lines)

    def save(
        self, project_id: str, text: str, *, actor: str = LOCAL, seen_version: int | None = None
    ) -> GuidelineVersion:
        """Store *text* as the newest version; the text that holds already adds none.

        Args:
            project_id: The project.
            text: Markdown, at most ``MAX_CHARS`` characters; empty for no guidelines.
            actor: Who writes.
            seen_version: The version that the author has changed; None does not check it.

        Raises:
            NotFoundError: no such project.
            InvalidInputError: the text is too long, has too many links and images, or shows an image that the project
                does not have.
            ConflictError: somebody else has saved a newer version.
        """
        tidy = text.replace("\r\n", "\n").strip()
        if len(tidy) > MAX_CHARS:
            raise InvalidInputError(f"Shorten the guidelines to at most {MAX_CHARS:,} characters.", field="text")
        _check_brackets(tidy)
        with self._db.transaction() as session:
            newest = _newest(session, project_id)
            if seen_version is not None and seen_version != newest.version:
                raise ConflictError(
                    f"{_somebody(newest.created_by)} has saved version {newest.version} meanwhile. "
                    "Copy your text, load the page again and put both together."
                )
            if tidy == newest.text:
                return newest
            self._check_images(session, project_id, tidy)
            return _add(session, project_id, newest.version + 1, tidy, actor, None)

    def restore(self, project_id: str, version: int, *, actor: str = LOCAL) -> GuidelineVersion:
        """Store the text of an earlier version as the newest one; it takes back every change since.

        Raises:
            NotFoundError: no such project or version.
        """
        with self._db.transaction() as session:
            newest, row = _newest(session, project_id), _row(session, project_id, version)
            if row is None:
                raise NotFoundError("The guidelines have no such version. Choose another one.")
            if row.text == newest.text:
                return newest
            return _add(session, project_id, newest.version + 1, row.text, actor, version)

    def add_image(self, project_id: str, name: str, content: bytes, *, actor: str = LOCAL) -> Images:
        """Store an image for guidelines and return it; it is not in the library, unless it is there already.

        Raises:
            NotFoundError: no such project.
            ImageRejectedError: it is no image, or it is too large.
        """
        (stored,) = self._images.intake.store([NewFile(name, content)])
        with self._db.transaction() as session:
            _require_project(session, project_id)
            (outcome,) = record_images(session, project_id, [stored], IMAGE_SOURCE, visibility=HIDDEN)
            if outcome.image is None:
                raise ImageRejectedError(outcome.reason or "This is not an image.", reason="rejected")
            if outcome.is_new:
                audit.record(session, "guideline.image", outcome.image, actor=actor)
            return outcome.image

    def rendered(self, project_id: str, text: str, url_of: Callable[[Images], str]) -> str:
        """Return Markdown as HTML that may be put into a page: sanitized, with images of the project only.

        Args:
            project_id: The project.
            text: The Markdown.
            url_of: Returns the address of an image.

        Raises:
            InvalidInputError: the text has too many links and images.
        """
        _check_brackets(text)
        with self._db.reading() as session:
            images = _images_of(session, project_id, image_ids(text))
        return as_html(text, {image.id: url_of(image) for image in images})

    def _check_images(self, session: Session, project_id: str, text: str) -> None:
        shown = image_ids(text)
        if missing := shown - {image.id for image in _images_of(session, project_id, shown)}:
            raise InvalidInputError(
                f"The project has no image {min(missing)}. Upload it, or take its id from the address of an image.",
                field="text",
            )


def newest_text(session: Session, project_id: str) -> str:
    """Return the guidelines that hold as a file outside of the project: images by their descriptions."""
    row = _row(session, project_id, None)
    return without_images(row.text) + "\n" if row is not None and row.text else ""


def _somebody(name: str) -> str:
    return "Somebody" if name in ("", LOCAL) else name


def _check_brackets(text: str) -> None:
    if has_too_many_brackets(text):
        raise InvalidInputError(
            f"Leave out links, images and other square brackets until there are at most {MAX_BRACKETS:,}.", field="text"
        )


def _value(row: Guidelines) -> GuidelineVersion:
    return GuidelineVersion(row.version, row.text, row.created_by, row.create_at, row.restored_from)


def _row(session: Session, project_id: str, version: int | None) -> Guidelines | None:
    query = select(Guidelines).where(Guidelines.project_id == project_id)
    if version is not None:
        query = query.where(Guidelines.version == version)
    return session.exec(query.order_by(col(Guidelines.version).desc()).limit(1)).first()


def _newest(session: Session, project_id: str) -> GuidelineVersion:
    _require_project(session, project_id)
    row = _row(session, project_id, None)
    return _value(row) if row is not None else GuidelineVersion(0, "")


def _require_project(session: Session, project_id: str) -> None:
    project = session.get(Projects, project_id)
    if project is None or project.deleted_at is not None:
        raise NotFoundError("This project does not exist any more. Choose another one.")


def _add(
    session: Session, project_id: str, version: int, text: str, actor: str, restored_from: int | None
) -> GuidelineVersion:
    row = Guidelines(
        project_id=project_id, version=version, text=text, created_by=actor, restored_from=restored_from
    )  # fmt: skip
    session.add(row)
    session.flush()
    act = "guideline.save" if restored_from is None else "guideline.restore"
    audit.record(
        session, act, row, actor=actor, label=f"version {version}", characters=len(text), restored_from=restored_from
    )
    return _value(row)


def _images_of(session: Session, project_id: str, ids: set[str]) -> list[Images]:
    query = select(Images).where(
        Images.project_id == project_id, col(Images.id).in_(ids), col(Images.deleted_at).is_(None)
    )
    return list(session.exec(query)) if ids else []
