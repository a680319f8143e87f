"""``webdataset.WebDataset`` over the shards, images decoded by it."""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import webdataset
from seen import Row, run


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    shards = [str(path) for path in sorted(bundle.rglob("*.tar"))]
    for sample in webdataset.WebDataset(shards, shardshuffle=False).decode("pil"):
        yield [(pair["question"], pair["answer"]) for pair in sample["json"]["qa"]], [sample["jpg"]]


run(version("webdataset"), rows)
