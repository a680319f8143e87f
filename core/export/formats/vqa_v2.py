"""VQA v2: a file of questions and a file of annotations, with integer ids, for the official evaluator."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.export.checks import vqa_v2_checker
from core.export.entries import Entry, ImageGroup, Row, RowOptions, spoken_answer
from core.export.formats.base import Format

if TYPE_CHECKING:
    from core.export.writing.base import Writer

# JSON readers keep integers exact up to 53 bits.
_ID_BITS = 52
_NUMBER_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: str(number) for number, word in enumerate(_NUMBER_WORDS)} | {"zero": "0"}
_ARTICLES = frozenset({"a", "an", "the"})


def integer_id(id_: str) -> int:
    """Return the integer that stands for *id_*, the same in every export."""
    return int.from_bytes(hashlib.sha256(id_.encode()).digest()[:8], "big") >> (64 - _ID_BITS)


def normal_answer(answer: str) -> str:
    """Return the answer as the official evaluator compares it: lower case, digits, no articles, no final period."""
    words = answer.lower().strip().rstrip(".").split()
    kept = [_NUMBERS.get(word, word) for word in words if word not in _ARTICLES]
    return " ".join(kept) or answer.lower().strip()


def answer_type(answer: str) -> str:
    if answer in ("yes", "no"):
        return "yes/no"
    return "number" if re.fullmatch(r"-?\d+([.,]\d+)?", answer) else "other"


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per question with all its answers: what goes into either file, and the key of its ids."""
    asked: dict[str, list[Entry]] = {}
    for entry in group.entries:
        asked.setdefault(entry.question_id or entry.question.strip().casefold(), []).append(entry)
    image_id = integer_id(group.image.id)
    for entries in asked.values():
        first = entries[0]
        question_id = integer_id(first.id)
        answers = [normal_answer(spoken_answer(entry)) for entry in entries]
        # The first of the most frequent, so that the same entries give the same bytes.
        most = Counter(answers).most_common(1)[0][0]
        yield {
            "question": {"image_id": image_id, "question_id": question_id, "question": first.question},
            "annotation": {
                "question_id": question_id,
                "image_id": image_id,
                "question_type": " ".join(first.question.lower().split()[:2]),
                "answer_type": answer_type(most),
                "multiple_choice_answer": most,
                "answers": [
                    {"answer_id": number, "answer": answer, "answer_confidence": "yes"}
                    for number, answer in enumerate(answers, start=1)
                ],
            },
            "ids": {
                "question_id": question_id, "image_id": image_id, "entry_ids": [entry.id for entry in entries],
                "image": group.ref, "image_name": group.image.name, "sha256": group.image.sha256,
            },
        }  # fmt: skip


def _writer() -> "type[Writer]":
    from core.export.writing.documents import VqaV2Writer

    return VqaV2Writer


FORMAT = Format(
    name="vqa-v2",
    label="VQA v2",
    help="Questions and annotations in two files, as the official VQA evaluator reads them.",
    purpose="evaluate",
    load="VQA('v2_custom_train_annotations.json', 'v2_OpenEnded_custom_train_questions.json')",
    rows=rows,
    texts_only=True,
    writer=_writer,
    checker=vqa_v2_checker,
    image_modes=("path", "none"),
    single_file=False,
    notes=(
        "The official evaluator gives full marks only where four people gave the same answer, and none where one did: "
        "with fewer than four answers a question, compare with a softer match.",
    ),
)
