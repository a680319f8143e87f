"""What a model is asked about an entry, and its answer in the reply.

The answer is asked for as plain text, as evaluation harnesses do, since a model that was trained on an export writes
no JSON around it. The offline models read no prompts: they get the request that generates answers.
"""

import json
from collections.abc import Sequence

from core import verifiers
from core.checks.asking import answering
from core.checks.asking.base import AskedEntry, Call, Reply
from core.llm import OFFLINE_MODELS, ChatRequest, ModelConfig
from core.questions import prompts
from core.questions.image_sets import image_set


def call(entry: AskedEntry, model: ModelConfig, instruction: str) -> Call:
    """Return the request that asks *model* the question of an entry.

    Args:
        instruction: what is said behind the question; empty for a sentence that fits the type of answer.
    """
    if model.litellm_model in OFFLINE_MODELS:
        return answering.answer_call(entry, 0, model.litellm_model)
    images = entry.images[0]
    together = image_set(entry.image_names, images[1:], entry.language, asks=False) if len(images) > 1 else None
    parts = [*_turns(entry.turns), entry.question, instruction or _form(entry)]
    text = "\n".join(parts)
    return Call(ChatRequest(prompt=together.prompt(text) if together else text, images=images))


def answer_in(reply: Reply) -> str:
    """Return the answer in a reply."""
    if reply.parsed is not None:
        return answering.answer_in(reply) or ""
    return verifiers.final_answer(reply.text)


def _turns(turns: Sequence[tuple[str, str]]) -> list[str]:
    lines = [f"Question: {question}\nAnswer: {answer}" for question, answer in turns]
    return ["Asked before about the image:", *lines, ""] if lines else []


def _form(entry: AskedEntry) -> str:
    if entry.answer_type == "label":
        options = f"Options: {json.dumps(entry.options, ensure_ascii=False)}. " if entry.options else ""
        return f"{options}Answer with the labels that are right, as a JSON array of texts."
    if entry.answer_type == "custom_format":
        schema = (
            f" that satisfies this schema: {json.dumps(entry.options, ensure_ascii=False)}" if entry.options else ""
        )
        return f"Answer with a JSON document{schema}."
    language = prompts.language_name(entry.language)
    return f"Answer with a number, a word or a short phrase, in {language}."
