"""Storing what was embedded and read, so that a kill at any moment loses nothing."""
