"""The service of style datasets: their images and versions."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from core import audit
from core.arguments import require_many
from core.db import Database, Images, StyleDatasetImages, StyleDatasets, StyleVersions, cached_until_write, in_library
from core.errors import InvalidInputError, NotFoundError
from core.style import compose, datasets
from core.style.datasets import StyleImage, StyleSummary
from core.style.hidden_images import GENERATED

if TYPE_CHECKING:
    from core.images import ImageService
    from core.style.analysis_service import StyleAnalysisService
    from core.style.groups import Unity

MAX_FIRST_IMAGES = 500
"""Images of a style dataset made from a whole project: a style needs examples, not every image."""


class StyleDatasetService:
    """Style datasets: named sets of images; new images are generated in their style."""

    def __init__(
        self, db_session: Database, image_service: "ImageService", analysis_service: "StyleAnalysisService"
    ) -> None:
        self._db = db_session
        self._images = image_service
        self._analysis = analysis_service

    def create_style_dataset(self, project_id: str, name: str, master_prompt: str = "") -> StyleDatasets:
        """Create an empty style dataset; *master_prompt* goes into every prompt.

        Raises:
            NotFoundError: there is no such project.
            InvalidInputError: the name is empty.
        """
        with self._db.transaction() as session:
            dataset = datasets.create(session, project_id, name, master_prompt)
            audit.record(session, "style.create", dataset)
            return dataset

    def create_from_project(
        self, project_id: str, name: str = "The style of this project", image_ids: Sequence[str] = ()
    ) -> StyleDatasets:
        """Create a style dataset of *image_ids*, by default of the project's own images, and measure the first ones.

        Raises:
            InvalidInputError: the project has no images.
        """
        with self._db.transaction() as session:
            chosen = list(image_ids) or _own_images(session, project_id)
            if not chosen:
                raise InvalidInputError("This project has no images to learn a style from. Upload some first.")
            dataset = datasets.create(session, project_id, name)
            datasets.add_images(session, dataset.id, chosen[:MAX_FIRST_IMAGES])
            audit.record(session, "style.create", dataset, images=len(chosen[:MAX_FIRST_IMAGES]))
        self._analysis.measure_images(dataset.id)
        return dataset

    def get_style_dataset(self, dataset_id: str) -> StyleDatasets:
        """Return a style dataset.

        Raises:
            NotFoundError: it does not exist or was deleted.
        """
        with self._db.reading() as session:
            return datasets.get(session, dataset_id)

    def list_style_datasets(self, project_id: str | None = None) -> list[StyleDatasets]:
        """Return the style datasets of a project, newest first; without *project_id* those of all projects."""
        with self._db.reading() as session:
            return datasets.of_project(session, project_id)

    def summary(self, dataset_id: str) -> StyleSummary:
        """Return a style dataset with the numbers of its images and of its analyzed images."""
        with self._db.reading() as session:
            return datasets.summary(session, dataset_id)

    @cached_until_write
    def unity(self, dataset_id: str) -> "Unity":
        """Return whether the measured images have a single style, and the groups they fall into when they have not."""
        from core.style.groups import unity_of

        with self._db.reading() as session:
            measured = compose.features_of(session, dataset_id)
            found = datasets.by_ids(session, [id_ for id_, _ in measured])
            analyses = {entry.row.id: entry.row.analysis_result for entry in found}
        return unity_of(
            [id_ for id_, _ in measured],
            [features for _, features in measured],
            [analyses.get(id_, {}) for id_, _ in measured],
        )

    def create_from_group(self, dataset_id: str, label: str, row_ids: Collection[str]) -> StyleDatasets:
        """Create a style dataset of some images of another one, with its guidelines.

        Raises:
            NotFoundError: there is no such style dataset.
            InvalidInputError: none of *row_ids* is an image of it.
        """
        with self._db.transaction() as session:
            source = datasets.get(session, dataset_id)
            rows = [entry.row for entry in datasets.by_ids(session, list(row_ids)) if entry.row.dataset_id == source.id]
            if not rows:
                raise InvalidInputError("These images are not in the style dataset any more. Load the page again.")
            made = datasets.create(session, source.project_id, f"{source.name}: {label}", source.master_prompt)
            datasets.add_images(
                session, made.id, [row.image_id for row in rows if row.image_id],
                [row.image_url for row in rows if not row.image_id],
            )  # fmt: skip
            audit.record(session, "style.create", made, images=len(rows))
        self._analysis.measure_images(made.id)
        return made

    def update_style_dataset(
        self, dataset_id: str, *, name: str | None = None, master_prompt: str | None = None
    ) -> StyleDatasets:
        """Change name or guidelines. A change makes a new version; results refer to the version they were made with."""
        with self._db.transaction() as session:
            dataset = datasets.update(session, dataset_id, name=name, master_prompt=master_prompt)
            changed = [what for what, value in (("name", name), ("guidelines", master_prompt)) if value is not None]
            audit.record(session, "style.change", dataset, changed=changed, version=dataset.version)
            return dataset

    def list_versions(self, dataset_id: str) -> list[StyleVersions]:
        """Return the versions of a style dataset, newest first."""
        with self._db.reading() as session:
            return datasets.versions(session, dataset_id)

    def restore_version(self, dataset_id: str, version: int) -> StyleDatasets:
        """Make a new version with the name, guidelines and images of an older *version*.

        Raises:
            NotFoundError: there was no such version.
        """
        with self._db.transaction() as session:
            dataset = datasets.restore_version(session, dataset_id, version)
            audit.record(session, "style.change", dataset, restored_version=version, version=dataset.version)
            return dataset

    def copy_style_dataset(self, dataset_id: str, project_id: str, name: str | None = None) -> StyleDatasets:
        """Copy a style dataset into a project; its images are copied too when that is another project."""
        with self._db.reading() as session:
            source = datasets.get(session, dataset_id)
            entries = datasets.images(session, dataset_id)
        same_project = source.project_id == project_id
        new_name = name or (f"{source.name}, copy" if same_project else source.name)
        new_ids = None if same_project else self._copy_images(entries, project_id)
        with self._db.transaction() as session:
            dataset = datasets.copy(session, dataset_id, project_id, new_name, new_ids)
            audit.record(session, "style.create", dataset, copy_of=source.name)
            return dataset

    def delete_style_dataset(self, dataset_id: str) -> bool:
        """Delete a style dataset (soft delete): its results stay, and ``restore_style_dataset`` undoes it."""
        with self._db.transaction() as session:
            audit.record(session, "style.delete", datasets.delete(session, dataset_id))
        return True

    def restore_style_dataset(self, dataset_id: str) -> StyleDatasets:
        """Undo the deletion of a style dataset.

        Raises:
            NotFoundError: there was no such style dataset.
        """
        with self._db.transaction() as session:
            dataset = datasets.restore(session, dataset_id)
            audit.record(session, "style.restore", dataset)
            return dataset

    def save_draft(self, dataset_id: str, draft: dict[str, Any]) -> None:
        """Store the request form of the Style page with its style dataset, so that a reload keeps it."""
        with self._db.transaction() as session:
            dataset = datasets.get(session, dataset_id)
            if dataset.draft != draft:
                dataset.draft = draft

    def add_images(
        self, dataset_id: str, image_ids: Iterable[str] = (), urls: Iterable[str] = ()
    ) -> list[StyleDatasetImages]:
        """Add images of the project and URLs, and return the new rows. URLs are fetched when they are first needed.

        Raises:
            NotFoundError: the style dataset or one of the images does not exist.
            InvalidInputError: an image belongs to another project.
        """
        require_many(image_ids, "image_ids", "ids")
        require_many(urls, "urls", "addresses")
        with self._db.transaction() as session:
            rows = datasets.add_images(session, dataset_id, image_ids, urls)
            if rows:
                audit.record(session, "style.change", datasets.get(session, dataset_id), images_added=len(rows))
            return rows

    def remove_images(self, dataset_id: str, row_ids: Collection[str]) -> int:
        """Remove images from the current version and return how many there were; older versions keep them."""
        with self._db.transaction() as session:
            removed = datasets.remove_images(session, dataset_id, row_ids)
            if removed:
                audit.record(session, "style.change", datasets.get(session, dataset_id), images_removed=removed)
            return removed

    def list_images(self, dataset_id: str, version: int | None = None, *, limit: int | None = None) -> list[StyleImage]:
        """Return the images of a version, by default of the current one."""
        with self._db.reading() as session:
            return datasets.images(session, dataset_id, version, limit=limit)

    def get_images(self, row_ids: Sequence[str]) -> list[StyleImage]:
        """Return images of style datasets by the ids of their rows; missing ones are left out."""
        with self._db.reading() as session:
            return datasets.by_ids(session, row_ids)

    def get_image(self, row_id: str) -> StyleImage:
        """Return one image of a style dataset by the id of its row.

        Raises:
            NotFoundError: it was removed or its image was deleted.
        """
        found = self.get_images([row_id])
        if not found:
            raise NotFoundError("This image is not in the style dataset any more. Choose another one.")
        return found[0]

    def _copy_images(self, entries: Sequence[StyleImage], project_id: str) -> dict[str, str]:
        """Add the images to another project and return the new id of each by its old one."""
        stored = [entry.image for entry in entries if entry.image is not None]
        files = [(image.image_name, self._images.original_path(image)) for image in stored]
        outcomes = self._images.intake.add_images(project_id, files, source="style", source_ref="")
        pairs = zip(stored, outcomes, strict=True)
        return {image.id: outcome.image.id for image, outcome in pairs if outcome.image is not None}


def _own_images(session: Session, project_id: str) -> list[str]:
    """Return the newest images of a project, without generated images and near-duplicates."""
    own = select(Images.id).where(
        Images.project_id == project_id,
        in_library(),
        Images.source != GENERATED,
        col(Images.near_duplicate_of).is_(None),
    )
    return list(session.exec(own.order_by(col(Images.create_at).desc()).limit(MAX_FIRST_IMAGES)))
