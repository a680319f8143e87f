"""Limits and prices of image models: references, aspect ratios, sizes, price per image.

The table is ``image_models.json`` in this directory, since models change monthly. Rows of a file with the same name
in the data directory take precedence.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from core.llm import ModelConfig

COMMON_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
FILE_NAME = "image_models.json"

Range = Annotated[
    tuple[float, float], BeforeValidator(lambda value: value if isinstance(value, list | tuple) else (value, value))
]


class ImageModel(BaseModel, frozen=True, extra="forbid"):
    """One row of the table; it applies to every model whose name contains *match*."""

    match: str
    max_references: int = Field(ge=0)
    best_references: int | None = None
    """Up to this number the provider recommends references; None without a recommendation."""
    ratios: tuple[str, ...] = COMMON_RATIOS
    more_ratios: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    price: dict[str, Range] = {}
    """US dollars of one image by size, a number or a range; the price of a missing size is unknown."""
    reference_price: float | None = None
    """Approximate US dollars of sending one reference; None when unknown."""
    note: str = ""

    @property
    def all_ratios(self) -> tuple[str, ...]:
        """The aspect ratios the model accepts, as "width:height"."""
        return self.ratios + self.more_ratios

    def cost(self, size: str | None, references: int) -> tuple[float, float] | None:
        """Return the cost of one image as a range in US dollars; None when the price is unknown."""
        first = self.sizes[0] if self.sizes else ""
        price = self.price.get(size or first)
        if price is None or self.reference_price is None:
            return None
        sent = references * self.reference_price
        return round(price[0] + sent, 4), round(price[1] + sent, 4)


UNKNOWN = ImageModel(
    match="", max_references=5, note="This model is not in the table of image models; at most five references are sent."
)

_ROWS = TypeAdapter(list[ImageModel])


def image_model(model: str, data_dir: Path | None = None) -> ImageModel:
    """Return the first row that applies to *model* (``provider/model``), or ``UNKNOWN``."""
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


def model_config(config: dict[str, Any] | None) -> "ModelConfig":
    """Return the model of a configuration dict; the offline model, which only measures, without one."""
    from core.llm import OFFLINE_MODEL, ModelConfig

    return ModelConfig.from_dict(config or {"model": OFFLINE_MODEL})
