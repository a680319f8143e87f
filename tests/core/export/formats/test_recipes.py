"""A recipe is refused when the readers of its format could not read the result."""

from typing import Any

import pytest

from core.errors import InvalidInputError
from core.export import FORMATS, parse_recipe


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"format": "llava", "images": "base64"}, "images", "LLaVA does not support images as base64. Choose path or"),
        ({"format": "llava", "rows": "jsonl"}, "rows", "LLaVA is not written as jsonl. Choose json."),
        ({"format": "ms-swift", "container": "file", "rows": "json"}, "rows", "Choose jsonl"),
        ({"format": "parquet", "rows": "json"}, "rows", "is not written as json. Leave rows out."),
        ({"format": "qwen", "images": "base64"}, "images", "does not support images as base64"),
        ({"format": "vitrine", "max_side_px": 512}, "max_side_px", "Originals keep their size"),
        ({"image_form": "original", "max_side_px": 512}, "max_side_px", "Originals keep their size"),
        ({"format": "webdataset", "image_form": "original"}, "image_form", "Choose upright"),
        ({"format": "vlmevalkit", "image_form": "original"}, "image_form", "Choose upright"),
        ({"format": "roboflow", "splits": {"train": 100}}, "splits", "Give validation and test a share"),
        ({"entries": {"search": "score:>"}}, "q", "score: takes a number"),
        ({"entries": {"leave_out": ["labels"]}}, "entries.leave_out", "no problem called labels"),
    ],
)
def test_what_readers_cannot_read_is_refused(values: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as caught:
        parse_recipe(values)
    assert caught.value.field == field


def test_readers_that_need_every_split_get_them() -> None:
    splits = {format_.name: parse_recipe({"format": format_.name}).splits.names for format_ in FORMATS}

    assert splits.pop("roboflow") == ("train", "validation", "test")
    assert set(splits.values()) == {("train",)}


def test_a_single_file_of_llava_rows_may_have_one_row_a_line() -> None:
    assert parse_recipe({"format": "llava", "container": "file", "rows": "jsonl", "images": "none"}).rows == "jsonl"


def test_an_upright_archive_can_be_smaller() -> None:
    recipe = parse_recipe({"format": "vitrine", "image_form": "upright", "max_side_px": 512})
    assert (recipe.image_form, recipe.max_side_px) == ("upright", 512)
