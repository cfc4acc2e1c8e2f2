"""The published models of open_clip as a table, so that a name is read without importing it.

Importing open_clip costs a process 5 s of processor time. `python -m embeddings.backbone.published`
writes the table again; with another version of open_clip than the table's, open_clip is asked.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data.durable import write_atomic

TABLE = Path(__file__).parent / "published.json"
PACKAGE = "open_clip_torch"


@dataclass(frozen=True)
class Source:
    """Where published weights lie."""

    hub: str
    """`OWNER/NAME/[FILE]` of the model hub; empty for none."""
    url: str
    """Address of a plain file; empty for none."""


@dataclass(frozen=True)
class Architecture:
    """A model of open_clip."""

    dim: int
    """Length of a vector."""
    image_px: int
    """Height of a frame as the image tower sees it."""
    parameters_millions: float | None
    """Weights of both towers; None where a part of the model is known to a hub only."""
    weights: dict[str, Source]
    """Published weights by pretrained tag, the usual one first."""


@lru_cache(maxsize=1)
def architectures() -> dict[str, Architecture]:
    """Every architecture of the installed open_clip by name."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    if table["version"] != version(PACKAGE):
        table = made({name: row[2] for name, row in table["models"].items()})
    return {
        name: Architecture(
            dim, image_px, millions, {tag: Source(*source) for tag, source in weights.items()}
        )
        for name, (dim, image_px, millions, weights) in table["models"].items()
    }


def made(sizes: Mapping[str, float | None] | None = None) -> dict[str, Any]:
    """The table as open_clip has it; `sizes` are millions of weights that are known already."""
    from embeddings.backbone.measured import measured

    return {"version": version(PACKAGE), "models": measured(sizes)}


if __name__ == "__main__":
    rows = made()
    lines = ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in rows["models"].items())
    head = json.dumps(rows["version"])
    write_atomic(TABLE, f'{{"version": {head}, "models": {{\n{lines}\n}}}}\n'.encode())
    sys.stderr.write(f"wrote {TABLE}\n")
