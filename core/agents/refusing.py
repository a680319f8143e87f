"""A server of MCP that refuses wrong arguments in one sentence; importing this needs the library."""

from collections.abc import Sequence
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, InputRequiredResult
from pydantic import ValidationError


class RefusingServer(MCPServer[Any]):
    """Says which argument of a tool is missing or wrong, where the library would send the report of pydantic."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool.

        Raises:
            ToolError: an argument is missing or wrong, or the tool has refused.
        """
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(_sentence(name, error.__cause__.errors())) from error.__cause__
            raise


def _sentence(tool: str, errors: Sequence[Any]) -> str:
    missing = [str(error["loc"][0]) for error in errors if error["type"] == "missing"]
    if missing:
        return f"{tool} needs {' and '.join(missing)}. Call it again with {'them' if len(missing) > 1 else 'it'}."
    name, message = ".".join(map(str, errors[0]["loc"])), str(errors[0]["msg"])
    return f"{tool} does not take this {name}: {message[:1].lower()}{message[1:]}."
