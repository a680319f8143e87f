"""maestro as far as its rows: the words by its own command line, every row of every split by its own data sets."""

import sys
from typing import Any

import evaluate

evaluate.load = lambda *_, **__: None  # of metrics, which are downloaded when maestro is imported

from maestro.cli.main import app
from maestro.trainer.common.datasets import load_split_dataset
from maestro.trainer.models.paligemma_2 import entrypoint


def _load(config: Any) -> None:
    for split in ("train", "valid", "test"):
        read = load_split_dataset(config.dataset, split)
        assert read is not None
        assert len([read[index] for index in range(len(read))]) > 0


entrypoint.paligemma_2_train = _load
app(sys.argv[1:])
