"""The main job for agents over MCP: the tools call the REST API, in this process or on a server."""
