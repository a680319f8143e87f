"""Parsing recipes: values from the page, the API or the database, completed with the defaults of their format."""

from typing import Any, Literal

from pydantic import ValidationError

from core.dataset import parse_search
from core.errors import InvalidInputError
from core.export.formats import Format, format_named, known_row_endings
from core.export.recipe import ExportRecipe


def parse_recipe(values: dict[str, Any]) -> ExportRecipe:
    """Return the recipe that *values* describe.

    Raises:
        InvalidInputError: a value is unknown, has the wrong type or does not fit the format.
    """
    recipe = _validated(values)
    parse_search(recipe.entries.search)
    format_ = format_named(recipe.format)
    recipe = recipe.model_copy(
        update={
            "rows": _row_ending(recipe, format_),
            "images": recipe.images or format_.image_modes[0],
            "grouping": recipe.grouping if format_.has_conversations else "turn",
            "image_form": _image_form(recipe, format_),
        }
    )
    if recipe.images not in format_.image_modes:
        raise InvalidInputError(
            f"{format_.label} does not support images as {recipe.images}. Choose {' or '.join(format_.image_modes)}.",
            field="images",
        )
    if recipe.container == "file" and (len(recipe.splits.names) > 1 or not format_.is_single_file):
        raise InvalidInputError(
            f"{format_.label} with these splits is more than one file. Choose a ZIP or a directory.",
            field="container",
        )
    return recipe


def _validated(values: dict[str, Any]) -> ExportRecipe:
    try:
        return ExportRecipe.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(
            f"The recipe's {field or 'shares'} cannot be used: {first['msg']}. Change it and try again.",
            field=field or None,
        ) from error


def _row_ending(recipe: ExportRecipe, format_: Format) -> str | None:
    """Return the ending of the rows file: the chosen one if the format has it, otherwise the format's usual one."""
    known = known_row_endings()
    if recipe.rows is not None and recipe.rows not in known:
        raise InvalidInputError(
            f"The recipe's rows cannot be used: no format writes {recipe.rows}. Choose {' or '.join(sorted(known))}.",
            field="rows",
        )
    if recipe.rows in format_.row_endings:
        return recipe.rows
    return format_.row_endings[0] if format_.row_endings else None


def _image_form(recipe: ExportRecipe, format_: Format) -> Literal["upright", "original"]:
    if format_.writer.needs_jpeg:
        return "upright"
    return recipe.image_form or ("original" if format_.is_lossless else "upright")
