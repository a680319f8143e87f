"""Generating questions about one image, with a second request when the first brings too few."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel

from core.errors import BadReplyError, LLMError
from core.llm import SEE_MODEL, ChatReply, ChatRequest, DatabaseLedger, ImagePart, LLMService, ModelConfig, Purpose
from core.llm.schemas import PlacedQuestion, PlacedQuestionList, QuestionAnswerList, QuestionList, SeenQuestionList
from core.questions import grounding, prompts, quoting, verifiable
from core.questions.examples import NO_EXAMPLES, SentWith
from core.questions.image_sets import ImageSet
from core.questions.near_repeats import KnownQuestions
from core.questions.recipe import QuestionRecipe, describe_kinds
from core.questions.store import GeneratedQuestion
from core.questions.text import MAX_ANSWER_CHARS, MAX_QUESTION_CHARS, REPLY_HEAD_CHARS, clean
from core.verifiers import verifier_of

_CANDIDATES_PER_QUESTION = 4


@dataclass(frozen=True)
class GeneratedQuestions:
    """The generated questions, and the replies of the calls that were paid for."""

    questions: list[GeneratedQuestion]
    missing_questions: int
    """How many questions are missing after the second request, without those that were refused."""
    prompt: str
    replies: list[ChatReply]
    unverifiable: int = 0
    """How many questions were refused, because no program can verify their answers."""

    @property
    def only_repeats(self) -> bool:
        """Whether every question of the replies is one that the image has already."""
        return bool(self.replies) and not self.questions


def build_request(
    recipe: QuestionRecipe,
    image: ImagePart,
    image_name: str,
    existing: list[str],
    *,
    count: int,
    position: int = 0,
    examples: SentWith = NO_EXAMPLES,
    model: str = "",
    refused: Sequence[str] = (),
) -> ChatRequest:
    """Return the request for *count* questions about one image, exactly as it will be sent.

    Args:
        existing: The questions that the image has already.
        position: The position of the image in its task; it varies the kinds of question.
        model: As ``provider/model``; models write boxes in different forms.
        refused: Questions of an earlier reply whose answers no program can verify.
    """
    name = "questions_and_answers" if recipe.with_answers else "questions"
    custom = recipe.custom_prompt
    template = prompts.Prompt("of your own", custom) if custom else prompts.load(name, recipe.language)
    kinds = describe_kinds(recipe.kinds, count, position)
    together = examples.images(image) if isinstance(examples, ImageSet) else (image,)
    values = quoting.values(together) | {
        "count": str(count),
        "language": prompts.language_name(recipe.language),
        "kinds": kinds,
        "existing": "; ".join(existing) or "-",
        "image_name": image_name,
    }
    details = {"count": count, "language": recipe.language, "kinds": list(recipe.kinds), "existing": existing}
    details |= {"images": len(together)} if isinstance(examples, ImageSet) else {}
    text, has_boxes = template.render(**values), recipe.asks_for_places and recipe.with_answers
    text = quoting.add_evidence(text, recipe.kinds, together, recipe.language)
    if recipe.asks_for_places:
        text = grounding.add_kind(text, recipe.language)
    if has_boxes:
        text = grounding.add_boxes(text, recipe.language, image, model)
    if recipe.verifiable:
        text = verifiable.add_to_questions(text, recipe.language, refused)
        details["verifiable"] = True
    with_answers: type[BaseModel] = PlacedQuestionList if has_boxes else QuestionAnswerList
    if model == SEE_MODEL:
        details["seen"], with_answers = image.seen, SeenQuestionList
    return ChatRequest(
        prompt=examples.prompt(text),
        images=examples.images(image),
        schema=with_answers if recipe.with_answers else QuestionList,
        purpose=Purpose(name, details),
        fresh=recipe.fresh,
        expected_items=count,
    )


def first_request(
    recipe: QuestionRecipe,
    image: ImagePart,
    image_name: str,
    existing: list[str],
    *,
    position: int = 0,
    examples: SentWith = NO_EXAMPLES,
    model: str = "",
) -> ChatRequest | None:
    """Return the first request of :func:`ask`; None when the image has enough questions."""
    wanted = _wanted(recipe, existing)
    if wanted <= 0:
        return None
    return build_request(
        recipe, image, image_name, existing, count=wanted, position=position, examples=examples, model=model
    )


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
    position: int = 0,
    ledger: DatabaseLedger,
    examples: SentWith = NO_EXAMPLES,
) -> GeneratedQuestions:
    """Generate as many questions as the recipe wants, with at most one more request for missing or refused ones.

    Replies that only repeat what the image has give no questions, and all that were wanted are missing.

    Raises:
        LLMError: the first call failed, or the replies contain no question at all.
    """
    model = config.litellm_model
    request = first_request(recipe, image, image_name, existing, position=position, examples=examples, model=model)
    wanted = _wanted(recipe, existing)
    if request is None:
        return GeneratedQuestions([], 0, "", [])
    reply = await llm.chat(config, request, ledger=ledger)
    replies = [reply]
    questions, refused = _new_questions(reply, existing, wanted, image, recipe)
    if len(questions) < wanted:
        known = existing + [question.question for question in questions]
        missing = wanted - len(questions)
        more = build_request(
            recipe, image, image_name, known, count=missing, position=position, examples=examples, model=model,
            refused=refused[:missing],
        )  # fmt: skip
        try:
            second = await llm.chat(config, more, ledger=ledger)
        except LLMError:
            # The questions of the first call are paid for and stored; missing_questions counts the missing ones.
            pass
        else:
            replies.append(second)
            found, refused = _new_questions(second, known, missing, image, recipe)
            questions += found
    if not any(_written(reply, image) for reply in replies):
        reason = "The model wrote no new question about this image. Ask for fewer questions or other kinds."
        for unusable in replies:
            await asyncio.to_thread(ledger.reject, unusable, reason)
        raise BadReplyError(reason, reply_head=reply.text[:REPLY_HEAD_CHARS])
    missing = wanted - len(questions)
    unverifiable = min(missing, len(refused))
    return GeneratedQuestions(questions, missing - unverifiable, request.prompt, replies, unverifiable)


def _new_questions(
    reply: ChatReply, existing: list[str], count: int, image: ImagePart, recipe: QuestionRecipe
) -> tuple[list[GeneratedQuestion], list[str]]:
    """Return at most *count* questions of the reply, without repeats of the existing ones or of each other.

    The second list has the questions that are refused because no program can verify their answers.

    A model may write any number of questions. More than a few times *count* are not looked at, so that comparing them
    takes a bounded time; the others make up for repeats.
    """
    known, new, refused = KnownQuestions(existing), list[GeneratedQuestion](), list[str]()
    for generated in _written(reply, image)[: count * _CANDIDATES_PER_QUESTION]:
        question = clean(generated.question, MAX_QUESTION_CHARS)
        if len(new) == count or not question or known.has_near_repeat(question):
            continue
        if recipe.verifiable and _is_refused(generated, recipe.language):
            refused.append(question)
            continue
        known.add(question)
        new.append(replace(generated, question=question))
    return new, refused


def _is_refused(generated: GeneratedQuestion, language: str) -> bool:
    """Return whether no program can verify the answer; a question without an answer is not refused."""
    return generated.answer is not None and verifier_of(generated.answer, "text", generated.kind, language) is None


def _written(reply: ChatReply, image: ImagePart) -> list[GeneratedQuestion]:
    parsed = reply.parsed
    if isinstance(parsed, QuestionAnswerList | PlacedQuestionList):
        return [
            GeneratedQuestion(
                item.question, item.kind, clean(item.answer, MAX_ANSWER_CHARS),
                grounding.read(item, item.kind, reply.model, image) if isinstance(item, PlacedQuestion) else None,
            )
            for item in parsed.items
        ]  # fmt: skip
    if isinstance(parsed, QuestionList):
        return [GeneratedQuestion(item.question, item.kind) for item in parsed.questions]
    return []
