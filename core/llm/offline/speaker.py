"""What the offline provider says about a measured image; every reply is JSON in the schema of a real model's."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.llm.offline.phrases import LANGUAGES, Phrases, normalised, phrases
from core.llm.offline.topics import (
    TOPICS,
    Slots,
    Topic,
    Word,
    brightness,
    contrast,
    percent,
    saturation,
    sharpness,
    warmth,
)
from core.measure import Measurement

Details = Mapping[str, Any]
_BY_NAME = {topic.name: topic for topic in TOPICS}


def reply(measured: Measurement | None, purpose: str, details: Details) -> str:
    """Return the text of the reply; *measured* is None when no image came with the request."""
    said = phrases(str(details.get("language") or "en"))
    if measured is None:
        return said.text("no_image", {})
    return _REPLIES.get(purpose, _free)(measured, said, details)


def ask(measured: Measurement, said: Phrases, details: Details) -> list[tuple[Topic, Slots, str]]:
    """Return topic, filled gaps and text of as many questions as are wanted and can be asked."""
    wanted = int(details.get("count") or 3)
    kinds = set(details.get("kinds") or ())
    known = {normalised(str(question)) for question in details.get("existing") or ()}
    chance = random.Random(int(measured.dhash, 16) + len(known))
    topics = [topic for topic in TOPICS if not kinds or topic.kind in kinds] or list(TOPICS)
    # The first topics are the ones everybody expects; the others come in an order of the image's own.
    topics = sorted(topics, key=lambda topic: (TOPICS.index(topic) // 6, chance.random()))
    asked: list[tuple[Topic, Slots, str]] = []
    for way in range(2):
        for topic in topics:
            found = _question(measured, said, topic, way, chance)
            if len(asked) < wanted and found is not None and normalised(found[2]) not in known:
                known.add(normalised(found[2]))
                asked.append(found)
    return asked


def answer(measured: Measurement, said: Phrases, question: str) -> str:
    """Answer a question of this provider's own in its language; say that it only measures to any other."""
    for candidate in (said, *(phrases(language) for language in LANGUAGES)):
        recognised = candidate.recognise(question)
        if recognised is not None:
            slots = _BY_NAME[recognised[0]].fact(measured, recognised[1])
            return candidate.text("unanswerable", {}) if slots is None else candidate.answer(recognised[0], slots)
    return said.text("cannot", {})


def slots_of(measured: Measurement) -> Slots:
    """Return everything measured under the names that the phrases use."""
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
    measured: Measurement, said: Phrases, topic: Topic, way: int, chance: random.Random
) -> tuple[Topic, Slots, str] | None:
    gaps = topic.choose(measured, chance)
    if topic.fact(measured, {"color": Word("colors", "red"), **gaps}) is None:
        return None
    return topic, gaps, said.question(topic.name, way, gaps)


def _questions(measured: Measurement, said: Phrases, details: Details) -> str:
    asked = ask(measured, said, details)
    return _json({"questions": [{"question": text, "kind": topic.kind} for topic, _, text in asked]})


def _answers(measured: Measurement, said: Phrases, details: Details) -> str:
    questions: Sequence[Any] = details.get("questions") or ()
    return _json(
        {
            "answers": [
                {"number": number, "answer": _answer_as_asked(measured, said, question)}
                for number, question in enumerate(questions, start=1)
            ]
        }
    )


def _answer_as_asked(measured: Measurement, said: Phrases, question: Any) -> str:
    """Answer a question given as text, or as ``{"question", "answer_type", "options"}``."""
    if not isinstance(question, Mapping):
        return answer(measured, said, str(question))
    text = answer(measured, said, str(question.get("question", "")))
    options = question.get("options")
    if question.get("answer_type") == "label" and isinstance(options, Sequence):
        fitting = [option for option in options if normalised(str(option)) in normalised(text)]
        return _json(fitting[:1]) if fitting else said.text("cannot", {})
    if question.get("answer_type") == "custom_format" and isinstance(options, Mapping):
        return _json(_document(measured, said, options))
    return text


def _document(measured: Measurement, said: Phrases, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Fill the properties of a JSON schema whose names are things that are measured."""
    slots = slots_of(measured)
    filled: dict[str, Any] = {}
    for name, wanted in (schema.get("properties") or {}).items():
        slot = slots.get(name)
        if name == "colors":
            filled[name] = [said.word(Word("colors", color.name)) for color in measured.colors]
        elif isinstance(slot, Word):
            filled[name] = said.word(slot)
        elif slot is not None:
            filled[name] = str(slot) if wanted.get("type") == "string" else slot
    return filled


def _questions_and_answers(measured: Measurement, said: Phrases, details: Details) -> str:
    items = [
        {"question": text, "kind": topic.kind, "answer": said.answer(topic.name, topic.fact(measured, gaps) or {})}
        for topic, gaps, text in ask(measured, said, details)
    ]
    return _json({"items": items})


def _style_analysis(measured: Measurement, said: Phrases, details: Details) -> str:
    slots = slots_of(measured)
    words = [said.word(word) for name in ("saturation", "warmth", "orientation", "color")
             if isinstance(word := slots[name], Word)]  # fmt: skip
    return _json(
        {
            "description": said.text("description", slots),
            "tags": words,
            "vibe": said.text("vibe", slots),
            "lighting": said.text("lighting", slots),
            "colors": [f"{said.word(Word('colors', color.name))} {color.hex}" for color in measured.colors],
            "style": said.text("style", slots),
        }
    )


def _connection_test(measured: Measurement, said: Phrases, details: Details) -> str:
    return said.text("connection", slots_of(measured))


def _free(measured: Measurement, said: Phrases, details: Details) -> str:
    return said.text("description", slots_of(measured))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_REPLIES: dict[str, Callable[[Measurement, Phrases, Details], str]] = {
    "questions": _questions,
    "answers": _answers,
    "questions_and_answers": _questions_and_answers,
    "style_analysis": _style_analysis,
    "connection_test": _connection_test,
}
