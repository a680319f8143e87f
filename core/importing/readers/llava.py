"""LLaVA annotations: a list of images with their conversations."""

from typing import Any

from core.importing.sources.base import ImportedAnnotation


def read(name: str, content: Any, others: dict[str, Any]) -> dict[str, list[ImportedAnnotation]] | None:
    """Return the annotations by image, None for another format.

    Turns are read in pairs: a question of the human and the answer that follows.
    """
    if not isinstance(content, list) or not content or not all(_is_conversation(item) for item in content):
        return None
    found: dict[str, list[ImportedAnnotation]] = {}
    for item in content:
        turns = [turn for turn in item["conversations"] if isinstance(turn, dict)]
        for human, model in zip(turns[::2], turns[1::2], strict=False):
            question = str(human.get("value", "")).replace("<image>", "").strip()
            answer = str(model.get("value", "")).strip()
            if question and answer and "image" in item:
                found.setdefault(str(item["image"]), []).append(ImportedAnnotation(question, answer))
    return found


def _is_conversation(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("conversations"), list)
