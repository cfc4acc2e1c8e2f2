"""Choosing settings and weights on held-out events."""
