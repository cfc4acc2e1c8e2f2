"""Moderation: policies, what their rules found, and what people decided."""
