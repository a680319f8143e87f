import os
import random
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.dataset.vqa import best_accuracy, normal_answer, vqa_accuracy

_EVALUATOR = Path("VQA", "PythonEvaluationTools", "vqaEvaluation", "vqaEval.py")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Two", "2"),
        ("none", "0"),
        ("a red bus.", "red bus"),
        ("The Dont walk sign", "don't walk sign"),
        ("black/white", "black white"),
        ("yes, it is!", "yes it is"),
        ("1,000", "1000"),
        ("3.5 m", "3.5 m"),
        ("mid-air", "mid air"),
        ("  two \n cats ", "2 cats"),
    ],
)
def test_answers_are_normalized_as_in_the_challenge(answer: str, expected: str) -> None:
    assert normal_answer(answer) == expected


@pytest.mark.parametrize(
    ("alike", "expected"),
    [(0, 0.0), (1, 0.3), (2, 0.6), (3, 0.9), (4, 1.0), (10, 1.0)],
)
def test_accuracy_with_ten_people_has_the_published_values(alike: int, expected: float) -> None:
    people = ["cat"] * alike + [f"other {number}" for number in range(10 - alike)]
    assert vqa_accuracy("cat", people) == pytest.approx(expected)


def test_answers_are_normalized_only_where_people_differ() -> None:
    assert vqa_accuracy("cat.", ["cat"] * 10) == 0.0
    assert vqa_accuracy("cat.", ["cat"] * 9 + ["dog"]) == 1.0


def test_two_people_who_agree_reach_a_third() -> None:
    assert best_accuracy(["yes", "yes"]) == pytest.approx(1 / 3)
    assert best_accuracy([]) == 0.0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("3.", "3"),
        (".5", ".5"),
        ("u.s.", "us"),
        ("shouldnt've", "shouldn't've"),
        ("somebody'd", "somebodyd"),
        ("im", "im"),
        ("." * 40, "." * 8),
    ],
)
def test_oddities_of_the_evaluator_are_kept(answer: str, expected: str) -> None:
    assert normal_answer(answer) == expected


def test_case_counts_where_all_people_gave_the_same_answer() -> None:
    assert vqa_accuracy("Cat", ["cat"] * 10) == 0.0
    assert vqa_accuracy("Cat", ["cat"] * 9 + ["dog"]) == 1.0


_ANSWERS = (
    "yes no Yes two Two none cat the a an dont hasnt Im I'm ive youre 3.5 3. .5 1,000 mid-air black/white a.m. U.S. "
    "(red) red, blue, \"stop\" what's somebody'd somebodyd let's ow's'at o'clock oclock Id've ten 10 zero & it's "
    "- _ < > @ ? ! ; isnt theyre yall'd've don't : \u00e9t\u00e9"
)


@pytest.mark.prove
@pytest.mark.skipif("CONSUMERS_DIR" not in os.environ, reason="the official evaluator is in CONSUMERS_DIR/VQA")
def test_1000_random_cases_are_equal_to_the_official_evaluator(capsys: pytest.CaptureFixture[str]) -> None:
    source = (Path(os.environ["CONSUMERS_DIR"]) / _EVALUATOR).read_text().replace("\r", "")
    official: dict[str, Any] = {}
    exec(re.sub(r'print (".*")', r"print(\1)", source), official)  # noqa: S102
    rng, words = random.Random(0), _ANSWERS.split()

    def phrase() -> str:
        between = rng.choice([" ", " ", " ", "  ", "\n", "\t"])
        return between.join(rng.choice(words) for _ in range(rng.choice([1, 1, 1, 2, 3])))

    def varied(text: str) -> str:
        return rng.choice([text, text, text.upper(), text.lower(), f"{text}.", f" {text}", f"{text},", f"the {text}"])

    for _ in range(1_000):
        pool = [phrase() for _ in range(rng.choice([1, 2, 3]))]
        people = [varied(rng.choice(pool)) for _ in range(rng.choice([10, 10, 3, 1]))]
        people = people if rng.random() < 0.85 else people[:1] * 10
        answer = varied(rng.choice(pool))
        answers = [{"answer": given, "answer_id": number} for number, given in enumerate(people)]
        truth = {"answers": answers, "question_type": "what is", "answer_type": "other"}
        evaluator = official["VQAEval"](
            SimpleNamespace(qa={1: truth}, getQuesIds=lambda: [1]), SimpleNamespace(qa={1: {"answer": answer}}), n=9
        )
        evaluator.evaluate()
        assert vqa_accuracy(answer, people) * 100 == pytest.approx(evaluator.evalQA[1]), (answer, people)
