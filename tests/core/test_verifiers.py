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
    similarity,
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
        ("12 cups", "text", "number", {"tolerance": 0.0}),
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
    ("answer", "is_short"),
    [("word " * 10, True), ("word " * 11, False), ("红" * 20, True), ("红" * 21, False), ("あ" * 21, False),
     ("노란 버스", True), ("A 红色的 B", True)],
)  # fmt: skip
def test_a_text_of_more_than_ten_words_is_a_description_with_or_without_spaces(answer: str, is_short: bool) -> None:
    assert (verifier_of(answer, "text") is not None) == is_short


@pytest.mark.parametrize(
    ("answer", "checker"),
    [("Exit to\nGate 4", "anls"), ("A long text " * 8, "anls"), ("24", "number"), ("Yes", "exact"), ("word " * 90, "")],
)
def test_an_answer_that_was_read_is_compared_by_its_characters(answer: str, checker: str) -> None:
    found = verifier_of(answer, "text", "text")

    assert (found.checker if found else "") == checker
    assert found is None or check(*found, answer)


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
        ("anls", {}, "Exit", "EXIT ", 1.0),
        ("anls", {}, "Exit", "Exitus", 1 - 2 / 6),
        ("anls", {}, "Gate 4", "Gate 14", 1 - 1 / 7),
        ("anls", {}, "Exit", "Ex", 0.0),  # half similar is wrong, as in DocVQA
        ("anls", {}, "Exit", "Exit" * 400, 0.0),
        ("anls", {}, "Exit", "", 0.0),
        ("anls", {"min_anls": 0.9}, "Gate 4", "Gate 14", 0.0),
    ],
)  # fmt: skip
def test_a_response_is_right_wrong_or_right_in_part(
    checker: str, arguments: dict[str, float], truth: str, answer: str, expected: float
) -> None:
    assert score(checker, arguments, truth, answer) == expected


@pytest.mark.parametrize(
    ("truth", "response", "is_right"),
    [
        # Numbers that a part of would be right.
        ("5", ".5", False), ("0.5", ".5", True), ("5", "twenty-five", False), ("5", "5 million", False),
        ("5", "5k", False), ("5", "5 kg", True), ("1", "There is no one.", False), ("0", "None.", True),
        ("13", "thirteen", True), ("5", "<think>I count 5", False), ("5", "2 and 3.\n**Answer:** 5", True),
        # A yes or no with its reason, in three languages.
        ("yes", "Yes, because there is a dog.", True), ("no", "No. It is a notice.", True),
        ("yes", "Yes and no.", False), ("yes", "Yes, no.", False), ("no", "Nothing.", False),
        ("no", "No idea", False), ("Evet", "Evet, var.", True), ("hayır", "HAYIR", True),
        ("是", "是的，有一只狗。", True), ("是", "不是。", False),
        # The letter of an option.
        ("B", "B. A dog", True), ("B", "**B**: a dog", True), ("B", "The answer is (B).", True),
        ("B", "The answer is B. Note that A is a distractor.", True), ("B", "A. cat B. dog", False),
        ("A", "A dog", False), ("A", "B. A dog", False),
        # Signs, units and capital letters of other languages.
        ("猫", "猫。", True), ("5 cm", "5cm", True), ("IĞDIR", "ığdır", True), ("İzmir", "izmir", True),
    ],
)  # fmt: skip
def test_an_answer_in_the_words_of_models_is_right_only_if_it_says_the_same(
    truth: str, response: str, is_right: bool
) -> None:
    verifier = verifier_of(truth, "text")

    assert verifier is not None
    assert check(*verifier, final_answer(response)) is is_right


