"""Records become questions and entries: many at once, and again without doubling anything."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from sqlmodel import Session, col, select

from core.dataset.boxes import MAX_BOXES, checked_box
from core.dataset.values import RATINGS
from core.dataset.vqa import normal_answer
from core.db import (
    IMPORTED,
    ImageDatasets,
    Images,
    Questions,
    in_library,
    insert_entries,
    insert_rows,
    new_id,
    question_key,
    utc_now,
)
from core.db.base import new_values
from core.errors import InvalidInputError
from core.export.entries import labels_as_text
from core.importing.answers import CAPTION_QUESTION
from core.importing.records import ImportedBox, Problem, Record, Turn

_IDS_PER_QUERY = 500
_GONE = "Its image was deleted while the import ran."


class Matched(NamedTuple):
    """A record with the ids of its images; without any, *reason* says why."""

    record: Record
    image_ids: Sequence[str]
    reason: str = ""


@dataclass
class Stored:
    """What became of some records."""

    records: int = 0
    questions: int = 0
    """Questions with an answer that were found in them."""
    entries: int = 0
    """Those that became entries."""
    known: int = 0
    """Those that the project has already."""
    problems: list[Problem] = field(default_factory=list)


class _Image(NamedTuple):
    id: str
    image_name: str
    width: int | None
    height: int | None


class _Key(NamedTuple):
    """What makes two questions one, apart from their language; with the answer as third, two entries."""

    image_id: str
    more_image_ids: str
    question: str


def store_records(session: Session, project_id: str, task_id: str | None, matched: Sequence[Matched]) -> Stored:
    """Add the entries of *matched* to the caller's transaction, with their questions.

    Idempotent: a question with its answer that its images have already is counted as known, and so is a conversation
    whose turns they all have. Answers have the origin "imported".
    """
    stored = Stored(records=len(matched), questions=sum(len(one.record.turns) for one in matched))
    part = _Part(session, project_id, task_id, {id_ for one in matched for id_ in one.image_ids})
    rows = [row for one in matched for row in part.rows_of(one, stored)]
    insert_rows(session, Questions, part.new_questions)
    stored.entries = insert_entries(session, rows)
    return stored


class _Part:
    """What the images of some records have already, and what is added to them."""

    def __init__(self, session: Session, project_id: str, task_id: str | None, image_ids: set[str]) -> None:
        self._project_id, self._task_id = project_id, task_id
        self._images: dict[str, _Image] = {}
        self._known: set[tuple[_Key, str]] = set()
        self._answers: defaultdict[_Key, list[str]] = defaultdict(list)
        self._captions: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._conversations: set[tuple[str, int]] = set()
        self._questions: dict[tuple[_Key, str], str] = {}
        self.new_questions: list[dict[str, Any]] = []
        ids = sorted(image_ids)
        for start in range(0, len(ids), _IDS_PER_QUERY):
            self._load(session, ids[start : start + _IDS_PER_QUERY])

    def _load(self, session: Session, ids: list[str]) -> None:
        images = select(Images.id, Images.image_name, Images.width, Images.height)
        for row in session.execute(images.where(col(Images.id).in_(ids), in_library())):
            self._images[row[0]] = _Image(*row)
        entries = select(
            ImageDatasets.image_id, ImageDatasets.more_image_ids, ImageDatasets.question, ImageDatasets.answer,
            ImageDatasets.answer_type, ImageDatasets.conversation_id, ImageDatasets.turn,
        ).where(col(ImageDatasets.image_id).in_(ids), col(ImageDatasets.deleted_at).is_(None))  # type: ignore[call-overload]  # fmt: skip
        for image_id, more, question, answer, answer_type, conversation_id, turn in session.execute(entries):
            self._add_known(_Key(image_id, more, question), answer)
            if answer_type == "label":  # most formats write labels as text
                self._add_known(_Key(image_id, more, question), labels_as_text(answer))
            if conversation_id is not None:
                self._conversations.add((conversation_id, turn))
        questions = select(
            Questions.image_id, Questions.more_image_ids, Questions.question_key, Questions.language, Questions.id
        ).where(col(Questions.image_id).in_(ids), col(Questions.deleted_at).is_(None))  # type: ignore[call-overload]
        for image_id, more, key, language, id_ in session.execute(questions):
            self._questions[_Key(image_id, more, key), language] = id_

    def _add_known(self, key: _Key, answer: str) -> None:
        self._known.add((key, answer))
        self._answers[key].append(answer)
        self._captions[key.image_id, key.more_image_ids].add(" ".join(answer.split()))

    def _is_known(self, key: _Key, answer: str) -> bool:
        """Return whether the images have this entry, also as formats write it that keep less of it.

        Captions have no question of their own and may be all answers in one line; VQA v2 answers are normalized.
        """
        if (key, answer) in self._known:
            return True
        if key.question == CAPTION_QUESTION and _is_made_of(
            answer, self._captions.get((key.image_id, key.more_image_ids), ())
        ):
            return True
        return any(normal_answer(known) == answer for known in self._answers.get(key, ()))

    def rows_of(self, matched: Matched, stored: Stored) -> Iterator[dict[str, Any]]:
        """Yield the rows of the new entries of a record; count what is known and what cannot be stored."""
        record = matched.record
        if not matched.image_ids:
            stored.problems.append(Problem(record.where, matched.reason))
            return
        if not all(id_ in self._images for id_ in matched.image_ids):
            stored.problems.append(Problem(record.where, _GONE))
            return
        first, *others = matched.image_ids
        more = ",".join(others)
        conversation_id = _conversation_id(self._project_id, matched)
        keys = [(_Key(first, more, turn.question), turn.answer) for turn in record.turns]
        new = self._new_turns(keys, conversation_id)
        stored.known += len(record.turns) - len(new)
        if not new:
            return
        images = [self._images[id_] for id_ in matched.image_ids]
        common = self._common_columns(record, images[0]) | {"more_image_ids": more, "conversation_id": conversation_id}
        for number in new:
            turn = record.turns[number]
            self._known.add(keys[number])
            if conversation_id is not None:
                self._conversations.add((conversation_id, number))
            boxes = turn.boxes if number else record.boxes + turn.boxes
            yield common | {
                "question_id": self._question_id(keys[number][0], record, turn),
                "question": turn.question, "answer": turn.answer, "answer_type": turn.answer_type,
                "options": turn.options, "turn": number, "ratings": _ratings(turn),
                "boxes": _boxes(boxes, record.where, images, stored) if boxes else None,
            }  # fmt: skip

    def _new_turns(self, keys: list[tuple[_Key, str]], conversation_id: str | None) -> Sequence[int]:
        """Return the numbers of the turns that are not stored yet.

        Turns of different conversations may be the same words, so a conversation is stored as a whole.
        """
        if all(self._is_known(*key) for key in keys):
            return ()
        if conversation_id is None:
            return range(len(keys))
        return [number for number in range(len(keys)) if (conversation_id, number) not in self._conversations]

    def _common_columns(self, record: Record, image: _Image) -> dict[str, Any]:
        return {
            "project_id": self._project_id, "task_id": self._task_id, "image_id": image.id,
            "image_name": image.image_name, "language": record.language or "en", "kind": record.kind,
            "model": record.model, "confirmed": record.confirmed and not record.rejected, "rejected": record.rejected,
            "score": record.score, "tags": ",".join(record.tags), "note": record.note, "system": record.system,
            "origin": IMPORTED,
        }  # fmt: skip

    def _question_id(self, key: _Key, record: Record, turn: Turn) -> str:
        language = record.language or "en"
        normalized = key._replace(question=question_key(turn.question)), language
        id_ = self._questions.get(normalized)
        if id_ is None:
            id_ = self._questions[normalized] = new_id()
            now = utc_now()
            self.new_questions.append(
                new_values(
                    Questions, id=id_, project_id=self._project_id, image_id=key.image_id,
                    more_image_ids=key.more_image_ids, question=turn.question, question_key=normalized[0].question,
                    language=language, kind=record.kind, answer_type=turn.answer_type, options=turn.options,
                    model=record.model, task_id=self._task_id, create_at=now, update_at=now,
                )
            )  # fmt: skip
        return id_


def _is_made_of(text: str, answers: Collection[str]) -> bool:
    """Return whether *text* is nothing but *answers*, one after the other in any order."""
    left = " ".join(text.split())
    while left:
        first = max(
            (answer for answer in answers if answer and f"{left} ".startswith(f"{answer} ")), key=len, default=""
        )
        if not first:
            return False
        left = left[len(first) :].lstrip()
    return True


def _conversation_id(project_id: str, matched: Matched) -> str | None:
    """Return the id of the conversation that a record is, the same whenever it is imported; None for a single turn."""
    record = matched.record
    if len(record.turns) < 2:
        return None
    said = [(turn.question, turn.answer) for turn in record.turns]
    content = orjson.dumps([project_id, list(matched.image_ids), record.system, said], default=list)
    return hashlib.sha256(content).hexdigest()[:21]


def _ratings(turn: Turn) -> dict[str, int] | None:
    if not turn.ratings:
        return None
    return {name: value for name, value in zip(RATINGS, turn.ratings, strict=True) if value is not None} or None


def _boxes(
    boxes: Sequence[ImportedBox], where: str, images: Sequence[_Image], stored: Stored
) -> list[dict[str, Any]] | None:
    """Return the boxes in px, without those that cannot be used, which are a problem; None when none can."""
    found, refused = [], []
    for number, box in enumerate(boxes, 1):
        try:
            found.append(checked_box(_in_px(box, images), number, images))  # type: ignore[arg-type]
        except InvalidInputError as error:
            refused.append(str(error))
    if len(found) > MAX_BOXES:
        refused, found = [f"An entry has at most {MAX_BOXES} boxes, not {len(found):,}."], []
    if refused:
        which = f"{len(refused):,} of its {len(boxes):,} boxes" if found else "Its boxes"
        was = "was" if found and len(refused) == 1 else "were"
        stored.problems.append(Problem(where, f"{which} {was} left out. {refused[0]}"))
    return found or None


def _in_px(box: ImportedBox, images: Sequence[_Image]) -> dict[str, Any]:
    xyxy: Iterable[float] = box.xyxy
    if 0 <= box.image < len(images):
        size = images[box.image].width or 0, images[box.image].height or 0
        measured = (1, 1) if box.unit == "relative" else box.measured_wh or size
        if measured != size:
            _require_same_shape(measured, size)
            scales = (size[0] / measured[0], size[1] / measured[1]) * 2
            xyxy = (round(one * scale, 2) for one, scale in zip(box.xyxy, scales, strict=True))
    return {"label": box.label, "xyxy": list(xyxy), "image": box.image}


def _require_same_shape(measured: tuple[int, int], size: tuple[int, int]) -> None:
    """Raise when boxes were measured on an image of another shape: its parts are then elsewhere."""
    (width, height), (own_width, own_height) = measured, size
    if measured == (1, 1) or abs(width * own_height - height * own_width) <= 0.02 * width * own_height:
        return
    found = f"The file measures them on {width:,} x {height:,} px, and the image has {own_width:,} x {own_height:,}"
    if measured == (own_height, own_width):
        raise InvalidInputError(f"{found}: it was measured before the turn of its EXIF data. Turn its pixels.")
    raise InvalidInputError(f"{found}. Bring the image that was measured.")
