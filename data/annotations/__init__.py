"""Annotation: sets of labels that people give to stretches of videos, kept with their history."""
