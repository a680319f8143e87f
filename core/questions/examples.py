"""Few-shot examples: confirmed entries that are sent with their images before the image in question."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from core.db import ImageDatasets, Images, in_library
from core.errors import InvalidInputError
from core.llm import ImagePart
from core.questions import prompts
from core.questions.image_sets import ImageSet

if TYPE_CHECKING:
    from core.images import ImageService


@dataclass(frozen=True)
class Examples:
    """The images of the examples in order, and the text about them that is added to the prompt."""

    parts: tuple[ImagePart, ...] = ()
    text: str = ""

    def prompt(self, prompt: str) -> str:
        """Return *prompt* with the text about the examples."""
        return f"{prompt}\n\n{self.text}" if self.parts else prompt

    def images(self, image: ImagePart) -> tuple[ImagePart, ...]:
        """Return the images to send: those of the examples, then *image*."""
        return (*self.parts, image)


NO_EXAMPLES = Examples()

SentWith = Examples | ImageSet
"""What is sent with an image: examples before it, or the other images of its set behind it."""


def suggest(session: Session, project_id: str, language: str, count: int) -> list[str]:
    """Return the ids of at most *count* confirmed entries of different images, highest score and newest first."""
    query = (
        select(ImageDatasets.id, ImageDatasets.image_id)
        .join(Images, col(Images.id) == ImageDatasets.image_id)
        .where(
            ImageDatasets.project_id == project_id, ImageDatasets.language == language,
            col(ImageDatasets.confirmed).is_(True), col(ImageDatasets.deleted_at).is_(None),
            in_library(),
        )
        .order_by(col(ImageDatasets.score).desc(), col(ImageDatasets.update_at).desc())
    )  # fmt: skip
    chosen: dict[str, str] = {}
    for entry_id, image_id in session.exec(query.limit(count * 25)):
        chosen.setdefault(image_id, entry_id)
    return list(chosen.values())[:count]


@dataclass(frozen=True)
class Example:
    """A confirmed entry and its image in the size that is sent."""

    entry: ImageDatasets
    part: ImagePart


def read(session: Session, project_id: str, entry_ids: list[str]) -> list[tuple[ImageDatasets, Images]]:
    """Return the entries in their order with their images.

    Raises:
        InvalidInputError: an entry is not confirmed any more, or belongs to another project.
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
    return [found[id_] for id_ in entry_ids]


def load(rows: list[tuple[ImageDatasets, Images]], images: "ImageService", max_side_px: int | None) -> list[Example]:
    """Read the images of the examples."""
    sent = [images.model_image(image, max_side_px) for _, image in rows]
    return [Example(entry, ImagePart(part.data, part.mime_type)) for (entry, _), part in zip(rows, sent, strict=True)]


def build(loaded: list[Example], language: str, *, without: str) -> Examples:
    """Return the examples as they are sent.

    Args:
        without: Id of the image in question; as its own example the model would only copy its answer.
    """
    others = [example for example in loaded if example.entry.image_id != without]
    if not others:
        return NO_EXAMPLES
    lines = [
        f"{number}. {example.entry.question} {example.entry.answer}" for number, example in enumerate(others, start=1)
    ]
    text = prompts.load("examples", language).render(count=str(len(others)), examples="\n".join(lines))
    return Examples(tuple(example.part for example in others), text)
