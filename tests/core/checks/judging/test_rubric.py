"""The lines of a user's own rubric."""

import pytest
from pydantic import TypeAdapter, ValidationError

from core.checks.judging.rubric import MAX_LINE_CHARS, MAX_LINES, MIN_LINE_CHARS, MIN_LINES, Rubric

RUBRIC: TypeAdapter[tuple[str, ...]] = TypeAdapter(Rubric)
LINES = tuple(f"The line with number {number} is true." for number in range(MAX_LINES + 1))


@pytest.mark.parametrize("length", [MIN_LINE_CHARS, MAX_LINE_CHARS])
def test_a_line_has_a_least_and_a_most_length(length: int) -> None:
    others = LINES[: MIN_LINES - 1]
    assert RUBRIC.validate_python((*others, "x" * length))[-1] == "x" * length
    step = -1 if length == MIN_LINE_CHARS else 1
    with pytest.raises(ValidationError, match="a line has"):
        RUBRIC.validate_python((*others, "x" * (length + step)))


@pytest.mark.parametrize(("count", "is_taken"), [(MIN_LINES - 1, False), (MIN_LINES, True), (MAX_LINES, True)])
def test_a_rubric_has_a_few_lines(count: int, is_taken: bool) -> None:
    if is_taken:
        assert RUBRIC.validate_python(LINES[:count]) == LINES[:count]
        return
    with pytest.raises(ValidationError):
        RUBRIC.validate_python(LINES[:count])


def test_spaces_do_not_tell_lines_apart() -> None:
    with pytest.raises(ValidationError, match="two lines are the same"):
        RUBRIC.validate_python((*LINES[:MIN_LINES], LINES[0].replace(" ", "  ")))
