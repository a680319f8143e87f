"""The recipe of an export: everything that decides about its bytes, and nothing else."""

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.dataset import parse_search
from core.errors import InvalidInputError

if TYPE_CHECKING:
    from core.export.formats import Format

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EntryChoice(_Part):
    """Which entries leave the house; an empty list means that it makes no difference."""

    confirmed_only: bool = True
    search: str = Field("", max_length=2000, description="a search line, as on Curate and Explore")
    min_score: float = Field(0.0, ge=0, le=5)
    answer_types: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    tags: tuple[str, ...] = Field((), description="an entry needs one of them")
    image_ids: tuple[str, ...] = ()
    generated_images: bool = Field(True, description="whether images that a model made are taken along")


class SplitShares(_Part):
    """Shares in percent; together 100."""

    train: int = Field(100, ge=0, le=100)
    validation: int = Field(0, ge=0, le=100)
    test: int = Field(0, ge=0, le=100)
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _together_100(self) -> "SplitShares":
        if self.train + self.validation + self.test != 100:
            raise ValueError("The shares of train, validation and test must add up to 100.")
        return self

    @cached_property
    def names(self) -> tuple[Split, ...]:
        """The splits that get anything, in their usual order."""
        return tuple(name for name in SPLITS if getattr(self, name))


class ExportRecipe(_Part):
    """How an export is made; the same recipe over the same data gives the same bytes."""

    format: str = "llava"
    entries: EntryChoice = EntryChoice()
    container: Literal["zip", "directory", "file"] = "zip"
    rows: Literal["json", "jsonl"] | None = Field(None, description="None: what the format's readers expect")
    images: Literal["path", "base64", "none"] | None = Field(
        None, description="files in the bundle, data URLs in the rows, or named only; None: what the readers expect"
    )
    image_form: Literal["upright", "original"] | None = Field(
        None, description="turned, sRGB, without metadata; or the bytes as they came; None: what suits the format"
    )
    max_side_px: Annotated[int, Field(ge=64, le=16384)] | None = None
    grouping: Literal["conversation", "turn"] = Field(
        "conversation", description="one row per image with all its turns, or one row per entry"
    )
    metadata: bool = True
    formula_guard: bool = Field(True, description="whether CSV cells that would run as formulas are disarmed")
    splits: SplitShares = SplitShares()
    licence: str = Field("", max_length=100)
    title: str = Field("", max_length=200)

    @classmethod
    def parse(cls, values: dict[str, Any]) -> "ExportRecipe":
        """Return the recipe that *values* describe.

        Raises:
            InvalidInputError: a value is unknown, of the wrong type or does not fit the format.
        """
        from core.export.formats import format_named

        try:
            recipe = cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise InvalidInputError(
                f"The recipe's {place or 'shares'} cannot be used: {first['msg']}. Change it and try again.",
                field=place or None,
            ) from error
        parse_search(recipe.entries.search)
        format_ = format_named(recipe.format)
        recipe = recipe.model_copy(
            update={
                "rows": recipe.rows if recipe.rows in format_.row_files else (format_.row_files or (None,))[0],
                "images": recipe.images or format_.image_modes[0],
                "grouping": recipe.grouping if format_.converses else "turn",
                "image_form": _image_form(recipe, format_),
            }
        )
        if recipe.images not in format_.image_modes:
            raise InvalidInputError(
                f"{format_.label} cannot carry images as {recipe.images}. Choose {' or '.join(format_.image_modes)}.",
                field="images",
            )
        if recipe.container == "file" and (len(recipe.splits.names) > 1 or not format_.single_file):
            raise InvalidInputError(
                f"{format_.label} with these splits is more than one file. Choose a ZIP or a directory.",
                field="container",
            )
        return recipe

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as JSON values, for storing."""
        return self.model_dump(mode="json")

    def fingerprint(self) -> str:
        return hashlib.sha256(orjson.dumps(self.as_dict(), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _image_form(recipe: ExportRecipe, format_: "Format") -> str:
    if format_.as_jpeg:
        return "upright"
    return recipe.image_form or ("original" if format_.lossless else "upright")
