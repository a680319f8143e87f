"""Measuring and describing the images of a style dataset: once per image and model."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from core.db import Database, Images, StyleDatasetImages
from core.errors import NotFoundError
from core.style import analysis

if TYPE_CHECKING:
    from core.images import ImageFile, ImageService
    from core.llm import LLMService, ModelConfig
    from core.llm.ledger import Ledger
    from core.style.features import StyleFeatures
    from core.style.hidden_images import HiddenImages

PERSON = "person"
"""Stands for the model where a person wrote the words: nothing overwrites those."""

DESCRIBED_SIDE_PX = 768


@dataclass(frozen=True)
class Analysed:
    """What was found out about one image, not stored yet."""

    row_id: str
    analysis: dict[str, Any]
    features: dict[str, Any]
    model: str
    reply: Any = None

    def write(self, session: Session) -> StyleDatasetImages:
        """Store it; the words of a person stay."""
        row = session.get(StyleDatasetImages, self.row_id)
        if row is None:
            raise NotFoundError("This image was taken out of the style dataset meanwhile.")
        row.features = self.features
        if row.analysis_model == PERSON:
            row.analysis_result = row.analysis_result | {"measured": self.analysis["measured"]}
        else:
            row.analysis_result, row.analysis_model = self.analysis, self.model
        return row


def style_of(images: "ImageService", image: "ImageFile") -> "StyleFeatures":
    """Return the style features of a stored image; blocks for a few milliseconds."""
    from PIL import Image

    from core.style.features import measure_style

    # The thumbnail is Vitrine's own: it was decoded in the sandbox and written anew.
    with Image.open(images.thumbnail_path(image)) as thumbnail:
        return measure_style(thumbnail)


def palette_of(images: "ImageService", image: "ImageFile") -> list[dict[str, Any]]:
    """Return the dominant colors of a stored image: name, hex, share."""
    from PIL import Image

    from core.measure import measure

    with Image.open(images.thumbnail_path(image)) as thumbnail:
        return analysis.palette(measure(thumbnail))


def measure_row(images: "ImageService", row: StyleDatasetImages, image: Images) -> Analysed:
    """Measure an image of a style dataset; blocks for a few milliseconds."""
    from PIL import Image

    from core.measure import measure
    from core.style.features import measure_style

    with Image.open(images.thumbnail_path(image)) as thumbnail:
        features = measure_style(thumbnail)
        words = analysis.measured_analysis(measure(thumbnail), features)
    return Analysed(row.id, words, features.to_json(), _offline())


def pending(session: Session, dataset_id: str, model: str) -> list[StyleDatasetImages]:
    """Return the images of the current version that *model* has not analysed yet.

    What was measured stays measured: only a model with words of its own comes after it.
    """
    row = StyleDatasetImages
    query = select(row).where(row.dataset_id == dataset_id, col(row.removed_in).is_(None))
    if model == _offline():
        query = query.where(row.analysis_model == "")
    else:
        query = query.where(col(row.analysis_model).not_in([model, PERSON]))
    return list(session.exec(query.order_by(col(row.position))))


def known_elsewhere(session: Session, row: StyleDatasetImages, model: str) -> StyleDatasetImages | None:
    """Return another row of the same image that *model* has analysed."""
    if row.image_id is None:
        return None
    same = select(StyleDatasetImages).where(
        StyleDatasetImages.image_id == row.image_id,
        StyleDatasetImages.analysis_model == model,
        StyleDatasetImages.id != row.id,
    )
    return session.exec(same.limit(1)).first()


async def analyse_row(
    db_session: Database,
    llm: "LLMService",
    images: "ImageService",
    shelf: "HiddenImages",
    row_id: str,
    config: "ModelConfig",
    ledger: "Ledger | None" = None,
) -> Analysed:
    """Measure one image of a style dataset, and let a vision model describe it unless the model only measures.

    Raises:
        VitrineError: the image cannot be fetched or opened, or the model's reply cannot be used.
    """
    row, project_id, known = await asyncio.to_thread(_look_up, db_session, row_id, config.litellm_model)
    if known is not None:
        return Analysed(row.id, known.analysis_result, known.features, known.analysis_model)
    image = await asyncio.to_thread(_image_of, db_session, row)
    if image is None:
        kept = await shelf.fetch(row.image_url)
        image = (await asyncio.to_thread(shelf.remember, project_id, {row.id: kept}))[row.id]
    measured = await asyncio.to_thread(measure_row, images, row, image)
    if config.is_offline:
        return measured
    return await _described(llm, images, image, config, measured, ledger)


async def _described(
    llm: "LLMService",
    images: "ImageService",
    image: Images,
    config: "ModelConfig",
    measured: Analysed,
    ledger: "Ledger | None",
) -> Analysed:
    from core.llm import ChatRequest, ImagePart, Purpose
    from core.llm.schemas import StyleAnalysis

    model_image = await asyncio.to_thread(images.model_image, image, DESCRIBED_SIDE_PX)
    request = ChatRequest(
        analysis.PROMPT,
        images=(ImagePart(model_image.data, model_image.mime_type),),
        schema=StyleAnalysis,
        purpose=Purpose("style_analysis"),
    )
    reply = await llm.chat(config, request, ledger=ledger)
    said = reply.parsed.model_dump() if reply.parsed else {}
    words = analysis.described_analysis(measured.analysis, said)
    return Analysed(measured.row_id, words, measured.features, config.litellm_model, reply)


def _look_up(
    db_session: Database, row_id: str, model: str
) -> tuple[StyleDatasetImages, str, StyleDatasetImages | None]:
    from core.db import StyleDatasets

    with db_session.reading() as session:
        row = session.get(StyleDatasetImages, row_id)
        dataset = session.get(StyleDatasets, row.dataset_id) if row else None
        if row is None or dataset is None:
            raise NotFoundError("This image is not in the style dataset any more.")
        return row, dataset.project_id, known_elsewhere(session, row, model)


def _image_of(db_session: Database, row: StyleDatasetImages) -> Images | None:
    with db_session.reading() as session:
        return session.get(Images, row.image_id) if row.image_id else None


def _offline() -> str:
    from core.llm.types import OFFLINE_MODEL

    return OFFLINE_MODEL
