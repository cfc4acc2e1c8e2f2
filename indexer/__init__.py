"""Library to vectors to index, and asking it."""
