"""Roboflow's multimodal lines, for PaliGemma and Florence-2: prefix is the question, suffix the answer."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.export.checks import roboflow_checker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import Format, answer_text, question_text

if TYPE_CHECKING:
    from core.export.writing.base import Writer


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    for entry in group.entries:
        yield {"image": group.ref, "prefix": question_text(entry, first=False), "suffix": answer_text(entry)}


def _writer() -> "type[Writer]":
    from core.export.writing.files import RoboflowWriter

    return RoboflowWriter


FORMAT = Format(
    name="roboflow",
    label="Roboflow multimodal",
    help="Lines of prefix and suffix beside the images, for PaliGemma and Florence-2.",
    purpose="train",
    load="maestro paligemma_2 train --dataset {dir} …",
    rows=rows,
    texts_only=True,
    writer=_writer,
    checker=roboflow_checker,
    image_modes=("path", "none"),
    single_file=False,
)
