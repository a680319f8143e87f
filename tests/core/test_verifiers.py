"""Checkers of answers: what follows from an answer, and which responses are right."""

import json

import pytest

from core.verifiers import (
    check,
    easyr1_reward,
    final_answer,
    lmms_results,
    overlap,
    score,
    trl_reward,
    verifier_of,
    verl_reward,
)

BOXES = '[{"bbox_2d": [10, 10, 110, 110], "label": "cup"}, {"bbox_2d": [200, 200, 300, 300], "label": "cup"}]'


@pytest.mark.parametrize(
    ("answer", "answer_type", "checker", "arguments"),
    [
        ("3", "text", "number", {"tolerance": 0.0}),
        ("Three.", "text", "number", {"tolerance": 0.0}),
        ("-5", "text", "number", {"tolerance": 0.0}),
        ("3.5", "text", "number", {"tolerance": 0.05}),
        ("1,200", "text", "number", {"tolerance": 0.0}),
        ("40 %", "text", "number", {"tolerance": 0.0}),
        ("007", "text", "exact", {}),
        ("10:30", "text", "exact", {}),
        ("12 cups", "text", "exact", {}),
        ("The blue cup.", "text", "exact", {}),
        ('["red", "blue"]', "label", "set", {}),
        ('{"count": 3}', "custom_format", "json", {}),
        (BOXES, "custom_format", "iou", {"min_iou": 0.5}),
    ],
)
def test_the_checker_follows_from_the_answer(
    answer: str, answer_type: str, checker: str, arguments: dict[str, float]
) -> None:
    found = verifier_of(answer, answer_type)

    assert found is not None
    assert (found.checker, found.arguments) == (checker, pytest.approx(arguments))
    assert check(*found, answer)


@pytest.mark.parametrize(
    ("answer", "answer_type"),
    [
        ("A long description of the shelf with its cups, plates and three bowls.", "text"),
        ("[]", "label"),
        ('{"a": NaN}', "custom_format"),
        ("no JSON", "custom_format"),
        ("The tag <answer></answer> is empty", "text"),
    ],
)
def test_what_no_checker_verifies_has_none(answer: str, answer_type: str) -> None:
    assert verifier_of(answer, answer_type) is None


@pytest.mark.parametrize(
    ("checker", "arguments", "truth", "answer", "expected"),
    [
        ("exact", {}, "The blue cup.", "blue CUP", 1.0),
        ("exact", {}, "Yes.", "“yes”", 1.0),
        ("exact", {}, "a", "A.", 1.0),
        ("exact", {}, "a", "b", 0.0),
        ("exact", {}, "blue cup", "blue", 0.0),
        ("number", {}, "3", "There are three cups.", 1.0),
        ("number", {}, "3", "3 or 4", 0.0),
        ("number", {}, "Three.", "3.0", 1.0),
        ("number", {}, "1,200", "1200", 1.0),
        ("number", {"tolerance": 0.05}, "3.5", "3,54", 1.0),
        ("number", {"tolerance": 0.05}, "3.5", "3.56", 0.0),
        ("number", {}, "-5", "−5", 1.0),
        ("number", {}, "3", "many", 0.0),
        ("set", {}, '["red", "blue"]', "Blue and red", 1.0),
        ("set", {}, '["red", "blue"]', '["blue", "RED"]', 1.0),
        ("set", {}, '["red", "dark, green"]', "dark, green, red", 1.0),
        ("set", {}, '["red", "blue"]', "red", 0.5),
        ("set", {}, '["red"]', "red, blue", 0.5),
        ("set", {}, '["red"]', "reddish", 0.0),
        ("set", {}, '["red", "blue"]', "- red\n- blue", 1.0),
        ("json", {}, '{"count": 3, "sort": "Cup"}', '```json\n{"sort": "cup", "count": 3.0}\n```', 1.0),
        ("json", {}, '{"count": 3, "sort": "cup"}', '{"count": 4, "sort": "cup"}', 0.5),
        ("json", {}, '{"count": 1}', '{"count": true}', 0.0),
        ("json", {}, '{"count": 3}', '{"count": 3, "more": 1}', 0.5),
        ("json", {}, '{"count": 3}', "three", 0.0),
        ("json", {}, "[]", "[]", 1.0),
        ("iou", {}, BOXES, BOXES, 1.0),
        ("iou", {}, BOXES, '[{"bbox_2d": [10, 10, 110, 100], "label": "CUP"}]', 0.5),
        ("iou", {}, BOXES, '[{"bbox_2d": [10, 10, 110, 110], "label": "plate"}]', 0.0),
        ("iou", {"min_iou": 0.95}, BOXES, '[{"bbox_2d": [10, 10, 110, 100], "label": "cup"}]', 0.0),
        ("iou", {}, BOXES, "none", 0.0),
    ],
)  # fmt: skip
def test_a_response_is_right_wrong_or_right_in_part(
    checker: str, arguments: dict[str, float], truth: str, answer: str, expected: float
) -> None:
    assert score(checker, arguments, truth, answer) == expected


def test_one_box_is_the_partner_of_one_box() -> None:
    twice = '[{"bbox_2d": [10, 10, 110, 110], "label": "cup"}, {"bbox_2d": [11, 10, 110, 110], "label": "cup"}]'

    assert score("iou", {}, BOXES, twice) == 0.5


def test_the_overlap_of_boxes_is_intersection_over_union() -> None:
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (10, 0, 20, 10)) == 0.0


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (" Three. ", "Three."),
        ("<think>Is it 4?</think> 3", "3"),
        ("First <answer>4</answer>, no: <answer> 3 </answer> cups", "3"),
        ("So it is \\boxed{\\text{blue}}.", "blue"),
        ('\\boxed{{"count": 3}}', '{"count": 3}'),
        ("\\boxed{never closed", "\\boxed{never closed"),
    ],
)
def test_the_final_answer_stands_behind_the_thinking(response: str, expected: str) -> None:
    assert final_answer(response) == expected


def test_trainers_and_evaluators_call_the_checkers_in_their_own_way() -> None:
    tolerance = json.dumps({"tolerance": 0.0})

    rewards = trl_reward(
        prompts=[], completions=[[{"role": "assistant", "content": "<answer>3</answer>"}], "red"],
        solution=["3", '["red", "blue"]'], checker=["number", "set"], arguments=[tolerance, "{}"], trainer_state=None,
    )  # fmt: skip
    info = {"checker": "number", "arguments": tolerance, "split": "train"}
    verifier = json.dumps({"checker": "set", "arguments": {}, "truth": '["red", "blue"]'})

    assert rewards == [1.0, 0.5]
    assert verl_reward("shelf", "It is \\boxed{3}.", "3", info) == 1.0
    assert easyr1_reward([{"response": "red", "response_length": 1, "ground_truth": verifier}]) == [
        {"overall": 0.5, "accuracy": 0.0}
    ]
    assert lmms_results({"checker": "set", "arguments": "{}", "answer": '["red"]'}, ["red"]) == {
        "accuracy": 1.0, "score": 1.0,
    }  # fmt: skip
