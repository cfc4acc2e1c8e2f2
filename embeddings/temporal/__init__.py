"""The temporal head: frame vectors to one clip vector."""

from embeddings.temporal.record import unserved_notice

__all__ = ["unserved_notice"]
