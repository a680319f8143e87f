"""WebDataset: tar shards of an image and its questions next to each other."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.export.checks import web_dataset_checker
from core.export.entries import ImageGroup, Row, RowOptions, spoken_answer
from core.export.formats.base import Format

if TYPE_CHECKING:
    from core.export.writing.base import Writer


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    asked: list[Row] = [
        {"id": entry.id, "question": entry.question, "answer": spoken_answer(entry), "answer_type": entry.answer_type}
        for entry in group.entries
    ]
    if options.metadata:
        for said, entry in zip(asked, group.entries, strict=True):
            said |= {"kind": entry.kind, "model": entry.model, "score": entry.score}
    yield {"image_id": group.image.id, "qa": asked}


def _writer() -> "type[Writer]":
    from core.export.writing.files import WebDatasetWriter

    return WebDatasetWriter


FORMAT = Format(
    name="webdataset",
    label="WebDataset",
    help="Tar shards that stream: each image as JPEG with its questions as JSON. Read by webdataset and datasets.",
    purpose="train",
    load="datasets.load_dataset('webdataset', data_dir='{dir}')",
    rows=rows,
    texts_only=True,
    writer=_writer,
    checker=web_dataset_checker,
    image_modes=("path",),
    single_file=False,
)
