"""ImageFolder: a metadata.jsonl beside the images, one line each with its file_name."""

from typing import Any

from core.images.sources.base import Note

_QUESTIONS, _ANSWERS = ("question", "prompt", "instruction"), ("answer", "text", "caption", "response")


def read(name: str, content: Any, others: dict[str, Any]) -> dict[str, list[Note]] | None:
    """Return the notes by image; lines without both a question and an answer say nothing."""
    is_metadata = (
        isinstance(content, list)
        and content
        and all(isinstance(line, dict) and "file_name" in line for line in content)
    )
    if not is_metadata:
        return None
    found: dict[str, list[Note]] = {}
    for line in content:
        question = next((str(line[key]) for key in _QUESTIONS if line.get(key)), "")
        answer = next((str(line[key]) for key in _ANSWERS if line.get(key)), "")
        if question and answer:
            found.setdefault(str(line["file_name"]), []).append(
                Note(question, answer, str(line.get("answer_type") or "text"))
            )
    return found
