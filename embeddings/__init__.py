"""Pixels and words to unit vectors: backbones, the spatiotemporal encoder, its training."""
