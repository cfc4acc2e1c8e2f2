"""Kinds of models, kept as arrays: what each gives, by our own code."""
