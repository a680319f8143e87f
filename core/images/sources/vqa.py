"""VQA v2: questions and annotations in two files that name images by number; and the flat list of Vitrine's export."""

import json
from collections import Counter
from typing import Any

from core.images.sources.base import Note


def read(name: str, content: Any, others: dict[str, Any]) -> dict[str, list[Note]] | None:
    """Return the notes by image, of the flat list or of the questions file together with its annotations."""
    if isinstance(content, list):
        return _flat(content)
    if not isinstance(content, dict):
        return None
    if isinstance(content.get("questions"), list):
        return _pair(content, others)
    # The annotations alone say nothing; the questions file brings them in.
    return (
        {} if isinstance(content.get("annotations"), list) and "question_id" in _first(content["annotations"]) else None
    )


def _flat(content: list[Any]) -> dict[str, list[Note]] | None:
    if not content or not all(
        isinstance(item, dict) and {"image", "question", "answer"} <= item.keys() for item in content
    ):
        return None
    found: dict[str, list[Note]] = {}
    for item in content:
        note = Note(str(item["question"]), _said(item["answer"]), str(item.get("answer_type") or "text"))
        found.setdefault(str(item["image"]), []).append(note)
    return found


def _pair(content: dict[str, Any], others: dict[str, Any]) -> dict[str, list[Note]]:
    answers: dict[Any, str] = {}
    for other in others.values():
        if isinstance(other, dict) and isinstance(other.get("annotations"), list):
            for one in other["annotations"]:
                if isinstance(one, dict) and "question_id" in one:
                    answers[one["question_id"]] = _answer(one)
    subtype = str(content.get("data_subtype", ""))
    named = _named_by_number(others)
    found: dict[str, list[Note]] = {}
    for question in content["questions"]:
        answer = answers.get(question.get("question_id")) if isinstance(question, dict) else None
        if answer:
            note = Note(str(question.get("question", "")), answer)
            for image in named.get(question.get("image_id")) or _file_names(question, subtype):
                found.setdefault(image, []).append(note)
    return found


def _named_by_number(others: dict[str, Any]) -> dict[Any, list[str]]:
    """Return the names of images by their number, as the list of ids beside Vitrine's export has them."""
    rows = [row for other in others.values() if isinstance(other, list) for row in other if isinstance(row, dict)]
    return {row["image_id"]: [str(row["image"])] for row in rows if {"image_id", "image"} <= row.keys()}


def _answer(annotation: dict[str, Any]) -> str:
    """Return the answer that most people gave."""
    if annotation.get("multiple_choice_answer"):
        return str(annotation["multiple_choice_answer"])
    said = Counter(str(one.get("answer", "")) for one in annotation.get("answers") or [] if isinstance(one, dict))
    return said.most_common(1)[0][0] if said else ""


def _file_names(question: dict[str, Any], subtype: str) -> list[str]:
    """Return the names that the image of a number has: as written, or in COCO's manner."""
    if question.get("image"):
        return [str(question["image"])]
    number = str(question.get("image_id", ""))
    if not number.isdecimal():
        return [number]
    coco = [f"COCO_{subtype}_{int(number):012}.jpg"] if subtype else []
    return [*coco, f"{int(number):012}.jpg", f"{number}.jpg", f"{number}.png"]


def _said(answer: Any) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def _first(rows: list[Any]) -> dict[str, Any]:
    return rows[0] if rows and isinstance(rows[0], dict) else {}
