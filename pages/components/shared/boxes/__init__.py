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


@cache
def editor_script() -> str:
    """Return the class ``BoxEditor``, with which boxes are drawn; it goes behind :func:`script` and the zoom's."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("box_geometry.js", "box_editor.js"))


@cache
def editor_css() -> str:
    return (_HERE / "box_editor.css").read_text(encoding="utf-8")
