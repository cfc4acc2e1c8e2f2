"""Lines of text that a query is about: which hold its words, and which mean the same."""
