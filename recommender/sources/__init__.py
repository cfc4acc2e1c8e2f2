"""Sources: what gives candidates scores."""
