"""Decoding in supervised child processes."""
