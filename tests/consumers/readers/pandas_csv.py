"""``pandas.read_csv`` as the bundle's report writes it."""

from collections.abc import Iterable
from pathlib import Path

import pandas
from PIL import Image
from seen import Row, run


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    frame = pandas.read_csv(bundle / "entries.csv", dtype=str, keep_default_na=False)
    for row in frame.itertuples():
        yield [(row.question, row.answer)], [Image.open(bundle / row.image)]


run(pandas.__version__, rows)
