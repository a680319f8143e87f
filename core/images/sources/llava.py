"""LLaVA: a list of images with their conversations."""

from typing import Any

from core.images.sources.base import Note


def read(name: str, content: Any, others: dict[str, Any]) -> dict[str, list[Note]] | None:
    """Return the notes by image; each turn of a person with the one that follows is a question with its answer."""
    if not isinstance(content, list) or not content or not all(_is_one(item) for item in content):
        return None
    found: dict[str, list[Note]] = {}
    for item in content:
        turns = [turn for turn in item["conversations"] if isinstance(turn, dict)]
        for asked, answered in zip(turns[::2], turns[1::2], strict=False):
            question = str(asked.get("value", "")).replace("<image>", "").strip()
            answer = str(answered.get("value", "")).strip()
            if question and answer and "image" in item:
                found.setdefault(str(item["image"]), []).append(Note(question, answer))
    return found


def _is_one(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("conversations"), list)
