"""A data set of VLMEvalKit for a TSV of one's own: prompts and images as it gives them to a model."""

import os
from collections.abc import Iterable
from pathlib import Path

from PIL import Image
from seen import Row, checkout_version, run
from vlmevalkit_modules import custom_data_set


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    os.environ["LMUData"] = str(bundle)  # noqa: SIM112 - as the printed command writes it
    read = custom_data_set(next(bundle.glob("*.tsv")).stem)
    for index in range(len(read)):
        *images, text = read.build_prompt(index)
        answer = str(read.data.iloc[index]["answer"])
        yield [(text["value"], answer)], [Image.open(image["value"]) for image in images]


run(checkout_version(), rows)
