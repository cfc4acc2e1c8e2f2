"""Keeping a library: where new folders may lie, what failed and why, and what may be left out."""
