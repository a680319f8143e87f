"""The sentence of an import."""

from core.importing.outcomes import ImportOutcomes, left_out_row
from core.importing.records import NOT_HERE, Problem


def outcomes(*rows: dict[str, str], questions: int = 20, entries: int = 18, **left_out: int) -> ImportOutcomes:
    return ImportOutcomes({}, list(rows), entries, questions=questions, left_out=left_out)


MISSING = left_out_row(Problem("rows.csv:20", f"{NOT_HERE}a: b.jpg"), "image")
REJECTED = left_out_row(Problem("rows.csv:21", "Its image was rejected."), "image")
ODD = left_out_row(Problem("rows.csv:22", "The question is empty."))


def test_questions_and_rows_that_could_not_be_read_are_counted_apart() -> None:
    assert outcomes(ODD, MISSING, image=2, row=3).sentence == (
        "20 questions found, 18 stored, 2 name images that are not here: a: b.jpg (rows.csv:20). "
        "3 rows or files could not be read: The question is empty (rows.csv:22)."
    )
    assert outcomes(ODD, questions=0, entries=0, row=1).sentence == (
        "1 row or file could not be read: The question is empty (rows.csv:22)."
    )


def test_an_image_that_is_here_and_was_rejected_is_not_called_missing() -> None:
    assert outcomes(MISSING, REJECTED, image=2).sentence == (
        "20 questions found, 18 stored, 2 left out: Its image was rejected (rows.csv:21)."
    )


def test_an_import_without_problems_and_questions_needs_no_sentence() -> None:
    assert outcomes(questions=0, entries=0).sentence == ""
    assert outcomes(MISSING, image=1, entries=19).sentence == (
        "20 questions found, 19 stored, 1 names an image that is not here: a: b.jpg (rows.csv:20)."
    )
