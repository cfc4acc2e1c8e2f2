"""Whether the catalogue says what was written into it, and mending it."""
