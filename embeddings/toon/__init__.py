"""The toon encoder and its training."""
