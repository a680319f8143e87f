"""VQA v2: questions and annotations in two files with integer ids, for the official evaluator."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from core.export.checks.documents import VqaV2Checker
from core.export.entries import Entry, ImageGroup, Row, RowOptions, answer_as_text
from core.export.formats.base import ONLY_TEXTS, Format
from core.export.writing.documents import VqaV2Writer

# JSON readers that use doubles keep integers exact up to 53 bits.
_ID_BITS = 52
_NUMBER_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: str(number) for number, word in enumerate(_NUMBER_WORDS)} | {"zero": "0"}
_ARTICLES = frozenset({"a", "an", "the"})


def integer_id(id_: str) -> int:
    """Return a 52-bit integer for *id_* (the start of its sha256), the same in every export."""
    return int.from_bytes(hashlib.sha256(id_.encode()).digest()[:8], "big") >> (64 - _ID_BITS)


def normalized_answer(answer: str) -> str:
    """Return the answer as the official evaluator compares it: lower case, digits, no articles, no final period.

    Source: ``vqaEval.py`` of https://github.com/GT-Vision-Lab/VQA.
    """
    words = answer.lower().strip().rstrip(".").split()
    words = [_NUMBERS.get(word, word) for word in words if word not in _ARTICLES]
    return " ".join(words) or answer.lower().strip()


def answer_type(answer: str) -> str:
    """Return the type that the evaluator groups by: ``yes/no``, ``number`` or ``other``."""
    if answer in ("yes", "no"):
        return "yes/no"
    return "number" if re.fullmatch(r"-?\d+([.,]\d+)?", answer) else "other"


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per question with all its answers: its parts of the three files by name."""
    by_question: dict[str, list[Entry]] = {}
    for entry in group.entries:
        by_question.setdefault(entry.question_id or entry.question.strip().casefold(), []).append(entry)
    image_id = integer_id(group.image.id)
    for entries in by_question.values():
        first = entries[0]
        question_id = integer_id(first.id)
        answers = [normalized_answer(answer_as_text(entry)) for entry in entries]
        # The first of several most frequent answers, so that the same entries give the same bytes.
        [(majority, _)] = Counter(answers).most_common(1)
        yield {
            "question": {"image_id": image_id, "question_id": question_id, "question": first.question},
            "annotation": {
                "question_id": question_id,
                "image_id": image_id,
                "question_type": " ".join(first.question.lower().split()[:2]),
                "answer_type": answer_type(majority),
                "multiple_choice_answer": majority,
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


FORMAT = Format(
    name="vqa-v2",
    label="VQA v2",
    help="Questions and annotations in two files, as the official evaluator reads them.",
    purpose="evaluate",
    install=(
        "git clone https://github.com/GT-Vision-Lab/VQA && git -C VQA checkout -q a013f00\n"
        "# It is written for Python 2; lib2to3 is a part of Python up to 3.12.\n"
        "expand VQA/PythonHelperTools/vqaTools/vqa.py > vqa.py && python -m lib2to3 -w -n vqa.py\n"
        "mv vqa.py VQA/PythonHelperTools/vqaTools/vqa.py"
    ),
    load=(
        "import sys\n\nsys.path.insert(0, 'VQA/PythonHelperTools')\nfrom vqaTools.vqa import VQA\n\n"
        "vqa = VQA(\n    '{dir}/v2_custom_{split}_annotations.json',\n"
        "    '{dir}/v2_OpenEnded_custom_{split}_questions.json',\n)"
    ),
    run_in=("the VQA tools a013f00",),
    rows=rows,
    detail="texts",
    writer=VqaV2Writer,
    checker=VqaV2Checker,
    image_modes=("path", "none"),
    compares_answers=True,
    hints=(
        "The official evaluator gives the full score only where four people gave the same answer, and none where one "
        "did: with fewer than four answers per question, compare with a softer match.",
    ),
    not_carried=(*ONLY_TEXTS, "system"),
)
