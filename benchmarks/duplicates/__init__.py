"""Copies of videos among others that only look alike."""
