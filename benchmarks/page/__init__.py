"""The page and the server behind it: first paint, use for hours, visitors at once, floods."""
