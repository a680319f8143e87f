"""Rows of preference data, each with one thing that a trainer would trip over."""

from typing import Any

import pytest

from core.export.checks.base import (
    NO_CONTROL_WORD,
    NOTHING_EMPTY,
    TOKENS_MATCH,
    TURNS_ALTERNATE,
    Expected,
)
from core.export.checks.conversations import INFO_MATCHES
from core.export.checks.preference import (
    ANSWERS_DIFFER,
    LABELS_BOOLEAN,
    LlamaFactoryPreferenceChecker,
    PreferenceChecker,
)
from tests.core.export.checks.memory import as_lines, problems, results

Row = dict[str, Any]
USER = {"role": "user", "content": "<image>Which?"}


def _assistant(text: Any) -> Row:
    return {"role": "assistant", "content": text}


def _pair(**changed: Any) -> Row:
    row = {"messages": [USER], "chosen": _assistant("Red."), "rejected": _assistant("Blue.")}
    return {"id": "1", "images": ["images/a.jpg"], **row, **changed}


def _swift(rejected: Any = "Blue.") -> Row:
    return {
        "id": "1",
        "images": ["images/a.jpg"],
        "messages": [USER, _assistant("Red.")],
        "rejected_response": rejected,
    }


def _labeled(**label: Any) -> Row:
    return {"id": "1", "images": ["images/a.jpg"], "messages": [USER, _assistant("Red.")], **label}


@pytest.mark.parametrize(
    "row", [_pair(), _swift(), _labeled(kto_tag=True), _labeled(kto_tag=False), _labeled(label=False)]
)
def test_a_row_that_trainers_read_has_no_problem(row: Row) -> None:
    assert problems(PreferenceChecker, row) == {}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (_pair(messages=[USER, _assistant("Red.")]), {TURNS_ALTERNATE}),
        (_pair(messages="Which?"), {TURNS_ALTERNATE}),
        (_pair(messages=[{"role": "user", "content": "Which?"}]), {TOKENS_MATCH, "Image tokens stand before the text "
                                                                   "of a user turn, those of a single image in the "
                                                                   "first one"}),
        (_pair(chosen="Red."), {TURNS_ALTERNATE}),
        (_pair(rejected={"role": "user", "content": "Blue."}), {TURNS_ALTERNATE}),
        (_pair(rejected=_assistant("Red.")), {ANSWERS_DIFFER}),
        (_pair(rejected=_assistant(None)), {NOTHING_EMPTY}),
        (_pair(chosen=_assistant(" ")), {NOTHING_EMPTY}),
        (_pair(chosen=_assistant("<image>")), {NO_CONTROL_WORD}),
        (_swift("Red."), {ANSWERS_DIFFER}),
        (_swift(None), {NOTHING_EMPTY}),
        (_swift("<video>"), {NO_CONTROL_WORD}),
        (_labeled(kto_tag="true"), {LABELS_BOOLEAN}),
        (_labeled(label=1), {LABELS_BOOLEAN}),
        (_labeled(kto_tag=None, label=True), {LABELS_BOOLEAN}),
        (_labeled(), {LABELS_BOOLEAN}),
    ],
)  # fmt: skip
def test_a_row_that_a_trainer_refuses_is_found(row: Row, found: set[str]) -> None:
    assert set(problems(PreferenceChecker, row)) == found


def test_pairs_are_counted_as_rows_and_not_as_entries() -> None:
    assert problems(PreferenceChecker, _pair(), entries=7) == {}
    found = results(PreferenceChecker, {"rows.jsonl": as_lines([_pair()])}, Expected({"train": 1}, {"train": 2}, 1))
    assert [result.examples for result in found if result.name.startswith("Everything")] == [
        ("rows of train: 2 written, 1 read back",)
    ]


def test_each_row_is_examined_once_for_its_answers_and_its_label() -> None:
    found = results(PreferenceChecker, {"rows.jsonl": as_lines([_pair(), _labeled(label=True)])},
                    Expected({"train": 2}, {"train": 2}, 1))  # fmt: skip
    examined = {result.name: result.examined for result in found}

    assert (examined[ANSWERS_DIFFER], examined[LABELS_BOOLEAN]) == (2, 2)


def test_llama_factory_also_reads_the_dataset_info() -> None:
    files = {"rows.jsonl": as_lines([_pair()]), "images/a.jpg": b""}
    found = results(LlamaFactoryPreferenceChecker, files, Expected({"train": 1}, {"train": 1}, 1))

    assert {result.name: result.passed for result in found}[INFO_MATCHES] is False
    assert INFO_MATCHES not in problems(PreferenceChecker, _pair())
