"""Relevance: how probable it is that a hit is right."""
