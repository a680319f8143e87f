"""Entries as tables of other libraries: a pandas DataFrame, or a dataset of Hugging Face with its images."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.dataset.boxes import plain_boxes
from core.db import ImageDatasets

if TYPE_CHECKING:
    import datasets
    import pandas

TEXTS = (
    "id", "image_id", "image_name", "question", "answer", "answer_type", "kind", "language", "model", "origin",
    "decision", "reject_reason", "tags", "note", "needs_review", "conversation_id", "system", "question_id",
)  # fmt: skip
COLUMNS = (
    *TEXTS, "image_ids", "options", "score", "flagged", "boxes", "ratings", "turn", "version", "create_at", "update_at",
)  # fmt: skip
"""Columns of both tables: fields of an entry, and ``decision``: open, confirmed or rejected."""
_RATINGS = ("relevance", "image_correspondence", "visual_dependency", "formatting")


def to_pandas(entries: Iterable[ImageDatasets]) -> "pandas.DataFrame":
    """Return one row for each entry, with all :data:`COLUMNS` also when there is no entry."""
    import pandas

    rows = ([getattr(entry, name) for name in COLUMNS] for entry in entries)
    frame = pandas.DataFrame.from_records(list(rows), columns=list(COLUMNS))
    times = dict.fromkeys(("create_at", "update_at"), "datetime64[us, UTC]")
    return frame.astype({name: "str" for name in TEXTS if frame[name].notna().all()} | times)


def to_datasets(entries: Iterable[ImageDatasets], paths: dict[str, Path]) -> "datasets.Dataset":
    """Return a dataset of one row for each entry.

    Its columns are :data:`COLUMNS`, with ``options`` as JSON, and ``image`` and ``further_images``: the first image
    and the others, None where the file is missing. Images stay files until they are read, upright.

    Args:
        entries: The entries.
        paths: The file of each image, by its id.
    """
    import datasets

    columns: dict[str, list[Any]] = {name: [] for name in (*COLUMNS, "image", "further_images")}
    for entry in entries:
        for name in COLUMNS:
            columns[name].append(getattr(entry, name))
        first, *others = (_path(paths, image_id) for image_id in entry.image_ids)
        columns["image"].append(first)
        columns["further_images"].append(others)
    columns["options"] = [
        json.dumps(options, ensure_ascii=False) if options is not None else None for options in columns["options"]
    ]
    columns["boxes"] = [plain_boxes(boxes) for boxes in columns["boxes"]]
    columns["ratings"] = [
        {name: ratings.get(name) for name in _RATINGS} if ratings else None for ratings in columns["ratings"]
    ]
    return datasets.Dataset.from_dict(columns, features=datasets.Features(_features()))


def _path(paths: dict[str, Path], image_id: str) -> str | None:
    path = paths.get(image_id)
    return str(path) if path is not None and path.is_file() else None


def _features() -> dict[str, Any]:
    from datasets import Image, List, Value

    box = {"label": Value("string"), "xyxy": List(Value("float64")), "image": Value("int32")}
    return {name: Value("string") for name in (*TEXTS, "options")} | {
        "image_ids": List(Value("string")), "score": Value("float64"), "flagged": Value("bool"), "boxes": List(box),
        "ratings": {name: Value("int32") for name in _RATINGS}, "turn": Value("int32"), "version": Value("int32"),
        "create_at": Value("timestamp[us, tz=UTC]"), "update_at": Value("timestamp[us, tz=UTC]"),
        "image": Image(), "further_images": List(Image()),
    }  # fmt: skip
