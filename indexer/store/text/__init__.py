"""The index of words: what of a line is indexed, and in which files."""
