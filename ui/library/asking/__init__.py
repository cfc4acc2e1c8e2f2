"""Asking a library: examples, suggestions, what was found before, and a server that answers."""
