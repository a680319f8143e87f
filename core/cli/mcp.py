"""``vitrine mcp``: the main job for agents, over stdio."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

_TOKEN = "VITRINE_TOKEN"  # noqa: S105 - the name of a variable


def run(
    server: Annotated[
        str | None, typer.Option(help="Address of a running Vitrine; without it, the data directory of --data.")
    ] = None,
    token_from: Annotated[
        str, typer.Option(help="Environment variable with the token for --server, made by vitrine token make.")
    ] = _TOKEN,
    import_from: Annotated[
        list[Path] | None,
        typer.Option(help="Directory that may be imported from; repeatable."),
    ] = None,
    save_to: Annotated[Path, typer.Option(help="Directory for the exports of a server.")] = Path("vitrine-exports"),
) -> None:
    """Offer the main job to agents: the tools of the Model Context Protocol, over standard input and output.

    Example: vitrine --data my-data mcp --import-from photos
    """
    from core.errors import VitrineError

    if import_from:
        os.environ["VITRINE_IMPORT_ROOTS"] = os.pathsep.join(str(path.resolve()) for path in import_from)
    try:
        asyncio.run(_serve_local() if server is None else _serve_remote(server, token_from, save_to))
    except VitrineError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


async def _serve_remote(server: str, token_from: str, save_to: Path) -> None:
    from core.agents.connection import on_server
    from core.agents.server import build_server

    async with on_server(server, os.environ.get(token_from, "")) as rest:
        await build_server(rest, save_to).run_stdio_async()


async def _serve_local() -> None:
    from core.agents.connection import on_services
    from core.agents.server import build_server
    from core.db import connect
    from core.services import Services

    with connect() as db:
        services = Services(db)
        try:
            async with on_services(services) as rest:
                await build_server(rest, db.data_dir / "exports").run_stdio_async()
        finally:
            services.close()
