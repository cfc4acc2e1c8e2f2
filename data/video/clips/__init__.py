"""From sampled frames to clips: where the picture changes, and the rule by which it is cut."""
