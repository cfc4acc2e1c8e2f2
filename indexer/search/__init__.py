"""Asking an index."""
