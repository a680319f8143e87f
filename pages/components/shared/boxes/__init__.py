"""Boxes over an image: what the review desk and the image drawer share in the browser."""

from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@cache
def script() -> str:
    """Return the functions that draw boxes, for the beginning of a component's script."""
    return (_HERE / "boxes.js").read_text(encoding="utf-8")


@cache
def css() -> str:
    return (_HERE / "boxes.css").read_text(encoding="utf-8")
