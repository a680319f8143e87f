"""FiftyOne's importers of tables and of COCO, with the words of its documentation, and its database."""

import os
from collections.abc import Iterable
from pathlib import Path

from PIL import Image
from seen import Row, run

os.environ["HOME"] = str(Path.cwd())  # where its database is
os.environ["FIFTYONE_DO_NOT_TRACK"] = "true"

import fiftyone


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    if format_ == "csv":
        read = fiftyone.Dataset.from_dir(
            dataset_type=fiftyone.types.CSVDataset,
            data_path=str(bundle),
            labels_path=str(bundle / "entries.csv"),
            media_field="image",
            fields=["question", "answer"],
        )
    else:
        read = fiftyone.Dataset.from_dir(
            dataset_type=fiftyone.types.COCODetectionDataset,
            data_path=str(bundle / "images"),
            labels_path=str(bundle / "captions_train.json"),
            extra_attrs=True,
        )
    for sample in read:
        turn = (sample.question, sample.answer) if format_ == "csv" else ("", _caption(sample))
        yield [turn], [Image.open(sample.filepath)]


def _caption(sample: fiftyone.Sample) -> str:
    """Return the caption of an image: empty, since the importer keeps annotations with boxes."""
    objects = sample["detections"].detections if sample.has_field("detections") and sample["detections"] else []
    return " ".join(str(found["caption"]) for found in objects)


run(fiftyone.__version__, rows)
