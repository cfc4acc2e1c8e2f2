"""The library for language models, by the Model Context Protocol; needs the extra `mcp`."""
