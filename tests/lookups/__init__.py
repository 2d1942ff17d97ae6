"""Look-ups, met at the doors they are used by: the settings, the fake shop, and real MCP servers."""
