"""Style datasets and the analysis of their images: one half of the service of style."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from core.db import Database, Images, StyleDatasetImages, StyleDatasets, StyleVersions, in_library
from core.errors import InvalidInputError, LLMError, NotFoundError, VitrineError
from core.style import analysis, datasets, measuring
from core.style.datasets import StyleImage, StyleSummary
from core.style.hidden_images import GENERATED, Fetch, HiddenImages

if TYPE_CHECKING:
    from core.images import ImageService
    from core.llm import DatabaseLedger, LLMService, ModelConfig
    from core.style.measuring import Analysed

MEASURED_AT_ONCE = 60
"""So many images are measured while a person waits: under a second with thumbnails at hand."""

FIRST_STYLE_IMAGES = 500
"""A style needs examples, not a whole library."""


class StyleLibrary:
    """Style datasets of a project, their images, and what those look like."""

    def __init__(
        self,
        db_session: Database,
        llm_service: "LLMService",
        image_service: "ImageService",
        fetch: Fetch | None = None,
    ) -> None:
        """*fetch* gets the bytes behind an address; by default the guarded one of ``core.fetch``."""
        self._db = db_session
        self._llm = llm_service
        self._images = image_service
        self.shelf = HiddenImages(db_session, image_service, fetch)

    def create_style_dataset(self, project_id: str, name: str, master_prompt: str = "") -> StyleDatasets:
        """Make an empty style dataset.

        Raises:
            NotFoundError: no such project.
            InvalidInputError: the name is empty.
        """
        with self._db.transaction() as session:
            return datasets.create(session, project_id, name, master_prompt)

    def create_from_project(
        self, project_id: str, name: str = "The look of this project", image_ids: Sequence[str] = ()
    ) -> StyleDatasets:
        """Make a style dataset of the project's own images, or of *image_ids*, and measure the first of them.

        Raises:
            InvalidInputError: the project has no images.
        """
        with self._db.transaction() as session:
            chosen = list(image_ids) or _own_images(session, project_id)
            if not chosen:
                raise InvalidInputError("This project has no images to learn a style from. Upload some first.")
            dataset = datasets.create(session, project_id, name)
            datasets.add_images(session, dataset.id, chosen[:FIRST_STYLE_IMAGES])
        self.measure_images(dataset.id)
        return dataset

    def get_style_dataset(self, dataset_id: str) -> StyleDatasets:
        with self._db.reading() as session:
            return datasets.get(session, dataset_id)

    def list_style_datasets(self, project_id: str | None = None) -> list[StyleDatasets]:
        """Return style datasets, the newest first; of every project without *project_id*."""
        with self._db.reading() as session:
            return datasets.of_project(session, project_id)

    def summary(self, dataset_id: str) -> StyleSummary:
        with self._db.reading() as session:
            return datasets.summary(session, dataset_id)

    def update_style_dataset(
        self, dataset_id: str, *, name: str | None = None, master_prompt: str | None = None
    ) -> StyleDatasets:
        """Change name or guidelines; a change makes a new version, results keep theirs."""
        with self._db.transaction() as session:
            return datasets.update(session, dataset_id, name=name, master_prompt=master_prompt)

    def style_versions(self, dataset_id: str) -> list[StyleVersions]:
        with self._db.reading() as session:
            return datasets.versions(session, dataset_id)

    def go_back_to_version(self, dataset_id: str, version: int) -> StyleDatasets:
        """Make the style dataset what it was in *version*, as a new version."""
        with self._db.transaction() as session:
            return datasets.go_back(session, dataset_id, version)

    def copy_style_dataset(self, dataset_id: str, project_id: str, name: str | None = None) -> StyleDatasets:
        """Copy a style dataset into a project, with its images when that is another project."""
        with self._db.reading() as session:
            source = datasets.get(session, dataset_id)
            entries = datasets.images(session, dataset_id)
        wanted_name = name or (f"{source.name}, copy" if source.project_id == project_id else source.name)
        new_ids = None if source.project_id == project_id else self._bring_along(entries, project_id)
        with self._db.transaction() as session:
            return datasets.copy(session, dataset_id, project_id, wanted_name, new_ids)

    def _bring_along(self, entries: Sequence[StyleImage], project_id: str) -> dict[str, str]:
        """Add the images to another project and return which id each has there."""
        stored = [entry.image for entry in entries if entry.image is not None]
        files = [(image.image_name, self._images.original_path(image)) for image in stored]
        outcomes = self._images.intake.add_images(project_id, files, source="style", source_ref="")
        made = zip(stored, outcomes, strict=True)
        return {image.id: outcome.image.id for image, outcome in made if outcome.image is not None}

    def delete_style_dataset(self, dataset_id: str) -> bool:
        """Delete a style dataset; its results stay, and it can be brought back."""
        with self._db.transaction() as session:
            datasets.delete(session, dataset_id)
        return True

    def restore_style_dataset(self, dataset_id: str) -> StyleDatasets:
        with self._db.transaction() as session:
            return datasets.restore(session, dataset_id)

    def save_draft(self, dataset_id: str, draft: dict[str, Any]) -> None:
        """Remember the request as it was last left, so that a reload loses nothing."""
        with self._db.transaction() as session:
            dataset = datasets.get(session, dataset_id)
            if dataset.draft != draft:
                dataset.draft = draft

    # --- images and their analysis -------------------------------------------------------------------------

    def add_images(
        self, dataset_id: str, image_ids: Iterable[str] = (), urls: Iterable[str] = ()
    ) -> list[StyleDatasetImages]:
        """Add images of the library, and images by address; those are fetched when they are first needed.

        Raises:
            NotFoundError: the style dataset or one of the images does not exist.
        """
        with self._db.transaction() as session:
            return datasets.add_images(session, dataset_id, image_ids, urls)

    def remove_images(self, dataset_id: str, row_ids: Collection[str]) -> int:
        with self._db.transaction() as session:
            return datasets.remove_images(session, dataset_id, row_ids)

    def list_images(self, dataset_id: str, version: int | None = None, *, limit: int | None = None) -> list[StyleImage]:
        """Return the images of a version, the current one by default."""
        with self._db.reading() as session:
            return datasets.images(session, dataset_id, version, limit=limit)

    def get_image_of_style(self, row_id: str) -> StyleImage:
        """Return one image of a style dataset with its analysis."""
        found = self.images_of_style([row_id])
        if not found:
            raise NotFoundError("This image is not in the style dataset any more.")
        return found[0]

    def images_of_style(self, row_ids: Sequence[str]) -> list[StyleImage]:
        """Return images of style datasets by the ids of their rows, those that are still there."""
        with self._db.reading() as session:
            return datasets.by_ids(session, row_ids)

    def pending_images(self, dataset_id: str, model: str, *, project_id: str | None = None) -> list[StyleDatasetImages]:
        """Return the images that *model* has not analysed; with *project_id* only for a style dataset of it."""
        with self._db.reading() as session:
            if project_id is None:
                datasets.get(session, dataset_id)
            else:
                datasets.of(session, project_id, dataset_id)
            return measuring.pending(session, dataset_id, model)

    def measure_images(self, dataset_id: str, limit: int = MEASURED_AT_ONCE) -> int:
        """Measure up to *limit* images of the library that were not measured; return how many were."""
        with self._db.reading() as session:
            waiting = [entry for entry in datasets.images(session, dataset_id) if not entry.row.analysis_model]
        found: list[Analysed] = []
        for entry in waiting:
            if entry.image is None or len(found) == limit:
                continue
            try:
                found.append(measuring.measure_row(self._images, entry.row, entry.image))
            except VitrineError:
                continue  # it stays unmeasured, and the analysis as a task says why
        with self._db.transaction() as session:
            for analysed in found:
                analysed.write(session)
        return len(found)

    async def analyze_images(self, dataset_id: str, config: dict[str, Any] | None = None) -> list[StyleDatasetImages]:
        """Measure all images, and have them described by the model of *config*; once per image and model.

        Raises:
            LLMError: a call failed in a way that every further one would.
        """
        model = model_config(config)
        waiting = await asyncio.to_thread(self.pending_images, dataset_id, model.litellm_model)
        gate = asyncio.Semaphore(self._db.settings.llm_concurrency)

        async def one(row: StyleDatasetImages) -> None:
            async with gate:
                ledger = self.ledger(purpose="style analysis")
                analysed = await self.analyse_image(row.id, model, ledger)
                await asyncio.to_thread(self._store_analysis, analysed, ledger)

        outcomes = await asyncio.gather(*(one(row) for row in waiting), return_exceptions=True)
        for error in outcomes:
            if isinstance(error, BaseException) and (
                not isinstance(error, VitrineError) or (isinstance(error, LLMError) and error.stops_task)
            ):
                raise error
        return [entry.row for entry in await asyncio.to_thread(self.list_images, dataset_id)]

    async def analyse_image(
        self, row_id: str, model: "ModelConfig", ledger: "DatabaseLedger | None" = None
    ) -> "Analysed":
        """Analyse one image of a style dataset without storing anything."""
        return await measuring.analyse_row(self._db, self._llm, self._images, self.shelf, row_id, model, ledger)

    def edit_analysis(self, row_id: str, changes: dict[str, Any]) -> StyleDatasetImages:
        """Write a person's words over an analysis; nothing overwrites them later."""
        with self._db.transaction() as session:
            row = session.get(StyleDatasetImages, row_id)
            if row is None:
                raise NotFoundError("This image is not in the style dataset any more.")
            row.analysis_result = analysis.edited_analysis(row.analysis_result, changes)
            row.analysis_model = measuring.PERSON
            return row

    def ledger(self, task_id: str | None = None, item_id: int | None = None, purpose: str = "") -> "DatabaseLedger":
        from core.llm import DatabaseLedger

        return DatabaseLedger(self._db, task_id=task_id, item_id=item_id, purpose=purpose)

    def _store_analysis(self, analysed: "Analysed", ledger: "DatabaseLedger") -> None:
        with self._db.transaction() as session:
            analysed.write(session)
            if analysed.reply is not None:
                ledger.settle(session, analysed.reply)


def _own_images(session: Session, project_id: str) -> list[str]:
    """Return the newest images of a project that were neither generated nor look like another."""
    own = select(Images.id).where(
        Images.project_id == project_id,
        in_library(),
        Images.source != GENERATED,
        col(Images.near_duplicate_of).is_(None),
    )
    return list(session.exec(own.order_by(col(Images.create_at).desc()).limit(FIRST_STYLE_IMAGES)))


def model_config(config: dict[str, Any] | None) -> "ModelConfig":
    """Read the promised configuration; None is the built-in model that measures."""
    from core.llm import OFFLINE_MODEL, ModelConfig

    return ModelConfig.from_dict(config or {"model": OFFLINE_MODEL})
