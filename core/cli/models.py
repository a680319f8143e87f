"""``vitrine models``: add, list and remove the local models that look at images."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.output import Json, result
from core.errors import VitrineError

if TYPE_CHECKING:
    from core.config import Settings
    from core.vision.models.folders import ModelFolder

app = typer.Typer(help="Add, list and remove local models that look at images.", no_args_is_help=True)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The model: objects.")],
    tarball: Annotated[
        Path | None, typer.Option(help="The npm package as a file, for a machine without a registry.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch a model once, convert it, and store it with its license.

    Example: vitrine models add objects
    """
    with _settings() as settings:
        from core.vision.models.adding import add_model
        from core.vision.models.catalog import offer

        chosen = offer(name)
        typer.echo(f"{chosen.title}, {chosen.license}: {chosen.origin}.", err=True)
        found = add_model(settings, chosen, tarball=tarball, progress=lambda step: typer.echo(f"{step} ...", err=True))
        license_text = (found.path / "LICENSE").read_text("utf-8")
        values = {"name": name, "version": found.version, "path": found.path, "license": found.license}
        result(as_json, values, f"{license_text}\nAdded {found.version} to {found.path}.")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the models that are here, and those that can be added.

    Example: vitrine models list
    """
    with _settings() as settings:
        from core.vision.models.catalog import OFFERS

        models = settings.local_models_dir
        here = {path.name for path in models.iterdir() if path.is_dir()} if models.is_dir() else set()
        names = sorted({*OFFERS, *(name for name in here if not name.startswith("."))})
        found = [_state(settings, name) for name in names]
        result(as_json, found, "\n".join(map(_line, found)))


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The model that 'vitrine models list' shows.")], as_json: Json = False
) -> None:
    """Remove a model with its folder; the results that it made stay.

    Example: vitrine models remove objects
    """
    with _settings() as settings:
        from core.vision.models.adding import remove_model

        path = remove_model(settings, name)
        result(as_json, {"name": name, "path": path}, f"Removed {path}.")


def _state(settings: "Settings", name: str) -> dict[str, Any]:
    from core.errors import ConfigurationError
    from core.vision.models.catalog import OFFERS
    from core.vision.models.folders import find_folder

    try:
        found = find_folder(settings, name)
        layout = _layout(found) if found and name == "objects" else None
    except ConfigurationError as error:
        return {"name": name, "state": "not usable", "problem": str(error)}
    if found is None:
        return {"name": name, "state": "not here", "title": OFFERS[name].title}
    values = {"title": found.title, "labels": len(found.labels), "layout": layout, "license": found.license}
    return {"name": name, "state": "here", **values}


def _line(model: dict[str, Any]) -> str:
    begins = f"{model['name']:12} {model['state']:10}  "
    if model["state"] == "not usable":
        return f"{begins}{model['problem']}"
    if model["state"] == "not here":
        return f"{begins}{model['title']}. Run: vitrine models add {model['name']}"
    layout = f", layout {model['layout']}" if model["layout"] else ""
    return f"{begins}{model['title']}, {model['labels']} labels{layout}, license {model['license']}"


def _layout(found: "ModelFolder") -> str:
    """Return how the outputs of a detector are read.

    Raises:
        ConfigurationError: it cannot be loaded, or it cannot be told.
    """
    from core.vision.detecting.detector import Detector

    return Detector(found).layout.name


@contextmanager
def _settings() -> Iterator["Settings"]:
    """Yield the settings; an error of Vitrine ends the command with its message."""
    from core.config import load_settings

    try:
        yield load_settings()
    except VitrineError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
