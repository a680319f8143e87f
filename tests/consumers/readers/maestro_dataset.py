"""maestro's data set of each split, without its metrics."""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import evaluate

evaluate.load = lambda *_, **__: None  # of metrics, which are downloaded when maestro is imported

from maestro.trainer.common.datasets import load_split_dataset
from seen import Row, run


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    for split in ("train", "valid", "test"):
        read = load_split_dataset(str(bundle), split)
        assert read is not None
        for index in range(len(read)):
            image, entry = read[index]
            yield [(entry["prefix"], entry["suffix"])], [image]


run(version("maestro"), rows)
