"""``vitrine backup`` and ``vitrine restore``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from core.cli.output import progress_bar
from core.errors import VitrineError
from core.pluralize import pluralize


def backup(
    target: Annotated[Path, typer.Argument(help="The directory of backups, on another disk.")],
    keep: Annotated[int | None, typer.Option(help="How many backups stay; all by default.", min=1)] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Check the newest backup instead of making one.")] = False,
) -> None:
    """Back up the data directory, also while the server runs.

    Example: vitrine backup /mnt/backups --keep 7
    """
    from core.backup import find_backup, make_backup, verify_backup
    from core.config import load_settings

    with one_message():
        if verify:
            found = find_backup(target)
            with progress_bar("Verify") as show:
                problems = verify_backup(target, found, progress=show)
            typer.echo("\n".join(problems) or f"{found.name} is complete and intact.")
            raise typer.Exit(int(bool(problems)))
        with progress_bar("Back up") as show:
            made = make_backup(load_settings(), target, keep=keep, progress=show)
        manifest = made.manifest
        typer.echo(
            f"{made.path}: {pluralize(manifest.images, 'image')}, {manifest.new_images:,} of them new, "
            f"{manifest.size_bytes / 1e6:,.1f} MB. The secret key is not in it."
        )
        _report_missing(manifest.missing_images)


def restore(
    target: Annotated[Path, typer.Argument(help="The directory of backups.")],
    data: Annotated[Path, typer.Option(help="The data directory to write; it must not exist yet, or be empty.")],
    to: Annotated[
        str | None, typer.Option("--to", help="The URL of an empty PostgreSQL database, for a backup of one.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Which backup; the newest by default.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Rename a data directory that is there; nothing of it is deleted.")
    ] = False,
) -> None:
    """Write a backup to a new data directory.

    Example: vitrine restore /mnt/backups --data /srv/vitrine/data
    """
    from core.backup import find_backup, restore_backup

    with one_message():
        with progress_bar("Restore") as show:
            report = restore_backup(target, find_backup(target, name), data, to=to, replace=replace, progress=show)
        if report.set_aside is not None:
            typer.echo(f"What was in {data} is now in {report.set_aside}.")
        typer.echo(
            f"Restored {report.backup.name} to {data}: {pluralize(report.images, 'image')}. "
            "It gets a new secret key at its first start, so everybody signs in again."
        )
        _report_missing(report.missing_images)


def _report_missing(paths: list[str]) -> None:
    """Name the originals that could not be copied; there are such means exit code 1.

    Raises:
        Exit: there are such.
    """
    if paths:
        typer.echo(f"Missing or damaged, and not copied: {pluralize(len(paths), 'image')}", err=True)
        typer.echo("\n".join(paths), err=True)
        raise typer.Exit(1)


@contextmanager
def one_message() -> Iterator[None]:
    """Let an error of Vitrine end the command with its message."""
    try:
        yield
    except VitrineError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
