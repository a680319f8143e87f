"""Messages become turns by the roles of their writers."""

from typing import Any

import pytest

from core.importing.readers.base import RowError
from core.importing.readers.ids import id_of
from core.importing.readers.turns import paired
from tests.core.importing.readers.files import KnownFiles

Messages = list[tuple[Any, Any]]


def _paired(*messages: tuple[Any, Any]) -> tuple[list[tuple[str, str]], str, list[str]]:
    files = KnownFiles()
    found = paired(messages, "row 1", files)
    return [(turn.question, turn.answer) for turn in found.turns], found.system, files.reasons


@pytest.mark.parametrize(
    ("messages", "turns", "system", "reasons"),
    [
        ([("user", "Q"), ("assistant", "A")], [("Q", "A")], "", []),
        ([("human", "Q"), ("gpt", "A")], [("Q", "A")], "", []),
        ([("USER", "Q"), ("Bot", "A")], [("Q", "A")], "", []),
        ([("system", "Be brief."), ("user", "Q"), ("assistant", "A")], [("Q", "A")], "Be brief.", []),
        ([("system", "One."), ("developer", "Two."), ("user", "Q"), ("model", "A")], [("Q", "A")], "One.\n\nTwo.", []),
        ([("system", 3), ("user", "Q"), ("assistant", "A")], [("Q", "A")], "", []),
        ([("user", "Q1"), ("user", "Q2"), ("assistant", "A")], [("Q2", "A")], "", ["A question has no answer: Q1"]),
        ([("user", "Q"), ("assistant", "A"), ("user", "Q2")], [("Q", "A")], "", ["A question has no answer: Q2"]),
        ([("assistant", "Hello"), ("user", "Q"), ("assistant", "A")], [("Q", "A")], "",
         ["An answer has no question before it: Hello"]),
        ([("assistant", ""), ("user", "Q"), ("assistant", "A")], [("Q", "A")], "", []),
        ([("user", "Q"), ("assistant", None), ("tool", "x"), ("assistant", "A")], [("Q", "A")], "",
         ["A message of the role tool was left out: calls of tools are not read."]),
        ([("user", "Q"), ("critic", "x"), ("assistant", "A")], [("Q", "A")], "",
         ["A message of an unknown role was left out: critic"]),
        ([(None, "x"), ("user", "Q"), ("assistant", "A")], [("Q", "A")], "",
         ["A message of an unknown role was left out: NoneType"]),
        ([("user", "x" * 59), ("user", "Q"), ("assistant", "A")], [("Q", "A")], "",
         ["A question has no answer: " + "x" * 59]),
        ([("user", "x" * 60), ("user", "Q"), ("assistant", "A")], [("Q", "A")], "",
         ["A question has no answer: " + "x" * 60 + "…"]),
    ],
)  # fmt: skip
def test_a_question_is_paired_with_the_answer_that_follows_it(
    messages: Messages, turns: list[tuple[str, str]], system: str, reasons: list[str]
) -> None:
    assert _paired(*messages) == (turns, system, reasons)


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([], "There is no question in this conversation"),
        ([("user", "Q")], "A question has no answer: Q"),
        ([("assistant", "A")], "An answer has no question before it: A"),
        ([("system", "Be brief.")], "There is no question"),
        ([("user", "Q"), ("assistant", None)], "There is no answer"),
        ([("user", "Q"), ("assistant", "")], "There is no answer"),
        ([("user", "Q"), ("user", "gpt")], "A question has no answer: Q"),
        ([("gpt", "user"), ("gpt", "A")], "An answer has no question before it: user"),
    ],
)
def test_a_conversation_without_a_turn_is_refused(messages: Messages, reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        _paired(*messages)


def test_a_conversation_has_at_most_1000_turns() -> None:
    one: Messages = [("user", "Q"), ("assistant", "A")]

    assert len(_paired(*one * 1000)[0]) == 1000
    with pytest.raises(RowError, match="This conversation has 1,001 turns; 1,000 is the limit"):
        _paired(*one * 1001)


@pytest.mark.parametrize(
    ("value", "id_"),
    [(7, 7), ("7", 7), ("007", 7), ("a", "a"), ("x" * 200, "x" * 200), (7.0, 7), (0, 0), (-1, -1), ("٧", "٧")],
)
def test_an_id_is_a_number_or_a_text(value: Any, id_: int | str) -> None:
    assert id_of({"id": value}, "id") == id_


@pytest.mark.parametrize("value", [None, "", "x" * 201, 7.5, True, [7]])
def test_what_is_no_id_is_refused(value: Any) -> None:
    with pytest.raises(RowError, match="id is no number and no text"):
        id_of({"id": value}, "id")
    with pytest.raises(RowError, match="id is no number and no text"):
        id_of("row", "id")
