"""Kinds of models: each is fitted by a library, kept as arrays, and evaluated by our own code."""
