"""``datasets.load_dataset`` with the directory alone, as it is written in the bundle."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import datasets
from seen import Row, run


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    loaded = datasets.load_dataset(str(bundle), cache_dir=str(bundle.parent / "cache"))
    for split in loaded.values():
        for row in split:
            yield _turns(row), row["images"] if "images" in row else [row["image"]]


def _turns(row: dict[str, Any]) -> list[tuple[str, str]]:
    if "messages" in row or "prompt" in row:
        messages = row.get("messages") or [*row["prompt"], *row["completion"]]
        texts = [_text(message["content"]) for message in messages]
        return list(zip(texts[::2], texts[1::2], strict=True))
    if "texts" in row:
        return [(turn["user"], turn["assistant"]) for turn in row["texts"]]
    return [(row["question"], row["answer"])]


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content if part["type"] == "text")


run(datasets.__version__, rows)
