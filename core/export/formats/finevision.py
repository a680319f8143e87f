"""FineVision, read by nanoVLM: one row per image; the scores of reviewers become relevance ratings."""

from collections.abc import Iterable
from typing import Any

from core.export.checks.hugging_face_chat import FineVisionChecker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import Format, answer_text, question_text
from core.export.writing.parquet import ParquetWriter

# Vitrine has no scores for these; the trainer keeps pairs without a rating.
UNRATED = ("image_correspondence_ratings", "visual_dependency_ratings", "formatting_ratings")


def features(options: RowOptions) -> dict[str, Any]:
    """Return the types of the columns by name."""
    ratings = {name: ["int64"] for name in ("relevance_ratings", *UNRATED)}
    texts = [{"user": "string", "assistant": "string"}]
    return {"id": "string", "images": ["image"], "texts": texts, "source": "string", **ratings}


def rating(entry: Entry) -> int | None:
    """Return the score as a rating of 1 to 5, halves rounded up; None without a score."""
    return int(entry.score + 0.5) or None


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row for the image, with a rating for each pair of texts."""
    entries = group.entries
    yield {
        "id": group.image.id,
        "images": [{"bytes": group.data, "path": group.ref}],
        "texts": [{"user": question_text(entry, first=False), "assistant": answer_text(entry)} for entry in entries],
        "source": options.source,
        "relevance_ratings": [rating(entry) for entry in entries],
        **{name: [None] * len(entries) for name in UNRATED},
    }


FORMAT = Format(
    name="finevision",
    label="FineVision",
    help="One row per image with all its questions; nanoVLM leaves out pairs below a given rating.",
    purpose="train",
    load="datasets.load_dataset('{dir}')  # nanoVLM: --train_dataset_path {dir} --relevance_min_rating 3",
    rows=rows,
    detail="texts",
    writer=ParquetWriter,
    checker=FineVisionChecker,
    image_modes=("path",),
    features=features,
)
