"""Training the temporal head."""
