"""The formats, in the order in which the page offers them; a new one is a file and a line here."""

from core.errors import InvalidInputError
from core.export.formats import default, image_folder, llava, parquet, vitrine, vqa
from core.export.formats.base import PURPOSES, Format

FORMATS: tuple[Format, ...] = (
    llava.FORMAT,
    vqa.FORMAT,
    parquet.FORMAT,
    image_folder.FORMAT,
    vitrine.FORMAT,
    default.FORMAT,
)

_BY_NAME = {format_.name: format_ for format_ in FORMATS}


def format_named(name: str) -> Format:
    """Return the format called *name*.

    Raises:
        InvalidInputError: there is none.
    """
    if name not in _BY_NAME:
        raise InvalidInputError(
            f"There is no export format called {name}. Choose one of {', '.join(_BY_NAME)}.", field="format"
        )
    return _BY_NAME[name]


__all__ = ["FORMATS", "PURPOSES", "Format", "format_named"]
