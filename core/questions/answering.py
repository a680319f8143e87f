"""Answering the questions about one image in one model call."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from core.db import Images, Questions
from core.errors import BadReplyError, InvalidInputError, LLMError
from core.llm import SEE_MODEL, ChatReply, ChatRequest, DatabaseLedger, ImagePart, LLMService, ModelConfig, Purpose
from core.llm.schemas import AnswerList, GivenAnswer, PlacedAnswer, PlacedAnswerList, SeenAnswer, SeenAnswerList
from core.pluralize import pluralize
from core.questions import grounding, prompts, quoting, store
from core.questions.answer_types import checked_answer
from core.questions.examples import NO_EXAMPLES, SentWith
from core.questions.image_sets import ImageSet
from core.questions.store import Origin
from core.questions.text import MAX_ANSWER_CHARS, REPLY_HEAD_CHARS, clean
from core.questions.verifiable import add_forms, is_verifiable, problem_of
from core.vision.boxes import BoxReading


@dataclass(frozen=True)
class GeneratedAnswers:
    """The answers by question id, none for a question left out, and the replies of the calls that were paid for."""

    questions: list[Questions]
    answers: dict[str, str]
    prompt: str
    replies: list[ChatReply]
    boxes: dict[str, BoxReading]
    """By question id, of those that were asked for boxes."""
    unverifiable: int
    """How many answers were refused, because no program can verify them."""


def build_request(
    questions: list[Questions],
    image: ImagePart,
    language: str,
    correction: str = "",
    *,
    examples: SentWith = NO_EXAMPLES,
    fresh: bool = False,
    model: str = "",
    verifiable: bool = False,
) -> ChatRequest:
    """Return the request that answers *questions*, exactly as it will be sent.

    Args:
        correction: What was wrong with earlier answers; placed before the questions.
        fresh: Send the request even if its reply was paid for before.
        model: As ``provider/model``; models write boxes in different forms.
        verifiable: Say which forms of answers a program can verify.
    """
    has_boxes = not isinstance(examples, ImageSet) and any(map(grounding.is_grounding, questions))
    lines = [f"{number}. {_with_options(question)}" for number, question in enumerate(questions, start=1)]
    text = prompts.load("answers", language).render(
        count=str(len(questions)),
        language=prompts.language_name(language),
        questions="\n".join([*([correction] if correction else []), *lines]),
    )
    together = examples.images(image) if isinstance(examples, ImageSet) else (image,)
    text = quoting.add_evidence(text, {question.kind for question in questions}, together, language)
    if has_boxes:
        text = grounding.add_boxes(text, language, image, model)
    details: dict[str, Any] = {
        "language": language,
        "questions": [{"question": q.question, "answer_type": q.answer_type, "options": q.options} for q in questions],
    }
    details |= {"images": len(together)} if isinstance(examples, ImageSet) else {}
    if verifiable:
        text, details["verifiable"] = add_forms(text, language), True
    schema: type[BaseModel] = PlacedAnswerList if has_boxes else AnswerList
    if model == SEE_MODEL:
        details["seen"], schema = image.seen, SeenAnswerList
    return ChatRequest(
        prompt=examples.prompt(text), images=examples.images(image),
        schema=schema, purpose=Purpose("answers", details), fresh=fresh, expected_items=len(questions),
    )  # fmt: skip


def _with_options(question: Questions) -> str:
    if question.answer_type == "label" and question.options:
        number = "exactly one" if question.one_label else "one or more"
        return f"{question.question} Options ({number}): {json.dumps(question.options, ensure_ascii=False)}"
    if question.answer_type == "custom_format" and question.options:
        return f"{question.question} JSON schema: {json.dumps(question.options, ensure_ascii=False)}"
    return f"{question.question} ({grounding.MARK})" if grounding.is_grounding(question) else question.question


async def answer(
    llm: LLMService,
    config: ModelConfig,
    questions: list[Questions],
    image: ImagePart,
    language: str,
    *,
    ledger: DatabaseLedger,
    examples: SentWith = NO_EXAMPLES,
    fresh: bool = False,
    verifiable: bool = False,
) -> GeneratedAnswers:
    """Answer the questions; those without an answer, or with one that is invalid for its type, are sent once more.

    With *verifiable* so are those whose answer no program can verify; if it still cannot, the answer is refused.

    Raises:
        LLMError: the call failed.
        BadReplyError: it is unclear which question each answer of the reply belongs to.
    """
    model = config.litellm_model
    how: dict[str, Any] = {"examples": examples, "fresh": fresh, "model": model, "verifiable": verifiable}
    request = build_request(questions, image, language, **how)
    reply = await llm.chat(config, request, ledger=ledger)
    try:
        given = _by_question(reply, questions)
    except BadReplyError as error:
        await asyncio.to_thread(ledger.reject, reply, str(error))
        raise
    replies, answers = [reply], _texts(given)
    boxes = _boxes(given, questions, model, image)
    problems = await asyncio.to_thread(_problems, given, questions, verifiable)
    unanswered = [q for q in questions if q.id in problems or q.id not in answers]
    if unanswered:
        correction = f"The last answers were not valid: {' '.join(problems.values())}" if problems else ""
        try:
            repeated = build_request(unanswered, image, language, correction, **how)
            second = await llm.chat(config, repeated, ledger=ledger)
            replies.append(second)
            again = _by_question(second, unanswered)
            given, answers = given | again, answers | _texts(again)
            boxes |= _boxes(again, unanswered, model, image)
        except LLMError:
            # The invalid answers are stored too, marked for review; those that no program can verify are refused.
            pass
    refused = await asyncio.to_thread(unverifiable_ids, given, unanswered) if verifiable else set[str]()
    kept = {id_: text for id_, text in answers.items() if id_ not in refused}
    return GeneratedAnswers(questions, kept, request.prompt, replies, boxes, len(refused))


def store_answers(
    session: Session,
    ledger: DatabaseLedger,
    image: Images,
    generated: GeneratedAnswers,
    language: str,
    task_id: str | None,
) -> int:
    """Store the answers, mark their calls as good in the ledger, and return how many answers were stored."""
    for reply in generated.replies:
        # A request whose answers were all refused is sent again, instead of being answered from the ledger.
        ledger.settle(session, reply, reusable=bool(generated.answers) or not generated.unverifiable)
    last = generated.replies[-1]
    origin = Origin(last.model, language, task_id, last.call_id)
    given = [question for question in generated.questions if question.id in generated.answers]
    return sum(
        store.store_answer(session, image, q, generated.answers[q.id], origin, generated.boxes.get(q.id)) for q in given
    )


def _by_question(reply: ChatReply, questions: list[Questions]) -> dict[str, GivenAnswer]:
    """Return the answers by question id: by their numbers, or by their order when there is one for each question."""
    parsed = list[GivenAnswer](reply.parsed.answers) if isinstance(reply.parsed, AnswerList | PlacedAnswerList) else []
    by_number = {given.number: given for given in parsed}
    numbered = [(q, by_number[number]) for number, q in enumerate(questions, start=1) if number in by_number]
    if numbered and len(by_number) == len(parsed) and 0 not in by_number:
        return {q.id: given for q, given in numbered}
    if len(parsed) != len(questions):
        raise BadReplyError(
            f"The model gave {pluralize(len(parsed), 'answer')} to {pluralize(len(questions), 'question')}. "
            "Retry, or ask another model.",
            reply_head=reply.text[:REPLY_HEAD_CHARS],
        )
    return {q.id: given for q, given in zip(questions, parsed, strict=True)}


def _texts(given: dict[str, GivenAnswer]) -> dict[str, str]:
    return {id_: clean(one.answer, MAX_ANSWER_CHARS) for id_, one in given.items()}


def _boxes(
    given: dict[str, GivenAnswer], questions: list[Questions], model: str, image: ImagePart
) -> dict[str, BoxReading]:
    kinds = {question.id: question.kind for question in questions}
    return {
        id_: grounding.read(one, kinds[id_], model, image)
        for id_, one in given.items() if isinstance(one, PlacedAnswer)
    }  # fmt: skip


def _problems(given: dict[str, GivenAnswer], questions: list[Questions], verifiable: bool) -> dict[str, str]:
    """Return why answers are invalid, by the id of their question; those that are valid are left out."""
    answers = _texts(given)
    found = {q.id: problem for q in questions if q.id in answers and (problem := _problem(answers[q.id], q))}
    refused = unverifiable_ids(given, questions) if verifiable else set[str]()
    return {id_: problem_of(answers[id_]) for id_ in sorted(refused)} | found


def unverifiable_ids(given: dict[str, GivenAnswer], questions: list[Questions]) -> set[str]:
    """Return the ids of the questions whose answers are refused; offline/see says itself what it could not prove."""
    return {
        q.id for q in questions if (one := given.get(q.id)) is not None
        and ((isinstance(one, SeenAnswer) and one.doubt) or not is_verifiable(clean(one.answer, MAX_ANSWER_CHARS), q))
    }  # fmt: skip


def _problem(answer_text: str, question: Questions) -> str:
    """Return why the answer is invalid for its type, or ""."""
    try:
        checked_answer(answer_text, question.answer_type, question.options, one_label=question.one_label)
    except InvalidInputError as error:
        return str(error)
    return ""
