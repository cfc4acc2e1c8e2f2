"""Which part of a picture speaks for a direction: one explainer for each kind of tower."""
