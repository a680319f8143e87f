"""VQA v2: questions and annotations in two files, joined by ``question_id``; images are numbered."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from core.importing.answers import RowError, people_answer, turn
from core.importing.readers.base import Files, Head
from core.importing.readers.ids import id_of
from core.importing.records import Record, record

MAX_WAITING = 3_000_000
"""Questions and annotations that may wait for the other one; files in the same order need none."""
_IDS_ENDING = "_ids.jsonl"


@dataclass(frozen=True)
class VqaReader:
    """Joins all questions files with all annotations files, reading both at once."""

    name: str = "vqa-v2"
    label: str = "VQA v2"
    needs: str = "questions with question_id in one file, and annotations with question_id in another"

    def fit(self, head: Head) -> float:
        if _is_ids(head):
            return 1.0
        rows = [row for rows in head.lists.values() for row in rows]
        return float(bool(rows) and (_has(head, "questions") or _has(head, "annotations")))

    def read(self, name: str, files: Files) -> Iterator[Record]:
        questions = [other for other, head in files.heads.items() if _has(head, "questions")]
        annotations = [other for other, head in files.heads.items() if _has(head, "annotations")]
        if name in questions and not annotations:
            files.problems.add(name, "These questions have no answers. Add the annotations file beside it.")
        elif name in annotations and not questions:
            files.problems.add(name, "These annotations have no questions. Add the questions file beside it.")
        elif questions and name == questions[0]:
            yield from _Join(files, questions, annotations).records()


@dataclass
class _Join:
    files: Files
    question_files: list[str]
    annotation_files: list[str]
    questions: dict[int | str, tuple[str, Any, str]] = field(default_factory=dict)
    """Questions that wait for their annotation: where, question and image."""
    answers: dict[int | str, tuple[str, str]] = field(default_factory=dict)
    """Answers that wait for their question: where, answer."""

    def records(self) -> Iterator[Record]:
        for question, answer in zip_longest(self._questions(), self._answers()):
            if question is not None:
                id_, where, text, image = question
                if (found := self.answers.pop(id_, None)) is not None:
                    yield from self._made(where, image, text, found[1])
                else:
                    self.questions[id_] = where, text, image
            if answer is not None:
                id_, where, given = answer
                if (asked := self.questions.pop(id_, None)) is not None:
                    yield from self._made(asked[0], asked[2], asked[1], given)
                else:
                    self.answers[id_] = where, given
            if len(self.questions) + len(self.answers) > MAX_WAITING:
                self.files.problems.add(
                    self.question_files[0],
                    "Questions and annotations are in different orders, and too many to be joined. Split the files.",
                )
                return
        for where, _, _ in self.questions.values():
            self.files.problems.add(where, "This question has no annotation.")
        for where, _ in self.answers.values():
            self.files.problems.add(where, "This annotation has no question.")

    def _made(self, where: str, image: str, question: Any, answer: str) -> Iterator[Record]:
        try:
            yield record(where, (image,), (turn(question, answer),))
        except RowError as error:
            self.files.problems.add(where, str(error))

    def _questions(self) -> Iterator[tuple[int | str, str, Any, str]]:
        names = _names_by_id(self.files)
        for file in self.question_files:
            written = _Written(self.files.heads[file], self.files, names)
            for where, row in self.files.rows(file, "questions"):
                try:
                    yield id_of(row, "question_id"), where, row.get("question"), written.name(row)
                except RowError as error:
                    self.files.problems.add(where, str(error))

    def _answers(self) -> Iterator[tuple[int | str, str, str]]:
        for file in self.annotation_files:
            for where, row in self.files.rows(file, "annotations"):
                try:
                    yield id_of(row, "question_id"), where, _answer(row)
                except RowError as error:
                    self.files.problems.add(where, str(error))


class _Written:
    """The names of the images of a questions file, from their numbers."""

    def __init__(self, head: Head, files: Files, names: dict[int | str, str]) -> None:
        subtype, kind = head.values.get("data_subtype"), head.values.get("data_type")
        prefix = f"{kind}_" if isinstance(kind, str) and kind.startswith("abstract") else "COCO_"
        ending = ".png" if prefix != "COCO_" else ".jpg"
        coco = f"{prefix}{subtype}_{{:012}}{ending}" if isinstance(subtype, str) and len(subtype) < 60 else ""
        self._files = files
        self._names = names
        self._patterns = [pattern for pattern in (coco, "{:012}.jpg", "{}.jpg", "{}.png", "{:012}.png") if pattern]

    def name(self, row: Any) -> str:
        """Return the name of the image of a question: as written, or the first one of a file that is here.

        Raises:
            RowError: the row names no image.
        """
        if isinstance(image := row.get("image"), str) and image:
            return image
        id_ = id_of(row, "image_id")
        if id_ in self._names:
            return self._names[id_]
        if isinstance(id_, str):
            return id_
        for index, pattern in enumerate(self._patterns):
            if self._files.has(name := pattern.format(id_)):
                if index:
                    self._patterns.insert(0, self._patterns.pop(index))
                return name
        return self._patterns[0].format(id_)


def _names_by_id(files: Files) -> dict[int | str, str]:
    """Return the names of images by their number, from the lists that Vitrine's export has beside its files."""
    found: dict[int | str, str] = {}
    for name, head in files.heads.items():
        if _is_ids(head):
            for where, row in files.rows(name):
                try:
                    id_ = id_of(row, "image_id")
                except RowError as error:
                    files.problems.add(where, str(error))
                    continue
                if isinstance(row.get("image"), str):
                    found[id_] = row["image"]
    return found


def _answer(row: Any) -> str:
    chosen = row.get("multiple_choice_answer")
    if isinstance(chosen, str) and chosen:
        return chosen
    answers = row.get("answers")
    if not isinstance(answers, list):
        raise RowError("This annotation has no answer.")
    return str(people_answer(answers))


def _has(head: Head, key: str) -> bool:
    rows = head.lists.get(key) or ()
    return any(isinstance(row, dict) and "question_id" in row for row in rows)


def _is_ids(head: Head) -> bool:
    return head.name.endswith(_IDS_ENDING) and any({"image_id", "image"} <= row.keys() for row in head.rows)


READER = VqaReader()
"""Of one questions file and its annotations, or of several pairs."""
