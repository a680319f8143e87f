"""A vision model as judge of a result: five narrow questions with evidence, which explain more than one grade."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from core.db import GeneratedImages, Images
from core.errors import InvalidInputError, NotFoundError, VitrineError
from core.style import results

if TYPE_CHECKING:
    from core.images import ImageService
    from core.llm import ChatReply, CostEstimate, ImagePart, LLMService, ModelConfig
    from core.llm.ledger import DatabaseLedger

QUESTIONS = {
    "palette": "Does it use the colors of the references?",
    "light": "Is it lit as they are: as light or dark, as hard or soft?",
    "texture": "Does its surface look made as theirs: medium, grain, strokes, edges?",
    "composition": "Is its space used alike: framing, viewpoint, how much is left empty?",
    "mood": "Does it feel as they do?",
}
"""The questions to the judge, by the name of the field of its reply."""

PROMPT = "\n".join(
    (
        "Compare the style of the new image, the last one, with the references before it. "
        "Judge how it looks, not what it shows. Answer each question with yes, partly or no, and give the evidence: "
        "one short sentence that names what you see in the new image and in the references.",
        *(f"{name}: {question}" for name, question in QUESTIONS.items()),
    )
)

MAX_REFERENCES = 5
"""References shown to the judge: more of them cost more and change little."""

SIDE_PX = 768
"""Longer side of each image shown to the judge."""

_REPLY_TOKENS = 250  # five short sentences


@dataclass(frozen=True)
class JudgeInput:
    """A result and the references it was made with, as far as they still exist."""

    generated: GeneratedImages
    image: Images
    references: tuple[Images, ...]

    def cost(self, llm: "LLMService", model: str) -> "CostEstimate | None":
        """Return the estimated cost of one judgment by *model*; None when its price is unknown."""
        images = len(self.references) + 1
        return llm.estimate_call(model, (SIDE_PX, SIDE_PX), len(PROMPT), _REPLY_TOKENS, images=images)


def judge_input(session: Session, generated_id: str) -> JudgeInput:
    """Return what the judge of a result is shown.

    Raises:
        NotFoundError: the result or its image does not exist any more.
        InvalidInputError: there are no references to compare it with.
    """
    row = results.get(session, generated_id)
    image = results.image_of(session, row)
    if image is None:
        raise NotFoundError("The image of this result was deleted. Run it again.")
    used = [session.get(Images, reference["image_id"]) for reference in row.recipe.get("references", [])]
    references = tuple(reference for reference in used if reference is not None)[:MAX_REFERENCES]
    if not references:
        raise InvalidInputError("This image was made without references, so there is no style to compare it with.")
    return JudgeInput(row, image, references)


async def ask(
    llm: "LLMService", images: "ImageService", shown: JudgeInput, config: "ModelConfig", ledger: "DatabaseLedger"
) -> "ChatReply":
    """Ask the model of *config* the five questions.

    Raises:
        InvalidInputError: none of the references can be opened any more.
        LLMError: the model could not be reached, or its reply cannot be used.
    """
    from core.llm import ChatRequest, Purpose
    from core.llm.schemas import StyleJudgment

    parts = await asyncio.to_thread(_parts, images, shown)
    request = ChatRequest(PROMPT, images=parts, schema=StyleJudgment, purpose=Purpose("style_judgement"))
    return await llm.chat(config, request, ledger=ledger)


def write(session: Session, generated_id: str, reply: "ChatReply", ledger: "DatabaseLedger") -> GeneratedImages:
    """Store the verdicts with the match score of the result, and settle the call."""
    row = results.get(session, generated_id)
    answers: dict[str, Any] = reply.parsed.model_dump() if reply.parsed else {}
    verdicts = [{"question": name, **answers[name]} for name in QUESTIONS if name in answers]
    row.match = row.match | {"judge": {"model": reply.model, "cost": reply.cost, "verdicts": verdicts}}
    ledger.settle(session, reply)
    return row


def _parts(images: "ImageService", shown: JudgeInput) -> "tuple[ImagePart, ...]":
    """Return the references that can be opened, and the new image last."""
    from core.llm import ImagePart

    parts: list[ImagePart] = []
    for image in shown.references:
        try:
            opened = images.model_image(image, SIDE_PX)
        except VitrineError:
            continue  # as in generation: a reference never fails the request
        parts.append(ImagePart(opened.data, opened.mime_type, f"Reference {len(parts) + 1}:"))
    if not parts:
        raise InvalidInputError(
            "None of the references of this image can be opened any more, so there is nothing to compare it with."
        )
    new = images.model_image(shown.image, SIDE_PX)
    return (*parts, ImagePart(new.data, new.mime_type, "New image:"))