@pytest.mark.parametrize(("truth", "answer_type"), [('["cat", "dog"]', "label"), ('{"a": [1]}', "custom_format")])
def test_a_document_may_stand_within_a_sentence(truth: str, answer_type: str) -> None:
    verifier = verifier_of(truth, answer_type)

    assert verifier is not None
    assert check(*verifier, f"Here it is: {truth}.")


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

    read = json.dumps({"arguments": {"min_anls": 0.5}, "checker": "anls", "truth": "Gate 4"})
    assert easyr1_reward([{"response": "gate 41", "response_length": 1, "ground_truth": read}]) == [
        {"overall": 1 - 1 / 7, "accuracy": 0.0}
    ]
    assert rewards == [1.0, 0.5]
    assert verl_reward("shelf", "It is \\boxed{3}.", "3", info) == 1.0
    assert easyr1_reward([{"response": "red", "response_length": 1, "ground_truth": verifier}]) == [
        {"overall": 0.5, "accuracy": 0.0}
    ]
    assert lmms_results({"checker": "set", "arguments": "{}", "answer": '["red"]'}, ["red"]) == {
        "accuracy": 1.0, "score": 1.0,
    }  # fmt: skip


def _box(*xyxy: int, label: str = "cup") -> str:
    return json.dumps([{"bbox_2d": xyxy, "label": label}])


@pytest.mark.parametrize(
    ("checker", "arguments", "truth", "answer", "share"),
    [
        ("set", {}, '["red"]', '["red"]', 1.0), ("set", {}, '["red"]', '["blue"]', 0.0),
        ("set", {}, '["red"]', '["red", "blue"]', 0.5), ("set", {}, '["red", "blue"]', "red", 0.5),
        ("json", {}, '{"a": 1}', '{"a": 1}', 1.0), ("json", {}, '{"a": 1}', '{"a": 2}', 0.0),
        ("json", {}, '{"a": 1}', '{"a": 1, "b": 2}', 0.5), ("json", {}, '{"a": 1}', "no document", 0.0),
        ("iou", {}, _box(0, 0, 10, 10), _box(0, 0, 10, 10), 1.0),
        ("iou", {}, _box(0, 0, 10, 10), _box(0, 0, 10, 10, label="dog"), 0.0),
        ("iou", {}, _box(0, 0, 10, 10), _box(0, 0, 10, 5), 1.0),  # half is enough
        ("iou", {"min_iou": 0.51}, _box(0, 0, 10, 10), _box(0, 0, 10, 5), 0.0),
        ("iou", {}, _box(0, 0, 10, 10), "[]", 0.0),
        ("anls", {}, "ab", "ac", 0.0), ("anls", {"min_anls": 0.4}, "ab", "ac", 0.5), ("anls", {}, "abcd", "abce", 0.75),
        ("anls", {}, "ab", "AB", 1.0), ("anls", {}, "a", "b", 0.0), ("anls", {}, "ab", "ab" * 50, 0.0),
        ("number", {"tolerance": 0.5}, "3", "3.5", 1.0), ("number", {"tolerance": 0.5}, "3", "3.6", 0.0),
        ("number", {}, "3", "3.1", 0.0), ("number", {}, "no number", "3", 0.0),
    ],
)  # fmt: skip
def test_each_checker_scores_an_answer_by_the_share_that_is_right(
    checker: str, arguments: dict[str, float], truth: str, answer: str, share: float
) -> None:
    assert score(checker, arguments, truth, answer) == pytest.approx(share)


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [("", "", 1.0), ("a", "b", 0.0), ("", "a", 0.0), ("kitten", "sitting", 4 / 7), ("sitting", "kitten", 4 / 7)],
)
def test_similarity_is_what_the_edit_distance_leaves_of_the_longer_text(first: str, second: str, share: float) -> None:
    assert similarity(first, second) == pytest.approx(share)


@pytest.mark.parametrize(
    ("other", "share"),
    [((0, 0, 4, 4), 1.0), ((4, 0, 8, 4), 0.0), ((0, 4, 4, 8), 0.0), ((2, 2, 6, 6), 4 / 28), ((0, 0, 4, 0), 0.0)],
)
def test_boxes_that_only_touch_do_not_overlap(other: tuple[float, ...], share: float) -> None:
    assert overlap((0, 0, 4, 4), other) == overlap(other, (0, 0, 4, 4)) == pytest.approx(share)
