"""The page's own parts, in Python: what each is given, and what it reports."""
