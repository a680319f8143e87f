"""The command that loads a bundle: names are quoted as the language of the command wants them."""

import pytest

from core.export import parse_recipe
from core.export.formats import format_named
from core.export.formats.base import Language
from core.export.reporting.loading import _quoted, load_command


@pytest.mark.parametrize(
    ("language", "value", "quoted"),
    [
        ("bash", "it's", "'it'\"'\"'s'"),
        ("bash", "plain", "plain"),
        ("toml", 'a "b" ü\\', 'a \\"b\\" ü\\\\'),
        ("python", "it's a\\b\nc", "it\\'s a\\\\b\\nc"),
        ("json", "plain", "plain"),
    ],
)
def test_a_name_is_quoted_as_the_language_wants(language: Language, value: str, quoted: str) -> None:
    assert _quoted(value, language) == quoted


@pytest.mark.parametrize(
    ("recipe", "splits", "file"),
    [
        ({"format": "csv", "container": "zip"}, (), "Shelf/entries.csv"),
        ({"format": "csv", "container": "file", "images": "none"}, (), "Shelf.csv"),
        ({"format": "csv", "container": "zip"}, ("train", "test"), "Shelf/entries_train.csv"),
    ],
)
def test_the_first_file_of_rows_is_loaded(recipe: dict[str, str], splits: tuple[str, ...], file: str) -> None:
    command = load_command(format_named("csv"), parse_recipe(recipe), "Shelf", splits)

    assert f"pandas.read_csv('{file}'," in command
