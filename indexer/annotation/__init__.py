"""Annotation: what to label next, how well it is learned, and which labels may be wrong."""
