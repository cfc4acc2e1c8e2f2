"""Frames to vectors without torch: what a question of a picture or of a short clip needs."""
