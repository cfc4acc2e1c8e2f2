"""Segments: immutable files with the clips of some videos, of which published indexes consist."""
