"""What guards the catalogue: its mark, its copies, and reading it where nothing can be written."""
