"""Questions of the kind ``grounding``: what is asked for, and how the boxes of a reply are read."""

from typing import TYPE_CHECKING

from core.llm import ImagePart
from core.llm.schemas import PlacedAnswer, PlacedQuestion, SeenAnswer, SeenQuestion
from core.questions import prompts
from core.questions.text import GROUNDING
from core.vision.boxes import BoxReading, asked_form, read_boxes

if TYPE_CHECKING:
    from core.db import Images, Questions
    from core.images import ModelImage

MARK = GROUNDING
"""Stands behind a question that is to be answered with boxes."""

_NO_BOX = "The model gave no box. Draw it, or ask again."


def is_grounding(question: "Questions") -> bool:
    """Return whether the answer to a question is to have boxes."""
    return question.kind.strip().lower() == GROUNDING


def image_part(sent: "ModelImage", original: "Images") -> ImagePart:
    """Return an image as it is sent, with the sizes that boxes depend on."""
    width, height = original.width, original.height
    size_wh = (width, height) if width and height else None
    return ImagePart(sent.data, sent.mime_type, size_wh=sent.size_wh, original_wh=size_wh)


def add_kind(prompt: str, language: str) -> str:
    """Return *prompt* with the text that says what questions of this kind ask."""
    return f"{prompt}\n\n{prompts.load('grounding', language).text.strip()}"


def add_boxes(prompt: str, language: str, image: ImagePart, model: str) -> str:
    """Return *prompt* with the text that asks for boxes in the form that *model* knows."""
    form = asked_form(image.size_wh or (0, 0), model)
    return f"{prompt}\n\n{prompts.load('boxes', language).render(**form)}"


def read(given: PlacedAnswer | PlacedQuestion, kind: str, model: str, image: ImagePart) -> BoxReading:
    """Return the boxes of an answer in px of the upright original of *image*."""
    if isinstance(given, SeenAnswer | SeenQuestion):
        return BoxReading(given.boxes, given.doubt)
    boxes = given.boxes
    sent, original = image.size_wh, image.original_wh
    if boxes and sent and original:
        return read_boxes(boxes, model, sent, original)
    return BoxReading(problem=_NO_BOX if kind.strip().lower() == GROUNDING else "")
