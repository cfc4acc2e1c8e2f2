"""Moderation through the API: for owners."""
