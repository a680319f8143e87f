"""One image, one call: asking a model for questions, and asking once more when it came back short."""

import asyncio
from dataclasses import dataclass, replace

from core.errors import BadReplyError, LLMError
from core.llm import ChatReply, ChatRequest, DatabaseLedger, ImagePart, LLMService, ModelConfig, Purpose
from core.llm.schemas import QuestionAnswerList, QuestionList
from core.questions import prompts
from core.questions.examples import NONE, Examples
from core.questions.recipe import QuestionRecipe, kinds_in_words
from core.questions.store import GeneratedQuestion
from core.questions.text import MAX_ANSWER_CHARS, MAX_QUESTION_CHARS, REPLY_HEAD_CHARS, clean, is_near_repeat


@dataclass(frozen=True)
class Asking:
    """What came of asking; *replies* are the calls that were paid for."""

    asked: list[GeneratedQuestion]
    short_by: int
    prompt: str
    replies: list[ChatReply]


def build_request(
    recipe: QuestionRecipe,
    image: ImagePart,
    image_name: str,
    existing: list[str],
    *,
    count: int,
    turn: int = 0,
    examples: Examples = NONE,
) -> ChatRequest:
    """Return the request for *count* questions about one image, exactly as it will be sent."""
    name = "questions_and_answers" if recipe.with_answers else "questions"
    own = recipe.custom_prompt
    template = prompts.Prompt("of your own", own) if own else prompts.load(name, recipe.language)
    kinds = kinds_in_words(recipe.kinds, count, turn)
    values = {
        "count": str(count),
        "language": prompts.language_name(recipe.language),
        "kinds": kinds,
        "existing": "; ".join(existing) or "-",
        "image_name": image_name,
    }
    details = {"count": count, "language": recipe.language, "kinds": list(recipe.kinds), "existing": existing}
    return ChatRequest(
        prompt=examples.prompt(template.render(**values)),
        images=examples.images(image),
        schema=QuestionAnswerList if recipe.with_answers else QuestionList,
        purpose=Purpose(name, details),
        fresh=recipe.fresh,
    )


def first_request(
    recipe: QuestionRecipe,
    image: ImagePart,
    image_name: str,
    existing: list[str],
    *,
    turn: int = 0,
    examples: Examples = NONE,
) -> ChatRequest | None:
    """Return the request that :func:`ask` begins with; None when the image has as many questions as are wanted."""
    wanted = _wanted(recipe, existing)
    if wanted <= 0:
        return None
    return build_request(recipe, image, image_name, existing, count=wanted, turn=turn, examples=examples)


def _wanted(recipe: QuestionRecipe, existing: list[str]) -> int:
    return recipe.num_questions - (len(existing) if recipe.top_up else 0)


async def ask(
    llm: LLMService,
    config: ModelConfig,
    recipe: QuestionRecipe,
    image: ImagePart,
    image_name: str,
    existing: list[str],
    *,
    turn: int = 0,
    ledger: DatabaseLedger,
    examples: Examples = NONE,
) -> Asking:
    """Ask until there are as many questions as the recipe wants, with at most one request for the missing.

    Raises:
        LLMError: the first call failed, or nothing in its reply could be used.
    """
    request = first_request(recipe, image, image_name, existing, turn=turn, examples=examples)
    wanted = _wanted(recipe, existing)
    if request is None:
        return Asking([], 0, "", [])
    reply = await llm.chat(config, request, ledger=ledger)
    replies = [reply]
    asked = _new_questions(reply, existing, wanted)
    if len(asked) < wanted:
        known = existing + [one.question for one in asked]
        missing = wanted - len(asked)
        more = build_request(recipe, image, image_name, known, count=missing, turn=turn, examples=examples)
        try:
            second = await llm.chat(config, more, ledger=ledger)
        except LLMError:
            # What the first call brought is paid for and kept; the item says how many are missing.
            pass
        else:
            replies.append(second)
            asked += _new_questions(second, known, wanted - len(asked))
    if not asked:
        reason = "The model asked nothing new about this image. Ask for fewer questions or other kinds."
        for unusable in replies:
            await asyncio.to_thread(ledger.reject, unusable, reason)
        raise BadReplyError(reason, reply_head=reply.text[:REPLY_HEAD_CHARS])
    return Asking(asked, wanted - len(asked), request.prompt, replies)


def _new_questions(reply: ChatReply, existing: list[str], count: int) -> list[GeneratedQuestion]:
    """Return at most *count* questions of the reply, without repeats of the existing ones or of each other."""
    parsed = reply.parsed
    if isinstance(parsed, QuestionAnswerList):
        offered = [
            GeneratedQuestion(one.question, one.kind, clean(one.answer, MAX_ANSWER_CHARS)) for one in parsed.items
        ]
    elif isinstance(parsed, QuestionList):
        offered = [GeneratedQuestion(one.question, one.kind) for one in parsed.questions]
    else:
        offered = []
    known, kept = list(existing), list[GeneratedQuestion]()
    for one in offered:
        question = clean(one.question, MAX_QUESTION_CHARS)
        if question and not is_near_repeat(question, known):
            known.append(question)
            kept.append(replace(one, question=question))
    return kept[:count]
