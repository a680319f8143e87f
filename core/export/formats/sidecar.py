"""Sidecar text: beside each image a text file of the same name with its caption in one line."""

from collections.abc import Iterable

from core.export.checks.files import SidecarChecker
from core.export.entries import ImageGroup, Row, RowOptions, answer_as_text
from core.export.formats.base import ONLY_TEXTS, Format
from core.export.writing.files import SidecarWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one caption for the image."""
    # Some trainers read every line as a separate caption, so all answers are joined into one line.
    yield {"caption": " ".join(" ".join(answer_as_text(entry).split()) for entry in group.entries)}


FORMAT = Format(
    name="sidecar",
    label="Sidecar text",
    help="A text file beside each image, with its answers as caption, for training image models.",
    purpose="train",
    install=(
        "git clone https://github.com/kohya-ss/sd-scripts && git -C sd-scripts checkout -q 48d368f\n"
        "(cd sd-scripts && pip install torch torchvision -r requirements.txt)"
    ),
    load='[[datasets]]\n[[datasets.subsets]]\nimage_dir = "{images}"\ncaption_extension = ".txt"\nnum_repeats = 1',
    load_language="toml",
    run_in=("sd-scripts 48d368f",),
    rows=rows,
    detail="texts",
    writer=SidecarWriter,
    checker=SidecarChecker,
    image_modes=("path",),
    not_carried=(*ONLY_TEXTS, "question", "rejected", "system"),
)
