"""Heads: what labels say of some stretches, learned from stored vectors and told of all clips."""
