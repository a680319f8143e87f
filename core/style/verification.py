"""Verification: a vision model answers a question about a generated image, compared with the expected answer."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.db import Database, ImageDatasets, Images, Questions, question_key

if TYPE_CHECKING:
    from core.images import ImageService
    from core.llm import LLMService, ModelConfig
    from core.llm.ledger import DatabaseLedger


@dataclass(frozen=True)
class Verification:
    """The expected answer about a generated image and what a vision model answered."""

    expected: str
    answer: str
    matches: bool
    entry: ImageDatasets | None = None
    """The entry created from question and expected answer; None when the answer does not match."""


def answer_matches(expected: str, answer: str) -> bool:
    """Return whether *answer* contains the words of *expected* in a row; case and punctuation do not count."""
    wanted, found = question_key(expected), question_key(answer)
    return bool(wanted) and f" {wanted} " in f" {found} "


async def ask(
    llm: "LLMService",
    images: "ImageService",
    image: Images,
    question: str,
    config: "ModelConfig",
    ledger: "DatabaseLedger",
) -> str:
    """Ask a vision model one question about *image* and return its answer.

    Raises:
        LLMError: the model could not be reached, or its reply cannot be used.
    """
    from core.llm import ImagePart
    from core.llm.schemas import AnswerList
    from core.questions.answering import build_request

    shown = await asyncio.to_thread(images.model_image, image)
    row = Questions(project_id=image.project_id, image_id=image.id, question=question, question_key="")
    reply = await llm.chat(config, build_request([row], ImagePart(shown.data, shown.mime_type), "en"), ledger=ledger)
    await asyncio.to_thread(ledger.settle_now, reply)
    answers = reply.parsed.answers if isinstance(reply.parsed, AnswerList) else []
    return answers[0].answer if answers else ""


def make_entry(db_session: Database, image: Images, question: str, answer: str, model: str) -> ImageDatasets:
    """Create an entry of a kept image, not reviewed yet."""
    from core.dataset import ImageDatasetService

    return ImageDatasetService(db_session).create_dataset_entry(
        image.project_id, image.id, question, answer, model, tags="generated"
    )
