"""What a reader reports: version of its program, and of each row its turns and images. Imports nothing of Vitrine."""

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image

Row = tuple[list[tuple[str, str]], list[Image.Image]]
"""Turns (question, answer) and images of a row, as the program gives them to its user."""


def run(version: str, rows: Callable[[Path, str], Iterable[Row]]) -> None:
    """Read the bundle and format of the command line by *rows*, and write what was seen to its third argument."""
    bundle, format_, output = sys.argv[1:]
    seen = []
    for turns, images in rows(Path(bundle), format_):
        seen.append({"turns": turns, "images": [_look(image) for image in images]})
    Path(output).write_text(json.dumps({"version": version, "rows": seen}), encoding="utf-8")


def rows_file(bundle: Path) -> Path:
    """Return the one file of rows in a bundle: the JSON file that is neither report nor metadata."""
    others = ("EXPORT_REPORT", "croissant", "dataset_info")
    (found,) = (path for path in bundle.glob("*.json*") if not path.name.startswith(others))
    return found


def checkout_version() -> str:
    """Return commit and date of the checkout, from the file that stands beside it."""
    checkout = Path(os.environ["CHECKOUT"])
    return checkout.with_name(checkout.name + ".version").read_text().strip()


def _look(image: Image.Image) -> list[int]:
    rgb = image.convert("RGB")
    return [*rgb.size, *(round(value) for value in rgb.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)))]  # type: ignore[union-attr]
