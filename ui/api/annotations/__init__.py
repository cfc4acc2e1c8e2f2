"""Annotation through the API: for owners."""
