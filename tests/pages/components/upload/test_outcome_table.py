"""The report of an import: its sentences, and the table of the files and rows that need a look."""

from collections.abc import Mapping
from typing import Any

import pytest
import streamlit as st

from core.importing.outcomes import ImportOutcomes
from pages.components.upload import import_outcomes
from tests.pages.reading import draw, read


def row(outcome: str = "rejected", **changed: str) -> dict[str, str]:
    return {"name": "a.png", "outcome": outcome, "reason": "No image.", "image_id": "", "sha256": "", **changed}


@pytest.mark.parametrize(
    ("rows", "title", "is_open"),
    [(1, "1 needs a look", True), (2, "2 need a look", True), (20, "20 need a look", True),
     (21, "21 need a look", False), (2_000, "The first 2,000 that need a look", False)],
)  # fmt: skip
def test_a_long_table_is_closed_and_its_beginning_is_said_to_be_one(rows: int, title: str, is_open: bool) -> None:
    at = draw(import_outcomes._table, [row()] * rows, "k")
    (expander,) = at.expander
    assert (expander.label, expander.proto.expanded) == (title, is_open)


def test_nothing_to_look_at_draws_no_table() -> None:
    assert read(draw(import_outcomes._table, [], "k")) == []


def test_the_table_can_be_downloaded_and_is_filtered_where_outcomes_differ() -> None:
    rows = [row(), row("note", name="b.png"), row("left-out", name="c.png")]
    assert draw(import_outcomes._table, rows[:1], "k").pills.values == []
    at = draw(import_outcomes._table, rows, "k", "/rows.csv")
    assert "[Download as CSV -> /rows.csv]" in read(at)
    assert "[Download as CSV" not in " ".join(read(draw(import_outcomes._table, rows, "k")))
    assert at.pills[0].options == ["rejected", "left out", "note"]
    assert at.dataframe[0].value["place"].tolist() == ["a.png", "b.png", "c.png"]
    at.pills[0].set_value(["note", "left-out"]).run()
    assert at.dataframe[0].value["place"].tolist() == ["b.png", "c.png"]


@pytest.mark.parametrize(
    ("changed", "columns", "is_high"),
    [
        ({}, ["place", "reason", "outcome"], False),
        ({"image_id": "a", "sha256": "0" * 64}, ["image", "place", "reason", "outcome"], False),
        ({"name": "n" * 30, "reason": "r" * 60}, ["place", "reason", "outcome"], False),
        ({"name": "n" * 31}, ["place", "reason", "outcome"], True),
        ({"reason": "r" * 61}, ["place", "reason", "outcome"], True),
    ],
    ids=["short", "with an image", "just in one line", "a long name", "a long reason"],
)
def test_rows_are_as_high_as_their_texts_and_images_have_a_column_where_there_are_some(
    changed: dict[str, str], columns: list[str], is_high: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Mapping[str, Any]] = []
    monkeypatch.setattr(st, "dataframe", lambda _rows, **how: drawn.append(how))
    import_outcomes._table([row(**changed)], "k")
    assert (drawn[0]["column_order"], drawn[0]["row_height"]) == (columns, 68 if is_high else None)


@pytest.mark.parametrize(
    ("found", "has_ended", "lines"),
    [
        (ImportOutcomes({"added": 2}, [], 0), False, ["2 images added."]),
        (ImportOutcomes({"added": 2}, [], 0), True, ["2 images added."]),
        (ImportOutcomes({}, [], 0), True, ["Nothing was imported."]),
        (ImportOutcomes({}, [], 0), False, []),
        (ImportOutcomes({}, [], 1, questions=1), True, ["1 question found, 1 stored."]),
        (ImportOutcomes({}, [], 1, questions=1), False, []),
    ],
)
def test_an_import_says_what_came_in_and_at_its_end_that_nothing_did(
    found: ImportOutcomes, has_ended: bool, lines: list[str]
) -> None:
    assert read(draw(import_outcomes.show_import, found, "/rows.csv", has_ended=has_ended)) == lines
