"""One opened library, and the documents that command line, API and pages make of its answers."""

from ui.library.library import Library

__all__ = ["Library"]
