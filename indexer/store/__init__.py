"""Vectors, index files and generations on disk."""
