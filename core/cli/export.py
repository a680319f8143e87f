"""``vitrine export``: entries in a format, checked by loading them."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.database import project_id
from core.cli.options import Project
from core.cli.output import ExitCode, Json, confirmed, result, say
from core.cli.running import CommandTasks, command_tasks, described, ended_as, say_what_is_missing
from core.errors import InvalidInputError, StorageError
from core.pluralize import pluralize

if TYPE_CHECKING:
    from core.export import ExportRecipe


def run(
    project: Project,
    format: Annotated[str, typer.Option(help="The format, such as llava, trl or parquet.")] = "llava",
    out: Annotated[Path | None, typer.Option(help="Where to write it; by default a ZIP in the data directory.")] = None,
    query: Annotated[str, typer.Option(help="A search line; the entries that it finds are exported.")] = "",
    unconfirmed: Annotated[bool, typer.Option("--unconfirmed", help="Also entries that nobody confirmed.")] = False,
    splits: Annotated[str | None, typer.Option(help="Percent of train, validation and test, such as 80,10,10.")] = None,
    leave_out: Annotated[
        list[str] | None, typer.Option(help="Leave out entries with this problem: label, schema, contradiction, check.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Export entries with problems without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Export entries; --out decides what is written: a .zip, one file (.json, .jsonl, ...), or else a directory.

    Example: vitrine export --project Shelf --format llava --out shelf-llava
    """
    with command_tasks() as tasks:
        from core.export import parse_recipe

        if out is not None and out.exists():
            raise InvalidInputError(f"{out} exists already. Name another place, or remove it.")
        id_ = project_id(tasks.services.db, project)
        entries = {"confirmed_only": not unconfirmed, "search": query, "leave_out": leave_out or ()}
        recipe = parse_recipe({"format": format, "entries": entries, **_container(out), **_splits(splits)})
        _accept_problems(tasks, id_, recipe, yes)
        summary = tasks.run(tasks.start(id_, "dataset-export", {"recipe": recipe.as_dict()}))
        if summary.task.status != "completed":
            say_what_is_missing(tasks.services, summary)
            raise typer.Exit(ExitCode.FAILED if summary.failed else ended_as(summary))
        (done,) = tasks.services.tasks.items(summary.task.id, state="done")
        path = _deliver(tasks, done.result["export_id"], out)
        values = described(summary) | {"path": str(path), "entries": done.result["entries"]}
        result(as_json, values, f"{path}: {pluralize(done.result['entries'], 'entry')}")


def _container(out: Path | None) -> dict[str, Any]:
    if out is None or out.suffix == ".zip":
        return {"container": "zip"}
    if out.suffix:
        return {"container": "file", "rows": out.suffix[1:]}
    return {"container": "directory"}


def _splits(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    shares = text.split(",")
    if len(shares) != 3 or not all(share.strip().isdecimal() for share in shares):
        raise InvalidInputError("Write --splits as three whole numbers, such as 80,10,10.")
    return {"splits": dict(zip(("train", "validation", "test"), map(int, shares), strict=True))}


def _accept_problems(tasks: CommandTasks, id_: str, recipe: "ExportRecipe", yes: bool) -> None:
    """Say which problems the entries have, and go on when the caller left them out or agrees.

    Raises:
        Exit: the caller does not agree.
    """
    found = [one for one in tasks.services.exports.problems(id_, recipe) if one.name not in recipe.entries.leave_out]
    for one in found:
        say(f"{one.text} (--leave-out {one.name}).")
    otherwise = "Add --leave-out for each of these problems, or --yes to export them all the same."
    if found and not yes and not confirmed("Export them all the same?", otherwise=otherwise):
        raise typer.Exit(ExitCode.FAILED)


def _deliver(tasks: CommandTasks, export_id: str, out: Path | None) -> Path:
    """Copy a finished export to *out*, and return where it is."""
    exports = tasks.services.exports
    made = exports.export_path(exports.get_export(export_id))
    if out is None:
        return made
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copytree(made, out) if made.is_dir() else shutil.copyfile(made, out))
    except OSError as error:
        raise StorageError(f"{out} could not be written ({error.strerror}). The export is in {made}.") from error
