"""AI2D: a file for each diagram, whose questions are the keys of an object, with the number of the right answer."""

from collections.abc import Iterable, Iterator
from typing import Any

from core.importing.answers import RowError, turn
from core.importing.readers.base import Files, Row, RowReader
from core.importing.records import Record, record


def _fits(row: Row) -> bool:
    questions = row.get("questions")
    if not isinstance(row.get("imageName"), str) or not isinstance(questions, dict) or not questions:
        return False
    return all(isinstance(one, dict) and "answerTexts" in one for one in questions.values())


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    image, questions = row.get("imageName"), row.get("questions")
    if not isinstance(image, str) or not image or not isinstance(questions, dict) or not questions:
        raise RowError("This diagram has no imageName or no questions.")
    return _records(image, questions, where, files)


def _records(image: str, questions: dict[str, Any], where: str, files: Files) -> Iterator[Record]:
    for question, one in questions.items():
        try:
            texts, number = (
                (one.get("answerTexts"), one.get("correctAnswer")) if isinstance(one, dict) else (None, None)
            )
            if not isinstance(texts, list) or type(number) is not int or not 0 <= number < len(texts):
                raise RowError(f"A question has no right answer: {question[:60]}")
            yield record(where, (image,), (turn(question, texts[number], None, texts),))
        except RowError as error:
            files.problems.add(where, str(error))


READER = RowReader(
    name="ai2d",
    label="AI2D",
    needs="imageName, and questions with answerTexts and correctAnswer",
    fits=_fits,
    read_row=_read_row,
)
