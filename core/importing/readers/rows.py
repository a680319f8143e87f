"""Rows of a question and an answer with an image, under their usual names: JSON, CSV, parquet."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from core.importing.answers import CAPTION_QUESTION, RowError, caption_turn, parsed_list, people_answer, turn
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.boxes import boxes_of_row
from core.importing.readers.columns import Columns, columns_of, fields_of, plain_fields
from core.importing.readers.conventions import converter
from core.importing.readers.images import images_of, plain_images
from core.importing.readers.unread import unread_columns
from core.importing.records import Record, RecordColumns, Turn, record
from core.importing.row_blocks import RowBlock
from core.importing.texts import plain_texts

_OF_PEOPLE = ("answers", "direct_answers")
_EXPRESSIONS = frozenset({"sentences", "sentence", "expression", "referring_expression", "phrase", "sent"})
REGION_QUESTION = "What is in the box?"
"""The question of texts that describe a part of an image."""
MAX_CAPTIONS = 1_000


def records_of_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    """Return the records of a row: one for each of its questions, or for each of its captions.

    Raises:
        RowError: there is no image, no question or no answer.
    """
    columns = columns_of(tuple(row))
    images = images_of(row, columns, where, files)
    turns = _turns(row, columns, where, files)
    fields = fields_of(row, columns, where, files)
    if columns.boxes:
        fields = fields._replace(boxes=boxes_of_row(row, columns))
    return [record(where, images, (one,), fields) for one in turns]


def records_by_column(block: RowBlock) -> RecordColumns | None:
    """Return the records of rows with a plain text for question and answer each, or for a caption; None for others."""
    columns = columns_of(block.names)
    if not block.is_empty(columns.options) or columns.lettered_options or columns.boxes:
        return None
    images = plain_images(block, columns)
    pairs = _plain_pairs(block, columns) if images else None
    fields = plain_fields(block, columns) if pairs else None
    if images is None or pairs is None or fields is None:
        return None
    return RecordColumns(block.places, images, *pairs, fields=fields or None)


def _plain_pairs(block: RowBlock, columns: Columns) -> tuple[list[str], list[str]] | None:
    """Return the questions and answers of rows as they are stored; None when they are not one plain text each."""
    if not columns.question:
        captions = block.column(columns.caption)
        texts = None if any(_may_be_list(caption) for caption in captions) else plain_texts(captions)
        return ([CAPTION_QUESTION] * len(texts), texts) if texts else None
    if columns.answer.lower() in (*_OF_PEOPLE, "labels") or not _are_texts(block, columns.answer_type):
        return None
    questions = plain_texts(block.column(columns.question))
    answers = plain_texts(block.column(columns.answer))
    return (questions, answers) if questions and answers else None


def _may_be_list(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("[")


def _are_texts(block: RowBlock, answer_type: str) -> bool:
    """Return whether the column of the types of answers says text for every row, or nothing."""
    types = block.column(answer_type)
    return not answer_type or sum(map(types.count, ("text", "", None))) == len(types)


def has_turns(row: Row) -> bool:
    """Return whether a row has columns for a question with an answer, or for a caption."""
    columns = columns_of(tuple(row))
    return bool(columns.caption or (columns.question and columns.answer))


def _turns(row: Row, columns: Columns, where: str, files: Files) -> list[Turn]:
    if not columns.question:
        return _captions(row, columns)
    if not columns.answer:
        raise RowError("This row has no answer.")
    question, answer = row[columns.question], row[columns.answer]
    answer_type = row[columns.answer_type] if columns.answer_type else None
    options = row[columns.options] if columns.options else None
    if options is None and columns.lettered_options:
        options = _lettered(row, columns)
    if answer_type is None and columns.answer.lower() == "labels":
        answer_type = "label"
    if isinstance(question, list | tuple):
        return _parallel(question, answer, answer_type, where, files)
    if columns.answer.lower() in _OF_PEOPLE and answer_type != "label":
        answer = parsed_list(answer)
        is_plain = isinstance(answer, list | tuple) and all(isinstance(one, str | dict | int | float) for one in answer)
        answer = people_answer(answer) if is_plain else answer
    return [turn(question, answer, answer_type, options)]


def _captions(row: Row, columns: Columns) -> list[Turn]:
    if not columns.caption:
        raise RowError("This row has no question.")
    value = parsed_list(row[columns.caption])
    captions = [one for one in value if one] if isinstance(value, list | tuple) else [value]
    if not captions:
        raise RowError("There is no answer.")
    if isinstance(value, list | tuple) and all(isinstance(one, str) and one.rstrip().endswith("?") for one in captions):
        raise RowError("These are questions without answers. Write them as objects with question and answer.")
    if len(captions) > MAX_CAPTIONS:
        raise RowError(f"This row has {len(captions):,} captions; {MAX_CAPTIONS:,} is the limit.")
    texts = [_text_of(caption) for caption in captions]
    if columns.boxes and columns.caption.strip().lower() in _EXPRESSIONS:
        return [turn(REGION_QUESTION, text) for text in texts]
    return [caption_turn(text) for text in texts]


def _text_of(caption: Any) -> Any:
    """Return the text of a caption; of an object, as Karpathy's splits and RefCOCO have it, that in it."""
    if not isinstance(caption, dict):
        return caption
    columns = columns_of(tuple(caption))
    return caption.get("raw") or (caption[columns.caption] if columns.caption else None)


def _parallel(questions: Any, answers: Any, answer_type: Any, where: str, files: Files) -> list[Turn]:
    """Return the turns of a row with a list of questions and a list of answers."""
    if not isinstance(answers, list | tuple) or len(answers) != len(questions):
        raise RowError("This row has a list of questions, but not as many answers.")
    turns = []
    for question, answer in zip(questions, answers, strict=True):
        try:
            turns.append(turn(question, answer, answer_type if isinstance(answer_type, str) else None))
        except RowError as error:
            files.problems.add(where, str(error))
    return turns


def _lettered(row: Row, columns: Columns) -> list[Any] | None:
    """Return the options of benchmarks that have a column for each."""
    found = [row[name] for name in columns.lettered_options if row.get(name) not in (None, "")]
    return found or None


def _fits(row: Row) -> bool:
    columns = columns_of(tuple(row))
    return bool((columns.images or columns.more_images or columns.id) and has_turns(row))


READER = RowReader(
    name="rows",
    label="Rows of questions and answers (JSON, CSV, parquet)",
    needs="image, question and answer, or image and caption",
    fits=_fits,
    read_row=records_of_row,
    converter=converter,
    unread=partial(unread_columns, has_turns=True),
    read_columns=records_by_column,
)
