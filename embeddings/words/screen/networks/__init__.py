"""The two networks that read: where lines of text are, and what one says."""
