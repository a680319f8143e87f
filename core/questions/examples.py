"""Examples: confirmed entries that a model sees with their images before the one it is asked about."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from core.db import ImageDatasets, Images
from core.errors import InvalidInputError
from core.llm import ImagePart
from core.questions import prompts

if TYPE_CHECKING:
    from core.images import ImageService


@dataclass(frozen=True)
class Examples:
    """The images of the examples in order, and what is said of them after the prompt."""

    parts: tuple[ImagePart, ...] = ()
    text: str = ""

    def prompt(self, prompt: str) -> str:
        return f"{prompt}\n\n{self.text}" if self.parts else prompt

    def images(self, image: ImagePart) -> tuple[ImagePart, ...]:
        """Return what is sent: the examples first, the image that is meant last."""
        return (*self.parts, image)


NONE = Examples()


def suggest(session: Session, project_id: str, language: str, count: int) -> list[str]:
    """Return the ids of the best confirmed entries, best rated and newest first, each of another image."""
    query = (
        select(ImageDatasets.id, ImageDatasets.image_id)
        .join(Images, col(Images.id) == ImageDatasets.image_id)
        .where(
            ImageDatasets.project_id == project_id, ImageDatasets.language == language,
            col(ImageDatasets.confirmed).is_(True), col(ImageDatasets.deleted_at).is_(None),
            col(Images.deleted_at).is_(None),
        )
        .order_by(col(ImageDatasets.score).desc(), col(ImageDatasets.update_at).desc())
    )  # fmt: skip
    chosen: dict[str, str] = {}
    for entry_id, image_id in session.exec(query.limit(count * 25)):
        chosen.setdefault(image_id, entry_id)
    return list(chosen.values())[:count]


def read(
    session: Session, project_id: str, entry_ids: list[str], *, without: str
) -> list[tuple[ImageDatasets, Images]]:
    """Return the entries in their order with their images; those of the image *without* are left out.

    Raises:
        InvalidInputError: an entry is not confirmed any more, or not of this project.
    """
    query = (
        select(ImageDatasets, Images)
        .join(Images, col(Images.id) == ImageDatasets.image_id)
        .where(
            col(ImageDatasets.id).in_(entry_ids), ImageDatasets.project_id == project_id,
            col(ImageDatasets.confirmed).is_(True), col(ImageDatasets.deleted_at).is_(None),
        )
    )  # fmt: skip
    found = {entry.id: (entry, image) for entry, image in session.exec(query)}
    if any(id_ not in found for id_ in entry_ids):
        message = "An example is not confirmed any more. Choose the examples again."
        raise InvalidInputError(message, field="example_ids")
    # An image that is its own example would only be copied.
    return [found[id_] for id_ in entry_ids if found[id_][1].id != without]


def made_of(
    rows: list[tuple[ImageDatasets, Images]], images: "ImageService", language: str, max_side_px: int | None
) -> Examples:
    """Return what is sent of the examples; reads their images."""
    if not rows:
        return NONE
    parts, lines = [], []
    for number, (entry, image) in enumerate(rows, start=1):
        sent = images.model_image(image, max_side_px)
        parts.append(ImagePart(sent.data, sent.mime_type))
        lines.append(f"{number}. {entry.question} {entry.answer}")
    text = prompts.load("examples", language).render(count=str(len(rows)), examples="\n".join(lines))
    return Examples(tuple(parts), text)
