"""Asking by example: clips and pictures as vectors, and moments compared with them."""
