"""FineVision, read by nanoVLM: one row per image, or per set of images, with the ratings of each question.

The ratings are those that came with an entry, then those of the newest run of the check ``ratings``. Without one of its
relevance, the score that a reviewer gave becomes one. nanoVLM makes its messages from ``user``
and ``assistant`` alone, so that a system prompt has no place.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from core.dataset import RATINGS
from core.export.checks.hugging_face_chat import FineVisionChecker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import (
    INSTALL_DATASETS,
    LOAD_DATASET,
    ONLY_TEXTS,
    Format,
    answer_text,
    question_text,
    turns,
)
from core.export.writing.parquet import ParquetWriter


def features(options: RowOptions) -> dict[str, Any]:
    """Return the types of the columns by name."""
    ratings = {f"{name}_ratings": ["int64"] for name in RATINGS}
    texts = [{"user": "string", "assistant": "string"}]
    return {"id": "string", "images": ["image"], "texts": texts, "source": "string", **ratings}


def rating(entry: Entry, name: str) -> int | None:
    """Return a rating of 1 to 5; for the relevance also the score, halves rounded up; None without: pairs are kept."""
    score = int(entry.score + 0.5) if name == "relevance" else 0
    return (entry.ratings or {}).get(name) or score or None


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row for the images, and one for each imported conversation, with a rating for each pair of texts."""
    yield from (_row(group, id_, entries, options) for id_, entries in turns(group, "conversation"))


def _row(group: ImageGroup, id_: str, entries: Sequence[Entry], options: RowOptions) -> Row:
    return {
        "id": id_,
        "images": group.embedded(entries),
        "texts": [{"user": question_text(entry, images=0), "assistant": answer_text(entry)} for entry in entries],
        "source": options.source,
        **{f"{name}_ratings": [rating(entry, name) for entry in entries] for name in RATINGS},
    }


FORMAT = Format(
    name="finevision",
    label="FineVision",
    help=(
        "One row per image with all its questions and their ratings, below which readers can leave them out, without "
        "system prompts."
    ),
    purpose="train",
    install=INSTALL_DATASETS,
    load=LOAD_DATASET,
    run_in=("nanoVLM 4e0c096", "datasets 5.2.0"),
    rows=rows,
    writer=ParquetWriter,
    checker=FineVisionChecker,
    image_modes=("path",),
    features=features,
    reads_several_images=True,
    not_carried=(*ONLY_TEXTS, "system"),
)
