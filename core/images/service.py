"""The images of a project: taking them in, finding them, handing them out, deleting them."""

import asyncio
import base64
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sqlmodel import Session, col, select

from core.db import Database, Events, ImageDatasets, Images, Projects, Questions, cached_until_write, in_library, new_id
from core.errors import ImageRejectedError, NotFoundError
from core.images import duplicates, groups, lifecycle, renditions
from core.images import filter as filters
from core.images.filter import ImageFilter, ImagePage
from core.images.import_outcome import ImageOutcome
from core.images.intake import Kept, NewFile, keep, record, thumbnail_variant
from core.images.renditions import Copy, ModelImage, or_raise
from core.images.storage import ImageStorage, disk_errors_in_words

if TYPE_CHECKING:
    from core.images.sources.base import Place

Content = bytes | memoryview | Path
VIEW_SIDE_PX = 2048


class ImageService:
    def __init__(self, db_session: Database, storage_path: str | Path = "uploads/images") -> None:
        """*storage_path* is where originals lie; a relative one is below the data directory."""
        self._db = db_session
        self._storage = ImageStorage(db_session.data_dir / storage_path, db_session.data_dir / "cache" / "images")

    # --- in -------------------------------------------------------------------------------------------------

    async def upload_image(
        self, project_id: str, image_name: str, image_data: bytes | BinaryIO, generate_thumb: bool = False
    ) -> Images:
        """Store one image and return it; bytes that the project has already are returned as they were stored.

        A thumbnail is always made; *generate_thumb* is kept for scripts that ask for one.

        Raises:
            ImageRejectedError: not a JPEG, PNG or WebP, damaged, or too large.
            NotFoundError: no such project.
        """
        content = image_data if isinstance(image_data, bytes) else await asyncio.to_thread(image_data.read)
        (outcome,) = await asyncio.to_thread(self.add_images, project_id, [(image_name, content)])
        if outcome.image is None:
            raise ImageRejectedError(outcome.reason or "The file is not an image.")
        return outcome.image

    def add_images(
        self, project_id: str, files: Sequence[tuple[str, Content]], *, source: str = "upload", source_ref: str = ""
    ) -> list[ImageOutcome]:
        """Take in files, each a name with its bytes or where they lie, and return what became of each, in order.

        Raises:
            NotFoundError: no such project.
            StorageError: the disk is full or broken.
        """
        self._require_project(project_id)
        kept = self.keep([NewFile(name, content, source_ref) for name, content in files])
        with self._db.transaction() as session:
            return record(session, project_id, kept, source)

    def keep(self, files: Sequence[NewFile]) -> list[Kept]:
        """Check, measure and store *files* without recording them; :func:`record` follows in a transaction."""
        return keep(files, self._storage, self._db.settings)

    def import_place(self) -> "Place":
        """Return where imports may read from."""
        from core.images.sources.base import Place

        return Place(self._db.settings)

    def workdir(self) -> AbstractContextManager[Path]:
        """Return a directory for what has to be unpacked; it is gone at the end of the ``with`` block."""
        return self._storage.staging()

    def stage_upload(self, name: str, content: memoryview | bytes) -> str:
        """Put an uploaded archive aside for its import and return the ``path`` of the import's config."""
        stored = f"{new_id()}{Path(name).suffix.lower()[:8]}"
        with disk_errors_in_words():
            self.import_place().uploads.mkdir(parents=True, exist_ok=True)
        self._storage.write(self.import_place().uploads / stored, content)
        return stored

    # --- found ----------------------------------------------------------------------------------------------

    def get_image(self, image_id: str, *, include_hidden: bool = False) -> Images | None:
        """Return an image of the library, with *include_hidden* a hidden one too; None when there is none."""
        with self._db.reading() as session:
            image = session.get(Images, image_id)
        if image is None or image.deleted_at is not None:
            return None
        return image if include_hidden or image.is_in_library else None

    def get_images(self, image_ids: Sequence[str]) -> list[Images]:
        """Return those of the images that exist, in the order asked for."""
        with self._db.reading() as session:
            query = select(Images).where(col(Images.id).in_(image_ids), in_library())
            found = {image.id: image for image in session.exec(query)}
        return [found[id_] for id_ in image_ids if id_ in found]

    def list_images(self, project_id: str, limit: int = 100, offset: int = 0) -> list[Images]:
        """Return images, newest first; for many of them ``find_images`` pages faster."""
        query = (
            select(Images)
            .where(*filters.conditions(project_id, ImageFilter()))
            .order_by(col(Images.create_at).desc(), col(Images.id))
        )
        with self._db.reading() as session:
            return list(session.exec(query.limit(limit).offset(offset)))

    def find_images(
        self, project_id: str, image_filter: ImageFilter | None = None, *, limit: int = 60, after: str | None = None
    ) -> ImagePage:
        """Return one page of the images that fit; *after* is the ``next_cursor`` of the page before.

        Raises:
            InvalidInputError: a value of the filter does not exist.
        """
        chosen = image_filter or ImageFilter()
        with self._db.reading() as session:
            return filters.find(session, project_id, chosen, limit, after, lambda: self._count(project_id, chosen))

    @cached_until_write
    def _count(self, project_id: str, image_filter: ImageFilter) -> int:
        with self._db.reading() as session:
            return filters.count(session, project_id, image_filter)

    def alike_groups(
        self, project_id: str, image_filter: ImageFilter | None = None, *, limit: int = 20, after: str | None = None
    ) -> groups.AlikeGroups:
        """Return one page of the groups of images that look alike, of which one fits the filter."""
        with self._db.reading() as session:
            return groups.find_groups(session, project_id, image_filter or ImageFilter(), limit, after)

    def find_image_ids(self, project_id: str, image_filter: ImageFilter | None = None) -> list[str]:
        """Return the ids of all images that fit, oldest first."""
        query = select(Images.id).where(*filters.conditions(project_id, image_filter or ImageFilter()))
        with self._db.reading() as session:
            return list(session.exec(query.order_by(col(Images.create_at), col(Images.id))))

    @cached_until_write
    def get_project_image_stats(self, project_id: str) -> dict[str, int]:
        """Return counts: total_images, total_size [bytes], by format, with_questions, with_entries, near_duplicates."""
        with self._db.reading() as session:
            return filters.stats(session, project_id)

    def questions_of(self, image_id: str) -> list[Questions]:
        """Return the questions about the image, oldest first."""
        with self._db.reading() as session:
            query = select(Questions).where(Questions.image_id == image_id, col(Questions.deleted_at).is_(None))
            return list(session.exec(query.order_by(col(Questions.create_at), col(Questions.id))))

    def entries_of(self, image_id: str) -> list[ImageDatasets]:
        """Return the entries about the image, oldest first."""
        with self._db.reading() as session:
            query = select(ImageDatasets).where(
                ImageDatasets.image_id == image_id, col(ImageDatasets.deleted_at).is_(None)
            )
            return list(session.exec(query.order_by(col(ImageDatasets.create_at), col(ImageDatasets.id))))

    # --- handed out -----------------------------------------------------------------------------------------

    def original_path(self, image: Images) -> Path:
        """Return where the untouched original lies."""
        return self._storage.original(image.path)

    def thumbnail_path(self, image: Images) -> Path:
        """Return a small JPEG of the image, made anew when the cache has lost it."""
        side_px = self._db.settings.thumbnail_side_px
        return self._copy(Copy(image, thumbnail_variant(self._db.settings), "JPEG", side_px))

    def view_path(self, image: Images, max_side_px: int | None = VIEW_SIDE_PX, *, as_jpeg: bool = False) -> Path:
        """Return the image upright, in sRGB and without metadata; the original itself when it is just that."""
        return self._copy(renditions.view(self._storage, image, max_side_px, as_jpeg=as_jpeg))

    def model_image(self, image: Images, max_side_px: int | None = None) -> ModelImage:
        """Return what is sent to a model: JPEG or PNG, by default at most ``model_side_px`` on its longer side."""
        return or_raise(self.model_images([image], max_side_px)[0])

    def model_images(
        self, images: Sequence[Images], max_side_px: int | None = None
    ) -> list[ModelImage | ImageRejectedError]:
        """As :meth:`model_image`, those not made yet all at once; why one cannot be opened stands in its place."""
        side_px = max_side_px or self._db.settings.model_side_px
        views = [renditions.view(self._storage, image, side_px, as_jpeg=image.format == "WEBP") for image in images]
        made = renditions.make(self._storage, self._db.settings, views)
        return [
            path if isinstance(path, ImageRejectedError) else renditions.as_sent(image, path, side_px)
            for image, path in zip(images, made, strict=True)
        ]

    def get_image_data_url(self, image_id: str) -> str | None:
        """Return the image in full size as a base64 data URL, upright and without metadata; None when there is none."""
        image = self.get_image(image_id)
        if image is None:
            return None
        path = self.view_path(image, None)
        return f"data:{renditions.mime_type(path)};base64,{base64.b64encode(path.read_bytes()).decode()}"

    def _copy(self, wanted: Copy | Path) -> Path:
        return or_raise(renditions.make(self._storage, self._db.settings, [wanted])[0])

    # --- deleted and brought back ---------------------------------------------------------------------------

    def dependents(self, image_ids: Sequence[str]) -> lifecycle.Dependents:
        """Return what would be deleted together with the images."""
        with self._db.reading() as session:
            return lifecycle.dependents(session, image_ids)

    def delete_image(self, image_id: str, *, actor: str = "local") -> bool:
        """Delete the image with its questions and entries; ``restore_image`` brings all of it back."""
        return self.delete_images([image_id], actor=actor).images == 1

    def delete_images(self, image_ids: Sequence[str], *, actor: str = "local") -> lifecycle.Dependents:
        """Delete images with their questions and entries, and return how many of each that were."""
        with self._db.transaction() as session:
            return lifecycle.delete(session, image_ids, actor)

    def restore_image(self, image_id: str, *, actor: str = "local") -> Images:
        """Bring a deleted image back, with exactly the questions and entries that went with it.

        Raises:
            NotFoundError: it was never there.
            ConflictError: the same bytes were added again meanwhile.
        """
        return self.restore_images([image_id], actor=actor)[0]

    def restore_images(self, image_ids: Sequence[str], *, actor: str = "local") -> list[Images]:
        with self._db.transaction() as session:
            return [lifecycle.restore(session, image_id, actor) for image_id in image_ids]

    def tag_images(self, image_ids: Sequence[str], tags: Iterable[str], *, actor: str = "local") -> int:
        """Add *tags* to the images and return how many of them got a new one."""
        with self._db.transaction() as session:
            return lifecycle.tag(session, image_ids, tags, actor)

    def keep_apart(self, image_ids: Sequence[str], *, actor: str = "local") -> int:
        """Say that images only look like another one: the mark goes, the images stay."""
        with self._db.transaction() as session:
            return duplicates.keep_apart(session, image_ids, actor)

    def merge_images(self, image_ids: Sequence[str], *, actor: str = "local") -> Images:
        """Keep the oldest of the images with the questions and entries of all, delete the others, return it."""
        with self._db.transaction() as session:
            return duplicates.merge(session, image_ids, actor)

    def undo_alike(self, image_ids: Sequence[str], *, actor: str = "local") -> None:
        """Take back the last keeping apart or merging of a group with one of the images in it.

        Raises:
            ConflictError: there is none, or an image of it cannot come back.
        """
        with self._db.transaction() as session:
            duplicates.undo(session, image_ids, actor)

    def history(self, image_id: str) -> list[Events]:
        """Return what happened to the image, newest first."""
        with self._db.reading() as session:
            return lifecycle.history(session, image_id)

    # --- kept in order --------------------------------------------------------------------------------------

    def sweep(self, is_young: Callable[[float], bool] | None = None) -> int:
        """Remove what is left over: half-written files, originals that no row knows, archives long imported."""
        swept = self._storage.sweep_incoming()
        with self._db.reading() as session:
            swept += lifecycle.sweep_uploads(session, self.import_place().uploads, is_young)
            return swept + lifecycle.sweep_unknown(session, self._storage, is_young)

    def _require_project(self, project_id: str) -> None:
        with self._db.reading() as session:
            _project(session, project_id)


def _project(session: Session, project_id: str) -> Projects:
    project = session.get(Projects, project_id)
    if project is None or project.deleted_at is not None:
        raise NotFoundError("This project does not exist any more. Choose another one.")
    return project
