"""The MCP server: the tools and resources of a connection, over stdio."""

import functools
import inspect
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.agents import pictures
from core.agents.connection import Connection, one
from core.agents.tools import DATA, Tool, Tools
from core.errors import ConfigurationError, VitrineError

if TYPE_CHECKING:
    from mcp.server import MCPServer

INSTRUCTIONS = (
    "Vitrine turns pictures into a reviewed image question-answer dataset. The job: list_projects or create_project, "
    "import_data, price_of_asking, ask within a sum that the user agreed to, next_entries and decide until none are "
    "open, check, export." + DATA
)


def build_server(rest: Connection, save_to: Path) -> "MCPServer[Any]":
    """Return the server of a connection.

    Args:
        rest: The API that tools and resources call.
        save_to: The directory that exports are saved in.

    Raises:
        ConfigurationError: the library is not installed.
    """
    try:
        from mcp.types import ToolAnnotations

        from core.agents.refusing import RefusingServer
    except ImportError as error:
        raise ConfigurationError(
            "The library for agents is not installed. Run pip install 'vitrine-vqa[mcp]'."
        ) from error

    server = RefusingServer("vitrine", title="Vitrine", instructions=INSTRUCTIONS, log_level="WARNING")
    tools = Tools(rest, save_to)
    for tool in (*tools.reading(), *tools.writing()):
        server.add_tool(
            _telling(tool), description=f"{inspect.getdoc(tool)}\n\n{DATA.strip()}",
            annotations=ToolAnnotations(read_only_hint=tool in tools.reading(), destructive_hint=False),
            structured_output=False,
        )  # fmt: skip
    _add_resources(server, rest)
    return server


def _telling(tool: Tool) -> Tool:
    """Return *tool* with the sentences of its errors as errors of MCP, whose text agents read."""
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(tool)
    async def called(*args: Any, **options: Any) -> Any:
        try:
            found = await tool(*args, **options)
        except VitrineError as error:
            raise ToolError(str(error)) from error
        return found if _is_content(found) else json.dumps(found, ensure_ascii=False)

    return called


def _is_content(found: Any) -> bool:
    return isinstance(found, list) and bool(found) and not isinstance(found[0], dict)


def _add_resources(server: "MCPServer[Any]", rest: Connection) -> None:
    from mcp.server.mcpserver.exceptions import ResourceError

    async def read(path: str) -> str:
        try:
            return json.dumps(await rest.get(path), ensure_ascii=False)
        except VitrineError as error:
            raise ResourceError(str(error)) from error

    @server.resource("vitrine://projects", mime_type="application/json", description="All projects." + DATA)
    async def projects() -> str:
        return await read("/api/projects?limit=500")

    @server.resource(
        "vitrine://projects/{project_id}", mime_type="application/json", description="Counts of a project." + DATA
    )
    async def project(project_id: str) -> str:
        return await read(f"/api/projects/{one(project_id)}/counts")

    @server.resource("vitrine://entries/{entry_id}", mime_type="application/json", description="An entry." + DATA)
    async def entry(entry_id: str) -> str:
        return await read(f"/api/image-datasets/{one(entry_id)}")

    @server.resource("vitrine://images/{image_id}", mime_type="image/jpeg", description="A picture." + DATA)
    async def image(image_id: str) -> bytes:
        try:
            return await pictures.jpeg(rest, image_id)
        except VitrineError as error:
            raise ResourceError(str(error)) from error
