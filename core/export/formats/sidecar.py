"""Sidecar text: next to each image a text file of the same name with one line, its caption."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.export.checks import sidecar_checker
from core.export.entries import ImageGroup, Row, RowOptions, spoken_answer
from core.export.formats.base import Format

if TYPE_CHECKING:
    from core.export.writing.base import Writer


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    # Some trainers take every line for a caption of its own, so all answers stand in one.
    yield {"caption": " ".join(" ".join(spoken_answer(entry).split()) for entry in group.entries)}


def _writer() -> "type[Writer]":
    from core.export.writing.files import SidecarWriter

    return SidecarWriter


FORMAT = Format(
    name="sidecar",
    label="Sidecar text",
    help="A text file beside each image, with its answers as caption. Read by kohya, OneTrainer, SimpleTuner, TagGUI.",
    purpose="train",
    load="python train_network.py --train_data_dir {dir}/images --caption_extension .txt …",
    rows=rows,
    texts_only=True,
    writer=_writer,
    checker=sidecar_checker,
    image_modes=("path",),
    single_file=False,
)
