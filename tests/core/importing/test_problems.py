"""Problems are all counted, the first are kept; names of files say what is tried with them."""

import pytest

from core.importing import problems
from core.importing.problems import Problems
from core.importing.survey import survey_of


def test_the_first_problems_are_kept_short_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "MAX_PROBLEMS", 2)
    found = Problems()
    for number in range(3):
        found.add(f"{number}" + "w" * 600, "r" * 501)

    assert found.count == 3
    assert [(len(problem.where), len(problem.reason)) for problem in found.kept] == [(500, 500), (500, 500)]
    assert [problem.where[0] for problem in found.kept] == ["0", "1"]


def test_files_are_sorted_by_their_names() -> None:
    found = survey_of(
        ["a/README.md", "a/b.JSONL", "c.csv", "d.txt", "e.parquet", "f.tar", "g.PDF", "h.jpg", "i.tiff", "j"]
    )

    assert (found.ignored, found.annotations) == (("a/README.md",), ("a/b.JSONL", "c.csv", "d.txt"))
    assert (found.tables, found.documents) == (("e.parquet", "f.tar"), ("g.PDF",))
    assert (found.images, found.others) == (("h.jpg",), ("i.tiff", "j"))
