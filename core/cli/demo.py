"""``vitrine demo``: the sample project, served."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from core.cli import serve
from core.cli.output import say
from core.cli.running import command_tasks


def run(
    directory: Annotated[
        Path | None, typer.Argument(help="A data directory that stays; by default a temporary one.")
    ] = None,
    host: serve.Host = None,
    port: serve.Port = None,
    browser: serve.Browser = True,
) -> None:
    """Serve a sample project: photographs with questions and answers. Without a directory nothing of it stays.

    Example: vitrine demo
    """
    with ExitStack() as stack:
        if directory is None:
            # Windows removes no file that is open, and the server may end later than this process.
            temporary = tempfile.TemporaryDirectory(prefix="vitrine-demo-", ignore_cleanup_errors=True)
            directory = Path(stack.enter_context(temporary))
            say(f"The sample project is in {directory} until Ctrl+C.")
        serve.use_data_directory(str(directory))
        _fill()
        raise typer.Exit(serve.run_inside(host, port, browser=browser))


def _fill() -> None:
    """Make the sample project, unless the directory has a project already."""
    with command_tasks() as tasks:
        if tasks.services.projects.list_projects():
            return
        tasks.services.samples.create()
