"""The data set of Qwen's own fine-tuning code, with a tiny processor; texts are decoded from its token ids."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(os.environ["CHECKOUT"]) / "qwen-vl-finetune"))

from PIL import Image
from qwenvl import data
from qwenvl.data import data_processor
from seen import Row, checkout_version, rows_file, run
from tiny_qwen import save, turns_of
from transformers import AutoProcessor


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    save(bundle.parent / "model")
    annotations = rows_file(bundle)
    data.data_dict["shelf"] = {"annotation_path": str(annotations), "data_path": str(bundle)}
    settings = SimpleNamespace(
        dataset_use="shelf", model_type="qwen2.5vl", data_packing=False, min_pixels=56 * 56, max_pixels=28 * 28 * 64,
        video_min_pixels=56 * 56, video_max_pixels=28 * 28 * 64, video_min_frames=4, video_max_frames=8, video_fps=2,
    )  # fmt: skip
    processor = AutoProcessor.from_pretrained(bundle.parent / "model")
    read = data_processor.LazySupervisedDataset(processor, settings)
    for index, row in enumerate(read.list_data_dict):
        sample = read[index]
        names = [row["image"]] if isinstance(row["image"], str) else row["image"]
        images = [Image.open(Path(row["data_path"]) / name) for name in names]
        yield turns_of(processor.tokenizer.decode(sample["input_ids"][0])), images


run(checkout_version(), rows)
