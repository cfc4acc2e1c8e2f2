"""Image and text towers: open_clip models, their names and how they are loaded."""
