"""The service of generated images: history, keep, discard, rate."""

from typing import TYPE_CHECKING

from core import audit
from core.db import Database, GeneratedImages, Images
from core.errors import NotFoundError
from core.style import results
from core.style.results import Result, ResultFilter, ResultPage, UsedReference

if TYPE_CHECKING:
    from core.style.analysis_service import StyleAnalysisService
    from core.style.dataset_service import StyleDatasetService


class StyleResultService:
    """The results of generation: a result is hidden until a person keeps its image in the project."""

    def __init__(
        self,
        db_session: Database,
        dataset_service: "StyleDatasetService",
        analysis_service: "StyleAnalysisService",
    ) -> None:
        self._db = db_session
        self._datasets = dataset_service
        self._analysis = analysis_service

    def get_result(self, generated_id: str) -> Result:
        """Return a result with its image.

        Raises:
            NotFoundError: there is no such result.
        """
        with self._db.reading() as session:
            row = results.get(session, generated_id)
            return Result(row, results.image_of(session, row))

    def history(
        self, project_id: str, filter_: ResultFilter | None = None, *, limit: int = 24, after: str | None = None
    ) -> ResultPage:
        """Return a page of results, newest first (keyset pagination).

        Args:
            project_id: the project.
            filter_: which of its results; by default all that were not discarded.
            limit: results on the page.
            after: ``next_cursor`` of the page before.
        """
        with self._db.reading() as session:
            return results.find(session, project_id, filter_ or ResultFilter(), limit=limit, after=after)

    def models_used(self, project_id: str) -> list[str]:
        """Return the models that made results of the project, by name."""
        with self._db.reading() as session:
            return results.models_used(session, project_id)

    def images_of(self, rows: list[GeneratedImages]) -> dict[str, Images]:
        """Return the images of results by their ids, without deleted ones."""
        with self._db.reading() as session:
            return results.images_of(session, rows)

    def references_used(self, generated_id: str) -> list[UsedReference]:
        """Return the references of a result in their order, including those that could not be sent."""
        with self._db.reading() as session:
            return results.references_used(session, generated_id)

    def keep(self, generated_id: str, actor: str = "local") -> Images:
        """Put the image of a result into the library of the project, marked as generated.

        Raises:
            NotFoundError: there is no such result, or its image is gone.
        """
        with self._db.transaction() as session:
            image = results.keep(session, generated_id, actor)
            audit.record(session, "result.keep", results.get(session, generated_id), actor=actor)
            return image

    def unkeep(self, generated_id: str, actor: str = "local") -> GeneratedImages:
        """Undo ``keep``: hide the image again; the result stays in the history."""
        with self._db.transaction() as session:
            row = results.unkeep(session, generated_id, actor)
            audit.record(session, "result.hide", row, actor=actor)
            return row

    def discard(self, generated_id: str) -> GeneratedImages:
        """Remove a result from the history (soft delete); a kept image stays in the project."""
        with self._db.transaction() as session:
            row = results.discard(session, generated_id)
            audit.record(session, "result.discard", row)
            return row

    def restore(self, generated_id: str) -> GeneratedImages:
        """Undo ``discard``."""
        with self._db.transaction() as session:
            row = results.restore(session, generated_id)
            audit.record(session, "result.restore", row)
            return row

    def rate(self, generated_id: str, rating: int) -> GeneratedImages:
        """Store a person's rating: 1 good, -1 bad, 0 none.

        Raises:
            InvalidInputError: *rating* is another number.
        """
        with self._db.transaction() as session:
            row = results.rate(session, generated_id, rating)
            audit.record(session, "result.rate", row, rating=str(rating))
            return row

    def use_as_reference(self, generated_id: str, dataset_id: str) -> None:
        """Add the image of a result to a style dataset and measure it.

        Raises:
            NotFoundError: the result, its image or the style dataset does not exist any more.
        """
        found = self.get_result(generated_id)
        if found.image is None:
            raise NotFoundError("The image of this result was deleted. Run it again.")
        self._datasets.add_images(dataset_id, [found.image.id])
        self._analysis.measure_images(dataset_id)
