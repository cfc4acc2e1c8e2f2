"""Words that are read from sound and picture: found, invented, and the cost."""
