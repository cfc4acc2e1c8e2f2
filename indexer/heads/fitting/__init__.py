"""Fitting models: each kind by the library that does it best, kept as arrays."""
