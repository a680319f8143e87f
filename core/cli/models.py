"""``vitrine models``: add, list and remove the local models that look at images."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
        typer.echo((found.path / "LICENSE").read_text("utf-8"))
        typer.echo(f"Added {found.version} to {found.path}.")


@app.command("list")
def list_() -> None:
    """List the models that are here, and those that can be added.

    Example: vitrine models list
    """
    with _settings() as settings:
        from core.errors import ConfigurationError
        from core.vision.models.catalog import OFFERS
        from core.vision.models.folders import find_folder

        models = settings.local_models_dir
        here = {path.name for path in models.iterdir() if path.is_dir()} if models.is_dir() else set()
        for name in sorted({*OFFERS, *(name for name in here if not name.startswith("."))}):
            try:
                found = find_folder(settings, name)
                layout = f", layout {_layout(found)}" if found and name == "objects" else ""
            except ConfigurationError as error:
                typer.echo(f"{name:12} not usable  {error}")
                continue
            if found is None:
                typer.echo(f"{name:12} not here    {OFFERS[name].title}. Run: vitrine models add {name}")
            else:
                typer.echo(
                    f"{name:12} here        {found.title}, {len(found.labels)} labels{layout}, license {found.license}"
                )


@app.command("remove")
def remove(name: Annotated[str, typer.Argument(help="The model that 'vitrine models list' shows.")]) -> None:
    """Remove a model with its folder; the results that it made stay.

    Example: vitrine models remove objects
    """
    with _settings() as settings:
        from core.vision.models.adding import remove_model

        typer.echo(f"Removed {remove_model(settings, name)}.")


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
