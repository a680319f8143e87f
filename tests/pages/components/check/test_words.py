"""What cards of the Check page say where something is missing, unknown or just at a limit."""

import pytest

from pages.components.check import arena, effort
from pages.components.check.groups import Group


def test_a_group_without_a_name_is_called_none_and_a_person_by_name() -> None:
    assert [effort._shown("", group) for group in ("models", "kinds")] == ["A person", "none"]
    assert [effort._shown(name, "people") for name in ("local", "Ada")] == ["Local user", "Ada"]
    assert effort._shown("openai/gpt-4o", "models") == "openai/gpt-4o"


def test_a_cost_that_nobody_knows_is_not_zero() -> None:
    assert [effort._money(amount) for amount in (None, 0.0, 0.12345)] == ["not known", "$0.0000", "$0.1235"]


FOUND = {"a": "openai/a", "b": "openai/b", "difference": 0.124, "interval": (0.05, 0.2), "questions": 1, "p": 0.05}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, r"**openai/a** is better than **openai/b** by 12 points, between 5 and 20 (p = 0.050), of the 1 question"),
        ({"difference": -0.124, "interval": (-0.2, -0.05), "p": 0.001},
         r"**openai/b** is better than **openai/a** by 12 points, between 5 and 20 (p = 0.001), of the 1 question"),
        ({"p": 0.0009}, r"**openai/a** is better than **openai/b** by 12 points, between 5 and 20 (p < 0.001), of"),
        ({"p": 0.06}, r"No difference is proven between **openai/a** and **openai/b** (+12 points, p = 0.06), of the"),
    ],
)  # fmt: skip
def test_a_model_is_called_better_only_when_chance_is_unlikely(changed: dict[str, object], said: str) -> None:
    assert arena._sentence({**FOUND, **changed}).replace("\\", "").startswith(said)


def test_questions_whose_answers_a_model_knows_are_said() -> None:
    assert arena._caveats(9, 0, 0, "m") == []
    own, one = arena._caveats(9, 2, 1, "m")
    assert own.startswith("2 of 9 questions of m are scored against answers that the same model gave")
    assert one.startswith("1 entry that m was asked about is in the train split of the newest export")
    assert arena._caveats(9, 0, 2, "m")[0].startswith("2 entries that m was asked about are in the train split")


def test_the_next_model_is_asked_about_confirmed_entries_unless_the_line_selects_by_decision() -> None:
    assert arena._confirmed("kind:count") == "kind:count is:confirmed"
    assert arena._confirmed("kind:count is:open") == "kind:count is:open"
    assert arena._short("openai/team/mine@localhost/v1") == "mine"


@pytest.mark.parametrize(
    ("cards", "spans"), [(1, ["all"]), (2, [1, 1]), (3, [1, 1, "all"]), (4, [1, 1, 1, 1])]
)  # fmt: skip
def test_a_last_card_that_would_stand_alone_takes_both_columns(cards: int, spans: list[object]) -> None:
    assert Group("", "", (arena.show,) * cards).spans == spans
