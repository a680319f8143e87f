"""The dialogs of the Style page: checking an image, judging its style, and the image of a style dataset."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import InvalidInputError
from core.style.judging import QUESTIONS
from pages.components.shared import page
from pages.components.style import check_dialog, image_dialog, judge_dialog
from pages.components.style.request_draft import Draft
from tests.pages.reading import draw, read
from tests.pages.running import services

ASK = "[Check, and keep the image if it matches]"


def answering(monkeypatch: pytest.MonkeyPatch, reply: Any) -> None:
    """Let the model of every dialog answer with *reply*, or fail with it."""

    def wait_for(work: Any) -> Any:
        if isinstance(reply, Exception):
            raise reply
        return reply

    monkeypatch.setattr(page, "wait_for", wait_for)
    for name in ("keep_if_verified", "judge"):
        monkeypatch.setattr(services().style_generation, name, lambda *_asked: None)


def test_a_check_needs_a_question_and_an_answer() -> None:
    at = draw(check_dialog.show, "a")
    assert f"{ASK} off" in read(at)
    at.text_input(key="style-check-question").set_value("How many cups?").run()
    assert f"{ASK} off" in read(at)
    at.text_input(key="style-check-question").set_value("  ")
    at.text_input(key="style-check-answer").set_value("Three").run()
    assert f"{ASK} off" in read(at)
    at.text_input(key="style-check-question").set_value("How many cups?").run()
    assert ASK in read(at)


@pytest.mark.parametrize(
    ("reply", "lines"),
    [
        (SimpleNamespace(answer="three", matches=True), [
            "The model answered: three",
            "success: The answer matches: the image is in the project and its entry waits for review.",
        ]),
        (SimpleNamespace(answer="", matches=False), [
            "The model answered: nothing",
            "warning: The answer does not match, so the image was not kept.",
        ]),
        (InvalidInputError("It is gone."), ["error: It is gone."]),
    ],
    ids=["it matches", "no answer", "an error"],
)  # fmt: skip
def test_what_the_model_answers_is_said_with_what_follows(
    reply: Any, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, reply)
    at = draw(check_dialog.show, "a")
    at.text_input(key="style-check-question").set_value("How many cups?")
    at.text_input(key="style-check-answer").set_value("Three").run()
    before = read(at)
    at.button(key="style-check-ask").click().run()
    assert [line for line in read(at) if line not in before] == lines


def judged(monkeypatch: pytest.MonkeyPatch, match: dict[str, Any]) -> None:
    shown = SimpleNamespace(
        generated=SimpleNamespace(match=match), references=("a", "b"), cost=lambda _llm, _model: None
    )  # fmt: skip
    monkeypatch.setattr(services().style_generation, "judge_input", lambda _id: shown)


def test_a_result_without_a_judge_has_the_questions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    judged(monkeypatch, {})
    lines = read(draw(judge_dialog.show, "a"))
    assert lines[: len(QUESTIONS)] == list(QUESTIONS.values())
    sees = "The model sees the new image and 2 references. Cost unknown: this model has no listed price."
    assert lines[-2:] == [sees, "[Judge]"]


def test_the_verdicts_stand_below_their_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = {"question": "light", "answer": "yes", "evidence": "Soft."}
    judged(monkeypatch, {"judge": {"model": "openai/gpt-4o", "verdicts": [verdict]}})
    lines = read(draw(judge_dialog.show, "a"))
    assert lines[0] == "Judged by openai/gpt-4o."
    assert lines[lines.index(QUESTIONS["light"]) + 1] == "**Yes.** Soft."
    assert [line for line in lines if line.startswith("**")] == ["**Yes.** Soft."]
    assert lines[-1] == "[Judge again]"


def test_a_judge_that_fails_says_why_and_one_that_answers_is_shown_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judged(monkeypatch, {})
    answering(monkeypatch, InvalidInputError("No references."))
    at = draw(judge_dialog.show, "a")
    assert not at.error
    at.button(key="style-judge-ask").click().run()
    assert [error.value for error in at.error] == [r"No references\."]
    answering(monkeypatch, None)
    at.button(key="style-judge-ask").click().run()
    assert not at.error


def test_a_pinned_image_is_sent_although_it_was_switched_off_and_one_reference_was_enough() -> None:
    draft = image_dialog.pinned(Draft(pinned=("a",), excluded=("b", "c"), count=1), "b")
    assert (draft.pinned, draft.excluded, draft.count) == (("a", "b"), ("c",), 2)
    assert image_dialog.pinned(Draft(pinned=("a",), count=5), "b").count == 5


@pytest.mark.parametrize(
    ("placed", "where"),
    [
        ({"brightest": "top", "darkest": "bottom"}, "landscape, brightest top, darkest bottom, plain background"),
        ({"brightest": "", "darkest": ""}, "landscape, plain background"),
    ],
)
def test_measurements_are_said_in_words(placed: dict[str, str], where: str) -> None:
    assert image_dialog._measurements({
        "palette": [{"name": "red", "hex": "#ff0000", "share": 0.5}, {"name": "blue", "hex": "#0000ff", "share": 0.25}],
        "lightness": 61.4, "contrast": 20.6, "warmth": 0.256, "saturation": 0.456, "sharpness": 123.4,
        "composition": {"orientation": "landscape", "background": "plain", "background_share": 0.4, **placed},
    }) == (
        "Palette: red #ff0000 50%, blue #0000ff 25%.\n"
        "Lightness 61 of 100, contrast 21, warmth +0.26, saturation 0.46, sharpness 123.\n"
        f"Composition: {where} over 40%."
    )  # fmt: skip
