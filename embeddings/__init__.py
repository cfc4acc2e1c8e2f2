"""Pixels and words to unit vectors: backbones, the spatiotemporal encoder, its training."""

import os

# onnxruntime keeps an id of this machine below the user's cache and reports its use to its maker;
# it looks for this when it is imported, which happens below this package alone.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
