"""The images of a project that are stored: found by filters, tagged, deleted and restored."""

from collections.abc import Iterable, Sequence

from sqlmodel import col, select

from core.db import Database, Events, ImageDatasets, Images, Questions, cached_until_write, in_library, is_about
from core.images import filter as filters
from core.images import lifecycle
from core.images.filter import ImageFilter, ImagePage
from core.images.lifecycle import Dependents
from core.images.quota import Quota, quota_of


class ImageLibrary:
    """Reads and changes the rows of stored images; never their bytes."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def quota(self, project_id: str) -> Quota:
        """Return how many images and bytes the library of a project may have, and has at the moment."""
        with self._db.reading() as session:
            return quota_of(session, project_id, count_always=True)

    def get_images(self, image_ids: Sequence[str]) -> list[Images]:
        """Return those of the images that exist, in the order of *image_ids*."""
        with self._db.reading() as session:
            query = select(Images).where(col(Images.id).in_(image_ids), in_library())
            found = {image.id: image for image in session.exec(query)}
        return [found[id_] for id_ in image_ids if id_ in found]

    def find_images(
        self, project_id: str, image_filter: ImageFilter | None = None, *, limit: int = 60, after: str | None = None
    ) -> ImagePage:
        """Return one page of the images that match, by keyset pagination.

        Args:
            after: the ``next_cursor`` of the page before.

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

    def find_image_ids(self, project_id: str, image_filter: ImageFilter | None = None) -> list[str]:
        """Return the ids of all images that match, oldest first."""
        query = select(Images.id).where(*filters.conditions(project_id, image_filter or ImageFilter()))
        with self._db.reading() as session:
            return list(session.exec(query.order_by(col(Images.create_at), col(Images.id))))

    def questions_of(self, image_id: str) -> list[Questions]:
        """Return the questions about the image, oldest first."""
        with self._db.reading() as session:
            query = select(Questions).where(is_about(Questions, [image_id]), col(Questions.deleted_at).is_(None))
            return list(session.exec(query.order_by(col(Questions.create_at), col(Questions.id))))

    def entries_of(self, image_id: str) -> list[ImageDatasets]:
        """Return the entries about the image, oldest first."""
        with self._db.reading() as session:
            query = select(ImageDatasets).where(
                is_about(ImageDatasets, [image_id]), col(ImageDatasets.deleted_at).is_(None)
            )
            return list(session.exec(query.order_by(col(ImageDatasets.create_at), col(ImageDatasets.id))))

    def count_dependents(self, image_ids: Sequence[str]) -> Dependents:
        """Count the images, questions and entries that deleting the images would delete."""
        with self._db.reading() as session:
            return lifecycle.count_dependents(session, image_ids)

    def delete_images(self, image_ids: Sequence[str], *, actor: str = "local") -> Dependents:
        """Soft-delete images with their questions and entries, and return how many of each there were."""
        with self._db.transaction() as session:
            images = lifecycle.existing(session, image_ids)
            deleted = lifecycle.delete(session, image_ids, actor)
            lifecycle.record_act(
                session, "image.delete", images, actor, questions=deleted.questions, entries=deleted.entries
            )
            return deleted

    def restore_images(self, image_ids: Sequence[str], *, actor: str = "local") -> list[Images]:
        """Restore deleted images, each with exactly the questions and entries that were deleted with it.

        Raises:
            NotFoundError: an image never existed.
            ConflictError: the same bytes were added again meanwhile.
        """
        with self._db.transaction() as session:
            restored = [lifecycle.restore(session, image_id, actor) for image_id in image_ids]
            lifecycle.record_act(session, "image.restore", restored, actor)
            return restored

    def tag_images(self, image_ids: Sequence[str], tags: Iterable[str], *, actor: str = "local") -> int:
        """Add *tags* to the images and return how many images got a new one.

        Raises:
            InvalidInputError: there is no tag, or one contains a comma.
        """
        with self._db.transaction() as session:
            return lifecycle.tag(session, image_ids, tags, actor)

    def history(self, image_id: str) -> list[Events]:
        """Return the events of the image, newest first, at most 100."""
        with self._db.reading() as session:
            return lifecycle.history(session, image_id)
