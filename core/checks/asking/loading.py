"""Reading what is sent to models about an entry."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlmodel import Session, col, or_, select

from core.checks.asking.base import AskedEntry
from core.db import Database, ImageDatasets, Images
from core.errors import VitrineError
from core.llm import ImagePart, LLMService, ModelConfig
from core.questions import ImageEvidence, grounding

if TYPE_CHECKING:
    from core.images import ImageService


class EntryLoader:
    """Reads entries with their images as they are sent to models."""

    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = db_session
        self._images = image_service
        self.evidence = ImageEvidence(db_session, llm_service, image_service)

    async def load(
        self, entry_id: str, models: Sequence[ModelConfig], *, with_images: bool, with_rejected: bool = False
    ) -> AskedEntry | None:
        """Return an entry with its images for each model; None when it is deleted or rejected.

        Raises:
            VitrineError: an image cannot be read.
        """
        loaded = await asyncio.to_thread(
            self.read, entry_id, models, with_images=with_images, with_rejected=with_rejected
        )
        if loaded is None:
            return None
        entry, images = loaded
        completed = [
            tuple([await self.evidence.complete(image, part, model) for image, part in zip(images, parts, strict=True)])
            for model, parts in zip(models, entry.images, strict=True)
        ]
        return replace(entry, images=tuple(completed))

    def read(
        self, entry_id: str, models: Sequence[ModelConfig], *, with_images: bool, with_rejected: bool = True
    ) -> tuple[AskedEntry, list[Images]] | None:
        """Return an entry and its images, with the evidence that is stored; looks for nothing."""
        with self._db.reading() as session:
            row = session.get(ImageDatasets, entry_id)
            if row is None or row.deleted_at is not None or (row.rejected and not with_rejected):
                return None
            turns, people = _earlier_turns(session, row), _answers_of_people(session, row)
            found = [session.get(Images, id_) for id_ in row.image_ids] if with_images else []
        images = [image for image in found if image is not None]
        seen = self.evidence.stored(images)
        sides = {model.max_side_px for model in models}
        sent = {side: self._parts(images, side) for side in sides}
        parts = [
            tuple(
                replace(part, seen=seen[image.id]) for image, part in zip(images, sent[model.max_side_px], strict=True)
            )
            for model in models
        ]
        entry = AskedEntry(
            id=row.id, question=row.question, answer=row.answer, answer_type=row.answer_type, options=row.options,
            kind=row.kind, language=row.language, model=row.model, people=people, turns=turns,
            image_names=tuple(image.image_name for image in images), images=tuple(parts),
        )  # fmt: skip
        return entry, images

    def _parts(self, images: Sequence[Images], max_side_px: int | None) -> list[ImagePart]:
        parts = []
        for image, sent in zip(images, self._images.model_images(images, max_side_px), strict=True):
            if isinstance(sent, VitrineError):
                raise sent
            parts.append(grounding.image_part(sent, image))
        return parts


def _earlier_turns(session: Session, row: ImageDatasets) -> tuple[tuple[str, str], ...]:
    if row.conversation_id is None:
        return ()
    query = select(ImageDatasets.question, ImageDatasets.answer).where(
        ImageDatasets.conversation_id == row.conversation_id, col(ImageDatasets.turn) < row.turn,
        ImageDatasets.project_id == row.project_id, col(ImageDatasets.deleted_at).is_(None),
    )  # fmt: skip
    return tuple(session.exec(query.order_by(col(ImageDatasets.turn))).all())


def _answers_of_people(session: Session, row: ImageDatasets) -> tuple[str, ...]:
    """Return what people answered or confirmed to the question about the image; nothing when it is one answer."""
    same_image = select(ImageDatasets.question, ImageDatasets.answer).where(
        ImageDatasets.image_id == row.image_id, ImageDatasets.more_image_ids == row.more_image_ids,
        ImageDatasets.project_id == row.project_id, ImageDatasets.answer_type == row.answer_type,
        col(ImageDatasets.deleted_at).is_(None), col(ImageDatasets.rejected).is_(False),
        or_(col(ImageDatasets.model) == "", col(ImageDatasets.confirmed).is_(True), col(ImageDatasets.id) == row.id),
    )  # fmt: skip
    asked = row.question.strip().casefold()
    rows = session.exec(same_image.order_by(col(ImageDatasets.create_at), col(ImageDatasets.id)))
    answers = tuple(answer for question, answer in rows if question.strip().casefold() == asked)
    return answers if len(answers) > 1 else ()
