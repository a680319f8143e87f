"""VQA v2: questions and annotations in two files, joined by ``question_id``; images are numbered."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, NamedTuple

from core.importing.answers import RowError, people_answer, turn
from core.importing.readers.base import Files, Head
from core.importing.readers.ids import id_of
from core.importing.records import Found, Record, RecordColumns, record
from core.importing.row_blocks import ROWS_PER_BLOCK, RowBlock
from core.importing.texts import plain_texts

MAX_WAITING = 3_000_000
"""Questions and annotations that may wait for the other one; files in the same order need none."""
_IDS_ENDING = "_ids.jsonl"
_NUMBERED = re.compile(r"([0-9]{1,40})\.(?:jpg|png)$")


class _Question(NamedTuple):
    id: int | str
    where: str
    text: Any
    image: str


class _Answer(NamedTuple):
    id: int | str
    where: str
    text: str


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

    def read(self, name: str, files: Files) -> Iterator[Found]:
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
    questions: dict[int | str, _Question] = field(default_factory=dict)
    """Questions that wait for their annotation."""
    answers: dict[int | str, _Answer] = field(default_factory=dict)
    """Answers that wait for their question."""

    def records(self) -> Iterator[Found]:
        pairs: list[tuple[_Question, str]] = []
        for question, answer in zip_longest(self._questions(), self._answers()):
            if question is not None:
                if (found := self.answers.pop(question.id, None)) is not None:
                    pairs.append((question, found.text))
                else:
                    self.questions[question.id] = question
            if answer is not None:
                if (asked := self.questions.pop(answer.id, None)) is not None:
                    pairs.append((asked, answer.text))
                else:
                    self.answers[answer.id] = answer
            if len(pairs) >= ROWS_PER_BLOCK:
                yield from self._made(pairs)
                pairs = []
            if len(self.questions) + len(self.answers) > MAX_WAITING:
                yield from self._made(pairs)
                self.files.problems.add(
                    self.question_files[0],
                    "Questions and annotations are in different orders, and too many to be joined. Split the files.",
                )
                return
        yield from self._made(pairs)
        for left in self.questions.values():
            self.files.problems.add(left.where, "This question has no annotation.")
        for unasked in self.answers.values():
            self.files.problems.add(unasked.where, "This annotation has no question.")

    def _made(self, pairs: list[tuple[_Question, str]]) -> Iterable[Found]:
        questions = plain_texts([question.text for question, _ in pairs])
        answers = plain_texts([answer for _, answer in pairs])
        if not questions or not answers:
            return self._one_by_one(pairs)
        places, images = [question.where for question, _ in pairs], [question.image for question, _ in pairs]
        return (RecordColumns(places, images, questions, answers),)

    def _one_by_one(self, pairs: list[tuple[_Question, str]]) -> Iterator[Record]:
        for question, answer in pairs:
            try:
                yield record(question.where, (question.image,), (turn(question.text, answer),))
            except RowError as error:
                self.files.problems.add(question.where, str(error))

    def _questions(self) -> Iterator[_Question]:
        names = _names_by_id(self.files)
        for file in self.question_files:
            written = _Written(self.files.heads[file], self.files, names)
            for block in self.files.blocks(file, "questions"):
                found = _questions_by_column(block, written)
                yield from self._questions_by_row(block, written) if found is None else found

    def _questions_by_row(self, block: RowBlock, written: "_Written") -> Iterator[_Question]:
        for where, row in block.sound(self.files.problems):
            try:
                yield _Question(id_of(row, "question_id"), where, row.get("question"), written.name(row))
            except RowError as error:
                self.files.problems.add(where, str(error))

    def _answers(self) -> Iterator[_Answer]:
        for file in self.annotation_files:
            for block in self.files.blocks(file, "annotations"):
                found = _answers_by_column(block)
                yield from self._answers_by_row(block) if found is None else found

    def _answers_by_row(self, block: RowBlock) -> Iterator[_Answer]:
        for where, row in block.sound(self.files.problems):
            try:
                yield _Answer(id_of(row, "question_id"), where, _answer(row))
            except RowError as error:
                self.files.problems.add(where, str(error))


def _questions_by_column(block: RowBlock, written: "_Written") -> Iterator[_Question] | None:
    """Return the questions of rows with numbers as ids; None when a row has to be looked at."""
    ids, numbers, texts = block.column("question_id"), block.column("image_id"), block.column("question")
    if "image" in block.names or not block.names or {*map(type, ids), *map(type, numbers)} != {int} or not texts:
        return None
    images = map(written.name_of_number, numbers)
    return map(_Question._make, zip(ids, block.places, texts, images, strict=True))


def _answers_by_column(block: RowBlock) -> Iterator[_Answer] | None:
    """Return the answers of rows with numbers as ids and a chosen answer; None when a row has to be looked at."""
    ids, texts = block.column("question_id"), block.column("multiple_choice_answer")
    if {*map(type, ids)} != {int} or {*map(type, texts)} != {str} or not all(texts):
        return None
    return map(_Answer._make, zip(ids, block.places, texts, strict=True))


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
        self._numbers = {int(found[1]) for name in files.base_names if (found := _NUMBERED.search(name))}

    def name(self, row: Any) -> str:
        """Return the name of the image of a question: as written, or the first one of a file that is here.

        Raises:
            RowError: the row names no image.
        """
        if isinstance(image := row.get("image"), str) and image:
            return image
        id_ = id_of(row, "image_id")
        return self._names.get(id_, id_) if isinstance(id_, str) else self.name_of_number(id_)

    def name_of_number(self, id_: int) -> str:
        """Return the name of the image with a number."""
        if id_ in self._names:
            return self._names[id_]
        if abs(id_) not in self._numbers:
            return self._patterns[0].format(id_)
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
