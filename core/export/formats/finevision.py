"""FineVision, which nanoVLM reads: one row per image, and the stars of people decide what is trained on."""

from collections.abc import Iterable
from typing import Any

from core.export.checks import finevision_checker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import Format, answer_text, question_text
from core.export.formats.parquet import parquet_writer

# Nobody but a person rates relevance here; the trainer keeps what has no rating.
UNRATED = ("image_correspondence_ratings", "visual_dependency_ratings", "formatting_ratings")


def features(options: RowOptions) -> dict[str, Any]:
    ratings = {name: ["int64"] for name in ("relevance_ratings", *UNRATED)}
    texts = [{"user": "string", "assistant": "string"}]
    return {"id": "string", "images": ["image"], "texts": texts, "source": "string", **ratings}


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    entries = group.entries
    yield {
        "id": group.image.id,
        "images": [{"bytes": group.data, "path": group.ref}],
        "texts": [{"user": question_text(entry, first=False), "assistant": answer_text(entry)} for entry in entries],
        "source": options.source,
        "relevance_ratings": [int(entry.score + 0.5) or None for entry in entries],
        **{name: [None] * len(entries) for name in UNRATED},
    }


FORMAT = Format(
    name="finevision",
    label="FineVision",
    help="One row per image with all its questions; nanoVLM leaves out pairs below the rating it is given.",
    purpose="train",
    load="datasets.load_dataset('{dir}')  # nanoVLM: --train_dataset_path {dir} --relevance_min_rating 3",
    rows=rows,
    texts_only=True,
    writer=parquet_writer,
    checker=finevision_checker,
    image_modes=("path",),
    single_file=False,
    features=features,
)
