"""The service that analyzes the images of style datasets: measured always, described by a vision model on request."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from core import audit
from core.db import Database, Images, StyleDatasetImages, StyleDatasets
from core.errors import LLMError, NotFoundError, VitrineError
from core.progress import Progress, ShowProgress, shown
from core.style import analysis, datasets, measuring
from core.style.measuring import PERSON
from core.style.models import model_config

if TYPE_CHECKING:
    from core.images import ImageService
    from core.llm import ChatReply, DatabaseLedger, LLMService, ModelConfig
    from core.style.hidden_images import HiddenImages

MAX_MEASURED_AT_ONCE = 60
"""Measured while a person waits: under a second when the thumbnails exist."""
MAX_MEASURING_S = 1.0
"""On a busy machine a person waits no longer, once some are measured; pages start a task that measures the rest."""
MEASURED_ANYWAY = 12
"""However long they take: as many as the page shows at first."""

DESCRIBED_SIDE_PX = 768
"""Longer side of the image that a vision model describes: enough for its style."""


@dataclass(frozen=True)
class ImageAnalysis:
    """The analysis of one image of a style dataset, not stored yet."""

    row_id: str
    analysis: dict[str, Any]
    features: dict[str, Any]
    model: str
    reply: "ChatReply | None" = None
    ledger: "DatabaseLedger | None" = field(default=None, repr=False)

    def write(self, session: Session) -> StyleDatasetImages:
        """Store the analysis and settle its call. A description edited by a person is kept.

        Raises:
            NotFoundError: the row does not exist any more.
        """
        row = session.get(StyleDatasetImages, self.row_id)
        if row is None:
            raise NotFoundError("This image was removed from the style dataset meanwhile.")
        row.features = self.features
        if row.analysis_model == PERSON:
            row.analysis_result = row.analysis_result | {"measured": self.analysis["measured"]}
        else:
            row.analysis_result, row.analysis_model = self.analysis, self.model
        if self.ledger is not None and self.reply is not None:
            self.ledger.settle(session, self.reply)
        return row


class StyleAnalysisService:
    """Measures the images of style datasets, and has vision models describe them."""

    def __init__(
        self,
        db_session: Database,
        llm_service: "LLMService",
        image_service: "ImageService",
        hidden_images: "HiddenImages",
    ) -> None:
        self._db = db_session
        self._llm = llm_service
        self._images = image_service
        self._hidden = hidden_images

    def pending_images(self, dataset_id: str, model: str, *, project_id: str | None = None) -> list[StyleDatasetImages]:
        """Return the images that *model* has not analyzed yet.

        Raises:
            NotFoundError: there is no such style dataset.
            InvalidInputError: it belongs to another project than *project_id*.
        """
        with self._db.reading() as session:
            if project_id is None:
                datasets.get(session, dataset_id)
            else:
                datasets.of(session, project_id, dataset_id)
            return measuring.pending(session, dataset_id, model)

    def measure_images(self, dataset_id: str, limit: int = MAX_MEASURED_AT_ONCE) -> int:
        """Measure up to *limit* stored images that are not analyzed yet, and return how many were measured.

        It ends after a second, once 12 are measured.
        """
        with self._db.reading() as session:
            waiting = [entry for entry in datasets.images(session, dataset_id) if not entry.row.analysis_model]
        found: list[ImageAnalysis] = []
        began = time.monotonic()
        for entry in waiting:
            is_late = len(found) >= MEASURED_ANYWAY and time.monotonic() - began > MAX_MEASURING_S
            if len(found) == limit or is_late:
                break
            if entry.image is None:
                continue
            try:
                found.append(self._measure(entry.row, entry.image))
            except VitrineError:
                continue  # it stays unmeasured, and the analysis task reports the error
        with self._db.transaction() as session:
            for analyzed in found:
                analyzed.write(session)
        return len(found)

    async def analyze_images(
        self, dataset_id: str, config: dict[str, Any] | None = None, *, progress: ShowProgress = None
    ) -> list[StyleDatasetImages]:
        """Measure all images and have the model of *config* describe them, each image once per model.

        An image that cannot be analyzed is left as it was.

        Args:
            dataset_id: the style dataset.
            config: the model; the offline model by default.
            progress: a callback for the share (0 to 1) and the step; True shows a bar, as notebooks do.

        Raises:
            LLMError: a call failed with an error that every further call would meet.
        """
        model = model_config(config)
        pending = await asyncio.to_thread(self.pending_images, dataset_id, model.litellm_model)
        with shown(progress, "Analyzing the style") as show:
            outcomes = await self._analyze_all(pending, model, show)
        await asyncio.to_thread(self._record, dataset_id, model.litellm_model, len(pending))
        _raise_fatal(outcomes)
        return [entry.row for entry in await asyncio.to_thread(self._list_images, dataset_id)]

    async def _analyze_all(
        self, rows: Sequence[StyleDatasetImages], model: "ModelConfig", show: Progress
    ) -> list[BaseException | None]:
        semaphore, ended = asyncio.Semaphore(self._db.settings.llm_concurrency), 0

        async def analyze(row: StyleDatasetImages) -> None:
            nonlocal ended
            try:
                async with semaphore:
                    analyzed = await self.analyze_image(row.id, model)
                    await asyncio.to_thread(self._store, analyzed)
            finally:
                ended += 1
                show(ended / len(rows), f"{ended:,} of {len(rows):,}")

        return await asyncio.gather(*(analyze(row) for row in rows), return_exceptions=True)

    async def analyze_image(
        self, row_id: str, model: "ModelConfig", *, task_id: str | None = None, item_id: int | None = None
    ) -> ImageAnalysis:
        """Analyze one image of a style dataset; the caller stores the result with ``ImageAnalysis.write``.

        Raises:
            VitrineError: the image cannot be fetched or opened, or the model's reply cannot be used.
        """
        row, project_id, known = await asyncio.to_thread(self._look_up, row_id, model.litellm_model)
        if known is not None:
            return ImageAnalysis(row.id, known.analysis_result, known.features, known.analysis_model)
        image = await asyncio.to_thread(self._stored_image, row)
        if image is None:
            fetched = await self._hidden.fetch(row.image_url)
            image = (await asyncio.to_thread(self._hidden.record, project_id, {row.id: fetched}))[row.id]
        measured = await asyncio.to_thread(self._measure, row, image)
        if model.is_offline:
            return measured
        return await self._describe(image, model, measured, task_id, item_id)

    def edit_analysis(self, row_id: str, edits: dict[str, Any]) -> StyleDatasetImages:
        """Replace fields of an analysis by a person's text; no later analysis overwrites it.

        Raises:
            NotFoundError: the row does not exist any more.
        """
        with self._db.transaction() as session:
            row = session.get(StyleDatasetImages, row_id)
            if row is None:
                raise NotFoundError("This image is not in the style dataset any more. Choose another one.")
            row.analysis_result = analysis.edited_analysis(row.analysis_result, edits)
            row.analysis_model = PERSON
            dataset = session.get_one(StyleDatasets, row.dataset_id)
            audit.record(session, "style.change", dataset, edited="the description of an image")
            return row

    def _measure(self, row: StyleDatasetImages, image: Images) -> ImageAnalysis:
        from core.llm import OFFLINE_MODEL

        words, features = measuring.measure_image(self._images, image)
        return ImageAnalysis(row.id, words, features.to_json(), OFFLINE_MODEL)

    async def _describe(
        self, image: Images, model: "ModelConfig", measured: ImageAnalysis, task_id: str | None, item_id: int | None
    ) -> ImageAnalysis:
        """Describe a measured image by a vision model."""
        from core.llm import ChatRequest, DatabaseLedger, ImagePart, Purpose
        from core.llm.schemas import StyleAnalysis

        ledger = DatabaseLedger(self._db, task_id=task_id, item_id=item_id, purpose="style analysis")
        model_image = await asyncio.to_thread(self._images.model_image, image, DESCRIBED_SIDE_PX)
        part = ImagePart(model_image.data, model_image.mime_type)
        request = ChatRequest(analysis.PROMPT, images=(part,), schema=StyleAnalysis, purpose=Purpose("style_analysis"))
        reply = await self._llm.chat(model, request, ledger=ledger)
        described = reply.parsed.model_dump() if reply.parsed else {}
        words = analysis.described_analysis(measured.analysis, described)
        return ImageAnalysis(measured.row_id, words, measured.features, model.litellm_model, reply, ledger)

    def _look_up(self, row_id: str, model: str) -> tuple[StyleDatasetImages, str, StyleDatasetImages | None]:
        """Return the row, its project, and a row of the same image that *model* has analyzed already."""
        with self._db.reading() as session:
            row = session.get(StyleDatasetImages, row_id)
            dataset = session.get(StyleDatasets, row.dataset_id) if row else None
            if row is None or dataset is None:
                raise NotFoundError("This image is not in the style dataset any more. Choose another one.")
            return row, dataset.project_id, measuring.analyzed_elsewhere(session, row, model)

    def _stored_image(self, row: StyleDatasetImages) -> Images | None:
        with self._db.reading() as session:
            return session.get(Images, row.image_id) if row.image_id else None

    def _list_images(self, dataset_id: str) -> list[datasets.StyleImage]:
        with self._db.reading() as session:
            return datasets.images(session, dataset_id)

    def _record(self, dataset_id: str, model: str, images: int) -> None:
        with self._db.transaction() as session:
            dataset = datasets.get(session, dataset_id)
            audit.record(session, "style.analyze", dataset, model=model, images=images)

    def _store(self, analyzed: ImageAnalysis) -> None:
        with self._db.transaction() as session:
            analyzed.write(session)


def _raise_fatal(outcomes: Sequence[BaseException | None]) -> None:
    """Raise the first error that would affect every image."""
    for error in outcomes:
        if error is None or (
            isinstance(error, VitrineError) and not (isinstance(error, LLMError) and error.stops_task)
        ):
            continue
        raise error
