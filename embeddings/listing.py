"""Counts the weights of every open_clip architecture: `python -m embeddings.listing`.

Building each takes some 15 s in all, too long for `reelwise encoders`, so the counts are kept
beside this file.
"""

from __future__ import annotations

import json
import sys

from data.durable import write_atomic
from embeddings.backbone.names import count_parameters, list_pretrained
from embeddings.encoder import SIZES_FILE


def measure() -> dict[str, float | None]:
    """Millions of weights by architecture, one decimal; None where a hub must be asked."""
    names = sorted({row.name.partition("/")[0] for row in list_pretrained()})
    return {name: count_parameters(name) for name in names}


if __name__ == "__main__":
    write_atomic(SIZES_FILE, (json.dumps(measure(), indent=1) + "\n").encode())
    sys.stderr.write(f"wrote {SIZES_FILE}\n")
