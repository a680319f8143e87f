"""The replies of the offline provider about a measured image: JSON in the schema of any other model's reply."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.llm.offline.topics import (
    TOPICS,
    Topic,
    Values,
    Word,
    brightness,
    contrast,
    percent,
    saturation,
    sharpness,
    warmth,
)
from core.llm.offline.translations import LANGUAGES, Translations, normalized, translations
from core.measure import Measurement

Details = Mapping[str, Any]
_TOPIC_BY_NAME = {topic.name: topic for topic in TOPICS}


def reply(measured: Measurement | None, purpose: str, details: Details) -> str:
    """Return the text of the reply.

    Args:
        measured: the image; None when the request has none.
        purpose: what the request is for, see :class:`core.llm.types.Purpose`.
        details: parameters of that purpose, such as language and number of questions.
    """
    texts = translations(str(details.get("language") or "en"))
    if measured is None:
        return texts.text("no_image", {})
    return _REPLIES.get(purpose, _free)(measured, texts, details)


def generate_questions(measured: Measurement, texts: Translations, details: Details) -> list[tuple[Topic, Values, str]]:
    """Return topic, values of its placeholders and text of each question: as many as requested, if possible."""
    wanted = int(details.get("count") or 3)
    kinds = set(details.get("kinds") or ())
    known = {normalized(str(question)) for question in details.get("existing") or ()}
    rng = random.Random(int(measured.dhash, 16) + len(known))
    topics = [topic for topic in TOPICS if not kinds or topic.kind in kinds] or list(TOPICS)
    if details.get("verifiable") and not kinds:
        topics = [topic for topic in topics if topic.kind != "unanswerable"]
    # The most expected topics come first; within each group of six the order depends on the image.
    topics = sorted(topics, key=lambda topic: (TOPICS.index(topic) // 6, rng.random()))
    questions: list[tuple[Topic, Values, str]] = []
    for variant in range(2):
        for topic in topics:
            found = _question(measured, texts, topic, variant, rng)
            if len(questions) < wanted and found is not None and normalized(found[2]) not in known:
                known.add(normalized(found[2]))
                questions.append(found)
    return questions


def answer(measured: Measurement, texts: Translations, question: str, *, short: bool = False) -> str:
    """Return the answer to one of this provider's own questions, in its language; to any other that it cannot."""
    own = own_answer(measured, texts, question, short=short)
    return texts.text("cannot", {}) if own is None else own


def own_answer(measured: Measurement, texts: Translations, question: str, *, short: bool = False) -> str | None:
    """Return the answer to one of this provider's own questions, in its language; None for any other.

    Args:
        short: in a form that a program can compare with another answer.
    """
    for candidate in (texts, *(translations(language) for language in LANGUAGES)):
        match = candidate.match_question(question)
        if match is not None:
            values = _TOPIC_BY_NAME[match[0]].fact(measured, match[1])
            if values is None:
                return candidate.text("unanswerable", {})
            return candidate.answer(match[0], values, short=short)
    return None


def answer_about(measured: Measurement, texts: Translations, topic: Topic, values: Values, details: Details) -> str:
    """Return the answer to the question that *topic* and *values* make."""
    return texts.answer(topic.name, topic.fact(measured, values) or {}, short=bool(details.get("verifiable")))


def values_of(measured: Measurement) -> Values:
    """Return all measurements by the names of their placeholders."""
    main = measured.colors[0]
    return {
        "width": measured.size_wh[0],
        "height": measured.size_wh[1],
        "orientation": Word("orientation", measured.orientation),
        "brightness": brightness(measured),
        "level": contrast(measured),
        "saturation": saturation(measured),
        "warmth": warmth(measured),
        "sharpness": sharpness(measured),
        "color": Word("colors", main.name),
        "percent": percent(main.share),
        "number": len(measured.colors),
    }


def _question(
    measured: Measurement, texts: Translations, topic: Topic, variant: int, rng: random.Random
) -> tuple[Topic, Values, str] | None:
    values = topic.choose(measured, rng)
    if topic.fact(measured, {"color": Word("colors", "red"), **values}) is None:
        return None
    return topic, values, texts.question(topic.name, variant, values)


def _questions(measured: Measurement, texts: Translations, details: Details) -> str:
    questions = generate_questions(measured, texts, details)
    return _json({"questions": [{"question": text, "kind": topic.kind} for topic, _, text in questions]})


def _answers(measured: Measurement, texts: Translations, details: Details) -> str:
    questions: Sequence[Any] = details.get("questions") or ()
    short = bool(details.get("verifiable"))
    answers = [_answer_in_type(measured, texts, question, short=short) for question in questions]
    # That a question cannot be answered is nothing to verify: it is left open.
    given = [
        {"number": number, "answer": text} for number, text in enumerate(answers, start=1)
        if not short or text != texts.text("cannot", {})
    ]  # fmt: skip
    return _json({"answers": given})


def _answer_in_type(measured: Measurement, texts: Translations, question: Any, *, short: bool = False) -> str:
    """Return the answer to a question given as text, or as ``{"question", "answer_type", "options"}``."""
    if not isinstance(question, Mapping):
        return answer(measured, texts, str(question), short=short)
    text = answer(measured, texts, str(question.get("question", "")), short=short)
    options = question.get("options")
    if question.get("answer_type") == "label" and isinstance(options, Sequence):
        fitting = [option for option in options if normalized(str(option)) in normalized(text)]
        return _json(fitting[:1]) if fitting else texts.text("cannot", {})
    if question.get("answer_type") == "custom_format" and isinstance(options, Mapping):
        return _json(_document(measured, texts, options))
    return text


def _document(measured: Measurement, texts: Translations, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with those properties of a JSON schema that are names of measurements."""
    values = values_of(measured)
    filled: dict[str, Any] = {}
    for name, wanted in (schema.get("properties") or {}).items():
        value = values.get(name)
        if name == "colors":
            filled[name] = [texts.word(Word("colors", color.name)) for color in measured.colors]
        elif isinstance(value, Word):
            filled[name] = texts.word(value)
        elif value is not None:
            filled[name] = str(value) if wanted.get("type") == "string" else value
    return filled


def _questions_and_answers(measured: Measurement, texts: Translations, details: Details) -> str:
    items = [
        {"question": text, "kind": topic.kind, "answer": answer_about(measured, texts, topic, values, details)}
        for topic, values, text in generate_questions(measured, texts, details)
    ]
    return _json({"items": items})


def _style_analysis(measured: Measurement, texts: Translations, details: Details) -> str:
    values = values_of(measured)
    tags = [texts.word(word) for name in ("saturation", "warmth", "orientation", "color")
            if isinstance(word := values[name], Word)]  # fmt: skip
    return _json(
        {
            "description": texts.text("description", values),
            "tags": tags,
            "vibe": texts.text("vibe", values),
            "lighting": texts.text("lighting", values),
            "colors": [f"{texts.word(Word('colors', color.name))} {color.hex}" for color in measured.colors],
            "style": texts.text("style", values),
        }
    )


def _connection_test(measured: Measurement, texts: Translations, details: Details) -> str:
    return texts.text("connection", values_of(measured))


def _free(measured: Measurement, texts: Translations, details: Details) -> str:
    return texts.text("description", values_of(measured))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_REPLIES: dict[str, Callable[[Measurement, Translations, Details], str]] = {
    "questions": _questions,
    "answers": _answers,
    "questions_and_answers": _questions_and_answers,
    "style_analysis": _style_analysis,
    "connection_test": _connection_test,
}
