"""ImageFolder annotations: a metadata.jsonl beside the images, one line each with its file_name."""

from typing import Any

from core.importing.sources.base import ImportedAnnotation

_QUESTION_KEYS = ("question", "prompt", "instruction")
_ANSWER_KEYS = ("answer", "text", "caption", "response")


def read(name: str, content: Any, others: dict[str, Any]) -> dict[str, list[ImportedAnnotation]] | None:
    """Return the annotations by image, None for another format; lines without question or answer are skipped."""
    is_metadata = (
        isinstance(content, list)
        and content
        and all(isinstance(line, dict) and "file_name" in line for line in content)
    )
    if not is_metadata:
        return None
    found: dict[str, list[ImportedAnnotation]] = {}
    for line in content:
        question = next((str(line[key]) for key in _QUESTION_KEYS if line.get(key)), "")
        answer = next((str(line[key]) for key in _ANSWER_KEYS if line.get(key)), "")
        if question and answer:
            found.setdefault(str(line["file_name"]), []).append(
                ImportedAnnotation(question, answer, str(line.get("answer_type") or "text"))
            )
    return found
