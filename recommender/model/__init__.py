"""The model: fitted sources and their weights, saved and loaded."""
