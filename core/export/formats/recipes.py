"""Parsing recipes: values from the page, the API or the database, completed with the defaults of their format."""

from typing import Any

from pydantic import ValidationError

from core.dataset.conditions import usable_search
from core.errors import InvalidInputError
from core.export.formats import Format, format_named
from core.export.recipe import ExportRecipe
from core.export.selecting.problems import problem_named


def parse_recipe(values: dict[str, Any]) -> ExportRecipe:
    """Return the recipe that *values* describe.

    Raises:
        InvalidInputError: a value is unknown, has the wrong type or does not fit the format.
    """
    recipe = _validated(values)
    usable_search(recipe.entries.search)
    for name in recipe.entries.leave_out:
        problem_named(name)
    format_ = format_named(recipe.format)
    recipe = recipe.model_copy(
        update={
            "rows": recipe.rows or next(iter(format_.row_endings), None),
            "images": recipe.images or format_.image_modes[0],
            "grouping": recipe.grouping if format_.has_conversations else "turn",
            "image_form": recipe.image_form or format_.image_forms[0],
            "splits": recipe.splits if "splits" in recipe.model_fields_set else format_.default_splits,
        }
    )
    _check_rows(recipe, format_)
    _check_images(recipe, format_)
    _check_changes(recipe, format_)
    if missing := [split for split in format_.required_splits if split not in recipe.splits.names]:
        raise InvalidInputError(
            f"Readers of {format_.label} need train, validation and test. Give {' and '.join(missing)} a share.",
            field="splits",
        )
    return recipe


def _validated(values: dict[str, Any]) -> ExportRecipe:
    try:
        return ExportRecipe.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise InvalidInputError(
            f"The recipe's {field or 'shares'} cannot be used: {reason}. Change it and try again.",
            field=field or None,
        ) from error


def _check_rows(recipe: ExportRecipe, format_: Format) -> None:
    """Refuse an ending of the rows file, or a single file, that readers of the format do not read."""
    is_file = recipe.container == "file"
    if is_file and (len(recipe.splits.names) > 1 or not format_.is_single_file):
        with_splits = " with these splits" if len(recipe.splits.names) > 1 else ""
        raise InvalidInputError(
            f"{format_.label}{with_splits} is more than one file. Choose a ZIP or a directory.",
            field="container",
        )
    readable = format_.row_endings + (format_.further_endings if is_file else ())
    if is_file and recipe.report:
        raise InvalidInputError("A single file has no dataset report. Choose a ZIP or a directory.", field="report")
    if recipe.rows is not None and recipe.rows not in readable:
        choice = f"Choose {' or '.join(readable)}" if readable else "Leave rows out"
        raise InvalidInputError(f"{format_.label} is not written as {recipe.rows}. {choice}.", field="rows")


def _check_images(recipe: ExportRecipe, format_: Format) -> None:
    """Refuse images in a shape that readers of the format do not read."""
    if recipe.images not in format_.image_modes:
        raise InvalidInputError(
            f"{format_.label} does not support images as {recipe.images}. Choose {' or '.join(format_.image_modes)}.",
            field="images",
        )
    if recipe.image_form not in format_.image_forms:
        raise InvalidInputError(
            f"{format_.label} does not support {recipe.image_form} images. Choose {' or '.join(format_.image_forms)}.",
            field="image_form",
        )
    if recipe.max_side_px and recipe.image_form == "original":
        raise InvalidInputError(
            "Originals keep their size. Choose upright images, or leave out max_side_px.", field="max_side_px"
        )


def _check_changes(recipe: ExportRecipe, format_: Format) -> None:
    """Refuse changes of images where the images of the bundle are the originals, or are not in it."""
    if not recipe.changes_images:
        return
    field = "preprocessing" if recipe.preprocessing.changes_images else "augmentation"
    if format_.is_lossless or recipe.image_form == "original":
        raise InvalidInputError(
            f"{format_.label} with original images cannot change them. Choose upright images or another format."
            if not format_.is_lossless
            else f"{format_.label} keeps the originals. Choose another format to change the images.",
            field=field,
        )
    if recipe.images == "none":
        raise InvalidInputError(
            "Images that are only named cannot be changed. Choose images as files or inside of the rows.", field=field
        )
    as_format, normalize = recipe.preprocessing.format, recipe.preprocessing.normalize
    if format_.writer.needs_jpeg and as_format not in (None, "JPEG"):
        raise InvalidInputError(
            f"Readers of {format_.label} need JPEG images. Leave the format of images out.",
            field="preprocessing.format",
        )
    if normalize is not None and normalize.write == "float" and format_.name != "parquet":
        raise InvalidInputError(
            "Only Hugging Face parquet has normalized pixels. Choose it, or write mean and std beside the images.",
            field="preprocessing.normalize",
        )
