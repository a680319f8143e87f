"""A vision model as judge of a result: five narrow questions with evidence, where one mark would say little."""

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
"""What is asked, by the name of its answer."""

PROMPT = "\n".join(
    (
        "Compare the style of the new image, the last one, with the references before it. "
        "Judge how it looks, not what it shows. Answer each question with yes, partly or no, and give the evidence: "
        "one short sentence that names what you see in the new image and in the references.",
        *(f"{name}: {question}" for name, question in QUESTIONS.items()),
    )
)

MOST_SHOWN = 5
"""References shown to the judge: more of them cost more and change little."""

SIDE_PX = 768
_REPLY_TOKENS = 250


@dataclass(frozen=True)
class Case:
    """A result with the references it was made after, as far as they are still there."""

    generated: GeneratedImages
    image: Images
    references: tuple[Images, ...]

    def cost(self, llm: "LLMService", model: str) -> "CostEstimate | None":
        """Return what asking *model* will cost; None when its price is unknown."""
        images = len(self.references) + 1
        return llm.estimate_call(model, (SIDE_PX, SIDE_PX), len(PROMPT), _REPLY_TOKENS, images=images)


def case_of(session: Session, generated_id: str) -> Case:
    """Return what is shown to the judge of a result.

    Raises:
        NotFoundError: the result or its image is gone.
        InvalidInputError: there are no references to compare it with.
    """
    row = results.get(session, generated_id)
    image = results.image_of(session, row)
    if image is None:
        raise NotFoundError("The image of this result is gone. Run it again.")
    used = [session.get(Images, reference["image_id"]) for reference in row.recipe.get("references", [])]
    references = tuple(reference for reference in used if reference is not None)[:MOST_SHOWN]
    if not references:
        raise InvalidInputError("This image was made without references, so there is no style to compare it with.")
    return Case(row, image, references)


async def ask(
    llm: "LLMService", images: "ImageService", case: Case, config: "ModelConfig", ledger: "DatabaseLedger"
) -> "ChatReply":
    """Ask the five questions.

    Raises:
        InvalidInputError: none of the references can be read any more.
        LLMError: the model could not be reached, or its reply cannot be used.
    """
    from core.llm import ChatRequest, Purpose
    from core.llm.schemas import StyleJudgement

    shown = await asyncio.to_thread(_parts, images, case)
    request = ChatRequest(PROMPT, images=shown, schema=StyleJudgement, purpose=Purpose("style_judgement"))
    return await llm.chat(config, request, ledger=ledger)


def write(session: Session, case: Case, reply: "ChatReply", ledger: "DatabaseLedger") -> GeneratedImages:
    """Store the verdicts beside the score, and settle the call that they came with."""
    row = results.get(session, case.generated.id)
    said: dict[str, Any] = reply.parsed.model_dump() if reply.parsed else {}
    verdicts = [{"question": name, **said[name]} for name in QUESTIONS if name in said]
    row.match = row.match | {"judge": {"model": reply.model, "cost": reply.cost, "verdicts": verdicts}}
    ledger.settle(session, reply)
    return row


def _parts(images: "ImageService", case: Case) -> "tuple[ImagePart, ...]":
    """Return the references that can be read, and the new image last."""
    from core.llm import ImagePart

    parts: list[ImagePart] = []
    for image in case.references:
        try:
            shown = images.model_image(image, SIDE_PX)
        except VitrineError:
            continue  # as when an image is made: a reference never fails the request
        parts.append(ImagePart(shown.data, shown.mime_type, f"Reference {len(parts) + 1}:"))
    if not parts:
        raise InvalidInputError("None of the references of this image can be read any more, so nobody can compare it.")
    new = images.model_image(case.image, SIDE_PX)
    return (*parts, ImagePart(new.data, new.mime_type, "New image:"))
