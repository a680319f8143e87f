"""VQA v2 annotations: questions and answers in two files that number the images; and Vitrine's flat VQA list."""

import json
from collections import Counter
from typing import Any

from core.importing.sources.base import ImportedAnnotation


def read(name: str, content: Any, others: dict[str, Any]) -> dict[str, list[ImportedAnnotation]] | None:
    """Return the annotations by image, None for another format; *others* are all parsed files by their name."""
    if isinstance(content, list):
        return _flat(content)
    if not isinstance(content, dict):
        return None
    if isinstance(content.get("questions"), list):
        return _joined(content, others)
    # The questions file joins the annotations file; alone it yields nothing.
    return (
        {} if isinstance(content.get("annotations"), list) and "question_id" in _first(content["annotations"]) else None
    )


def _flat(content: list[Any]) -> dict[str, list[ImportedAnnotation]] | None:
    if not content or not all(
        isinstance(item, dict) and {"image", "question", "answer"} <= item.keys() for item in content
    ):
        return None
    found: dict[str, list[ImportedAnnotation]] = {}
    for item in content:
        answer_type = str(item.get("answer_type") or "text")
        annotation = ImportedAnnotation(str(item["question"]), _answer_text(item["answer"]), answer_type)
        found.setdefault(str(item["image"]), []).append(annotation)
    return found


def _joined(content: dict[str, Any], others: dict[str, Any]) -> dict[str, list[ImportedAnnotation]]:
    """Join the questions with the answers of the other files by ``question_id``."""
    answers: dict[Any, str] = {}
    for other in others.values():
        if isinstance(other, dict) and isinstance(other.get("annotations"), list):
            for annotation in other["annotations"]:
                if isinstance(annotation, dict) and "question_id" in annotation:
                    answers[annotation["question_id"]] = _majority_answer(annotation)
    subtype = str(content.get("data_subtype", ""))
    names_by_id = _names_by_id(others)
    found: dict[str, list[ImportedAnnotation]] = {}
    for question in content["questions"]:
        answer = answers.get(question.get("question_id")) if isinstance(question, dict) else None
        if answer:
            annotation = ImportedAnnotation(str(question.get("question", "")), answer)
            for image in names_by_id.get(question.get("image_id")) or _file_names(question, subtype):
                found.setdefault(image, []).append(annotation)
    return found


def _names_by_id(others: dict[str, Any]) -> dict[Any, list[str]]:
    """Return the names of images by their number, from the list of ids that Vitrine's export has."""
    rows = [row for other in others.values() if isinstance(other, list) for row in other if isinstance(row, dict)]
    return {row["image_id"]: [str(row["image"])] for row in rows if {"image_id", "image"} <= row.keys()}


def _majority_answer(annotation: dict[str, Any]) -> str:
    if annotation.get("multiple_choice_answer"):
        return str(annotation["multiple_choice_answer"])
    counts = Counter(
        str(given.get("answer", "")) for given in annotation.get("answers") or [] if isinstance(given, dict)
    )
    return counts.most_common(1)[0][0] if counts else ""


def _file_names(question: dict[str, Any], subtype: str) -> list[str]:
    """Return the names that the image may have: as written, or numbered like the files of COCO."""
    if question.get("image"):
        return [str(question["image"])]
    number = str(question.get("image_id", ""))
    if not number.isdecimal():
        return [number]
    coco = [f"COCO_{subtype}_{int(number):012}.jpg"] if subtype else []
    return [*coco, f"{int(number):012}.jpg", f"{number}.jpg", f"{number}.png"]


def _answer_text(answer: Any) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def _first(rows: list[Any]) -> dict[str, Any]:
    return rows[0] if rows and isinstance(rows[0], dict) else {}
