"""The temporal head: frame vectors to one clip vector."""
