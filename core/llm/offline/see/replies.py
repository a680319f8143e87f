"""The replies of offline/see as JSON, like those of any other model; each answer has its evidence as boxes."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.llm.offline import responses
from core.llm.offline.see.answers import CANNOT, Answer, answer
from core.llm.offline.see.asking import questions
from core.llm.offline.see.scene import Scene
from core.llm.offline.see.vocabulary import read_question, vocabulary
from core.llm.offline.translations import normalized, translations
from core.measure import Measurement, measure

if TYPE_CHECKING:
    from PIL.Image import Image

Details = Mapping[str, Any]
_ASKED_BY_DEFAULT = ("attribute", "count", "position", "reasoning", "yes/no")
"""Kinds of the questions about pixels that fill up: none that cannot be answered."""


def reply(image: "Image | None", purpose: str, details: Details) -> str:
    """Return the text of the reply.

    Questions that are missing are about pixels, and so is every other purpose, as for offline/measure.

    Args:
        image: as it was sent; None when the request has none.
        purpose: see :class:`core.llm.types.Purpose`.
        details: those of offline/measure, and ``seen``, what the analyzers found (``core/questions/evidence.py``).
    """
    measured = measure(image) if image is not None else None
    if measured is None or purpose not in ("questions", "questions_and_answers", "answers"):
        return responses.reply(measured, purpose, details)
    scene = Scene.of(details.get("seen") or {}, image)
    if purpose == "answers":
        return json.dumps({"answers": _answers(scene, measured, details)}, ensure_ascii=False)
    asked = _asked(scene, measured, details)
    if purpose == "questions":
        asked = [{"question": item["question"], "kind": item["kind"]} for item in asked]
    name = "items" if purpose == "questions_and_answers" else "questions"
    return json.dumps({name: asked}, ensure_ascii=False)


def _asked(scene: Scene, measured: Measurement, details: Details) -> list[dict[str, Any]]:
    language, count = str(details.get("language") or "en"), int(details.get("count") or 3)
    kinds, existing = list(details.get("kinds") or ()), [str(text) for text in details.get("existing") or ()]
    found = questions(scene, vocabulary(language), count, kinds, existing)
    items = [{"question": one.question, "kind": one.kind, **_given(one.answer, language)} for one in found]
    missing = count - len(items)
    if missing <= 0:
        return items
    texts = translations(language)
    more = dict(details) | {"count": missing, "kinds": kinds or _ASKED_BY_DEFAULT}
    return items + [
        {"question": text, "kind": topic.kind, "boxes": [], "doubt": "",
         "answer": responses.answer_about(measured, texts, topic, values, details)}
        for topic, values, text in responses.generate_questions(measured, texts, more)
    ]  # fmt: skip


def _answers(scene: Scene, measured: Measurement, details: Details) -> list[dict[str, Any]]:
    language = str(details.get("language") or "en")
    asked: Sequence[Any] = details.get("questions") or ()
    short = bool(details.get("verifiable"))
    return [
        {"number": number, **_answered(one, scene, measured, language, short)} for number, one in enumerate(asked, 1)
    ]


def _answered(asked: Any, scene: Scene, measured: Measurement, language: str, short: bool) -> dict[str, Any]:
    """Return the answer to a question given as text, or as ``{"question", "answer_type", "options"}``."""
    asked = asked if isinstance(asked, Mapping) else {"question": str(asked)}
    question = str(asked.get("question", ""))
    read = read_question(question, language, scene.labels)
    texts = translations(language)
    about_pixels = responses.own_answer(measured, texts, question, short=short) if read is None else None
    if about_pixels is not None:
        given = Answer(about_pixels)
    else:
        given = answer(read[0], scene, read[1]) if read else Answer(doubt=CANNOT)
    return _in_type(_given(given, read[1].language if read else language), asked)


def _given(given: Answer, language: str) -> dict[str, Any]:
    boxes = [{**part, "image": 0} for part in given.evidence]
    return {"answer": given.text or vocabulary(language).text("unsure"), "boxes": boxes, "doubt": given.doubt}


def _in_type(given: dict[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer in the type of its question: the label that it says; anything else stays text, for review."""
    options = asked.get("options")
    if asked.get("answer_type") == "label" and isinstance(options, Sequence) and not given["doubt"]:
        fitting = [option for option in options if normalized(str(option)) == normalized(given["answer"])]
        return {**given, "answer": json.dumps(fitting[:1], ensure_ascii=False) if fitting else given["answer"]}
    return given
