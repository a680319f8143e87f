"""What each image model takes: references, aspect ratios, sizes, price; a table in a file, as models change monthly.

``image_models.json`` beside this file is what is shipped; a file of the same name and form in the data directory
goes before it, row by row.
"""

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from core.errors import ConfigurationError

COMMON_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
FILE_NAME = "image_models.json"

Range = Annotated[
    tuple[float, float], BeforeValidator(lambda value: value if isinstance(value, list | tuple) else (value, value))
]


class ImageModel(BaseModel, frozen=True, extra="forbid"):
    """One row: it speaks for every model whose name contains *match*."""

    match: str
    max_references: int = Field(ge=0)
    best_references: int | None = None
    ratios: tuple[str, ...] = COMMON_RATIOS
    more_ratios: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    price: dict[str, Range] = {}
    """US dollars of one image by size, a number or a range; a size without one has an unknown price."""
    reference_price: float | None = None
    """US dollars of sending one reference, roughly."""
    note: str = ""

    @property
    def all_ratios(self) -> tuple[str, ...]:
        return self.ratios + self.more_ratios

    def cost(self, size: str | None, references: int) -> tuple[float, float] | None:
        """Return the cost of one image as a range in US dollars; None when the price is unknown."""
        first = self.sizes[0] if self.sizes else ""
        price = self.price.get(size or first)
        if price is None or self.reference_price is None:
            return None
        sent = references * self.reference_price
        return round(price[0] + sent, 4), round(price[1] + sent, 4)


UNKNOWN = ImageModel(match="", max_references=5, note="Nothing is known about this model; five references are sent.")

_ROWS = TypeAdapter(list[ImageModel])


def image_model(model: str, data_dir: Path | None = None) -> ImageModel:
    """Return the first row that speaks for *model*, or ``UNKNOWN``."""
    return next((row for row in image_models(data_dir) if row.match in model), UNKNOWN)


def image_models(data_dir: Path | None = None) -> list[ImageModel]:
    """Return the table, rows of the data directory first.

    Raises:
        ConfigurationError: the file in the data directory cannot be read.
    """
    shipped = _ROWS.validate_json(Path(__file__).with_name(FILE_NAME).read_bytes())
    own = data_dir / FILE_NAME if data_dir else None
    if own is None or not own.is_file():
        return shipped
    try:
        return _ROWS.validate_python(json.loads(own.read_bytes())) + shipped
    except (ValidationError, ValueError) as error:
        raise ConfigurationError(
            f"{own} is not a table of image models. Compare it with the one shipped in core/style, or delete it."
        ) from error
