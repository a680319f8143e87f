"""Roboflow multimodal lines: prefix is the question, suffix the answer."""

from collections.abc import Iterable

from core.export.checks.files import RoboflowChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import ONLY_TEXTS, Format, answer_text, question_text
from core.export.writing.base import RoboflowWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per entry."""
    for entry in group.entries:
        yield {"image": group.ref, "prefix": question_text(entry, images=0), "suffix": answer_text(entry)}


FORMAT = Format(
    name="roboflow",
    label="Roboflow multimodal",
    help="Lines of prefix and suffix beside the images, in train, valid and test.",
    purpose="train",
    install=(
        "git clone https://github.com/roboflow/maestro && git -C maestro checkout -q d6dd21f\n"
        "pip install -e 'maestro[paligemma_2]'"
    ),
    load="maestro paligemma_2 train --dataset {dir}",
    load_language="bash",
    run_in=("maestro d6dd21f",),
    needs_every_split=True,
    rows=rows,
    detail="texts",
    writer=RoboflowWriter,
    checker=RoboflowChecker,
    image_modes=("path", "none"),
    not_carried=(*ONLY_TEXTS, "system"),
)
