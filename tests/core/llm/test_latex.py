r"""LaTeX in JSON with one backslash: JSON reads ``\frac`` as a form feed and ``rac``."""

import json

import pytest

from core.llm import replies
from core.llm.schemas import AnswerList, QuestionList, StyleAnalysis

WRITTEN = [
    r"What is $\frac{1}{2}$ of $\beta$?",
    r"Is \(216\text{cm}\) the length, and \boldsymbol{\frac{1}{4}} a quarter?",
    r"What does $\nabla \times E$ stand for, and \theta?",
    r"Is $x \ne 0$, $\nu_e$ small and $f \to \infty$?",
    r"Which is larger, \[\tan\left(x\right)\] or $\rho$?",
    r"What is under $\underbrace{a+b}$ and $\upsilon$?",
    r"Is $\alpha \neq \sum_{i}$ in $\mathbb{R}$?",
    r"Does $\begin{pmatrix} a & b \\ c \end{pmatrix}$ have an inverse?",
]


@pytest.mark.parametrize("question", WRITTEN)
@pytest.mark.parametrize("backslashes", [1, 2])
@pytest.mark.parametrize("damage", ["", ","], ids=["JSON", "trailing comma"])
def test_a_command_stays_with_one_backslash_and_with_two(question: str, backslashes: int, damage: str) -> None:
    if backslashes == 1 and r"\\ c" in question:
        question = question.replace(r"\\ c", r"\cr c")  # one backslash stands for itself
    text = question.replace("\\", "\\" * backslashes)
    (asked,) = replies.parse(f'{{"questions": [{{"question": "{text}"}}{damage}]}}', QuestionList).model_dump()[
        "questions"
    ]
    assert asked["question"] == question


def test_one_reply_has_commands_of_both_kinds() -> None:
    text = r'{"answers": [{"number": 1, "answer": "$\frac{a}{b} \\times \times 2$"}]}'
    (given,) = replies.parse(text, AnswerList).model_dump()["answers"]
    assert given["answer"] == r"$\frac{a}{b} \times \times 2$"


def test_descriptions_keep_commands_too() -> None:
    fields = '"tags": [], "vibe": "", "lighting": "", "colors": [], "style": ""'
    text = rf'{{"description": "A board with $\frac{{1}}{{2}}$", {fields}}}'
    assert replies.parse(text, StyleAnalysis).model_dump()["description"] == r"A board with $\frac{1}{2}$"


@pytest.mark.parametrize(
    "answer",
    [
        "Uno\ne due\nu Praze\n\tan der Wand\n\to the left",
        "It costs $5\ne poi $6",
        "a\tb\r\nright",
        "C:\\temp\\new\\files",
        "Regular: \\bword\\b",
        "caf\u00e9 \\u00e9",
        "a \\\\frac b",
    ],
)
def test_valid_json_is_read_as_it_is(answer: str) -> None:
    for text in (
        json.dumps({"answers": [{"answer": answer}]}),
        json.dumps({"answers": [{"answer": answer}]}, indent=1),
    ):
        (given,) = replies.parse(text, AnswerList).model_dump()["answers"]
        assert given["answer"] == answer
