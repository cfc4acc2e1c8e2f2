"""Videos that share a stretch: copies, and parts of one another."""
