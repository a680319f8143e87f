"""The command or code that loads a bundle, as the report, the card and the page show it."""

import json
import shlex

from core.export.formats import Format
from core.export.formats.base import Language
from core.export.recipe import ExportRecipe


def load_command(format_: Format, recipe: ExportRecipe, directory: str, splits: tuple[str, ...] = ()) -> str:
    """Return the command or code that loads a bundle from *directory*; its *splits* are not only those by share."""
    layout = format_.layout(recipe, splits)
    split, is_file = layout.splits[0], recipe.container == "file"
    rows_file = layout.rows_file(split)
    rows = f"{directory}.{layout.row_ending}" if is_file else f"{directory}/{rows_file}"
    values = {
        "dir": directory, "rows": rows, "bundle": rows if is_file else directory, "split": split,
        "stem": rows_file.rpartition(".")[0], "images": f"{directory}/{split if layout.is_split else 'images'}",
    }  # fmt: skip
    command = format_.load
    for name, value in values.items():
        command = command.replace(f"{{{name}}}", _quoted(value, format_.load_language))
    return command


def _quoted(value: str, language: Language) -> str:
    """Return *value* as it is written in *language*: a word of the shell, or the inside of a string."""
    if language == "bash":
        return shlex.quote(value)
    if language == "toml":
        return json.dumps(value, ensure_ascii=False)[1:-1]
    return value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
