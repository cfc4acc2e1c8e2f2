"""Texts to vectors without torch: what a question of words alone needs."""
