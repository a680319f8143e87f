"""WebDataset: tar shards with each image followed by its questions."""

from collections.abc import Iterable

from core.export.checks.files import WebDatasetChecker
from core.export.entries import ImageGroup, Row, RowOptions, answer_as_text
from core.export.formats.base import LOAD_DATASET, ONLY_COLUMNS, Format
from core.export.writing.files import WebDatasetWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one sample for the image."""
    pairs: list[Row] = [
        {"id": entry.id, "question": entry.question, "answer": answer_as_text(entry), "answer_type": entry.answer_type}
        for entry in group.entries
    ]
    if options.metadata:
        for pair, entry in zip(pairs, group.entries, strict=True):
            pair |= {"kind": entry.kind, "model": entry.model, "score": entry.score}
    yield {"image_id": group.image.id, "qa": pairs}


FORMAT = Format(
    name="webdataset",
    label="WebDataset",
    help="Tar shards that stream: each image as JPEG with its questions as JSON.",
    purpose="train",
    install="pip install datasets==5.2.0 pillow webdataset==1.0.2",
    load=LOAD_DATASET,
    run_in=("webdataset 1.0.2", "datasets 5.2.0"),
    rows=rows,
    detail="texts",
    writer=WebDatasetWriter,
    checker=WebDatasetChecker,
    image_modes=("path",),
    not_carried=(*ONLY_COLUMNS, "language", "confirmed", "tags", "note"),
)
