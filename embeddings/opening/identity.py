"""What is known of an encoder without loading it, kept beside the library that it serves.

An encoder's id comes from all its weights: computing it means loading them, which takes seconds and
gigabytes. It is kept for the files that the encoder was loaded from; a file that changed, or
another version of the software, makes it unknown again.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from data.durable import make_dir, write_atomic
from data.home import Home
from data.video.types import FrameSpec
from embeddings.encoder import EncoderFiles

IDENTITIES_FILE = "encoders.json"


@dataclass(frozen=True)
class Identity:
    """An encoder as it was when it was loaded last."""

    id: str
    """See `Encoder`, as the next three."""
    name: str
    dim: int
    frame_spec: FrameSpec
    weights: str | None
    """The weights file that the user gave."""
    head: str | None
    """Folder of its temporal head; None for mean pooling."""
    text_way: str | None
    """The way of `EncoderFiles.open_texts` that was seen to give what the encoder gives, if any."""
    frame_way: str | None
    """The same of `EncoderFiles.open_frames`."""
    needs_model: str
    """Why frames have no such way; empty where they have one."""


def recall_identity(home: Home, files: EncoderFiles) -> Identity | None:
    """The encoder of these files; None where it is not known, or a file changed."""
    signature = _signature(files)
    kept = _read(home).get(files.key)
    if signature is None or not isinstance(kept, dict) or kept.get("files") != signature:
        return None
    with suppress(TypeError, KeyError, ValueError):
        facts = dict(kept["encoder"])
        spec = FrameSpec(**facts.pop("frame_spec") | {"fill_rgb": tuple(kept["fill_rgb"])})
        return Identity(**facts, frame_spec=spec)
    return None


def keep_identity(home: Home, files: EncoderFiles, identity: Identity) -> None:
    """Keep what is known; a home that cannot be written does without."""
    signature = _signature(files)
    if signature is None:
        return
    known = _read(home)
    known[files.key] = {
        "files": signature,
        "encoder": asdict(identity),
        "fill_rgb": list(identity.frame_spec.fill_rgb),
    }
    with suppress(OSError):
        make_dir(home.cache, private=True)
        write_atomic(home.cache / IDENTITIES_FILE, json.dumps(known, indent=1).encode())


def _read(home: Home) -> dict[str, Any]:
    """What is kept; nothing where the file is missing or damaged."""
    try:
        known = json.loads((home.cache / IDENTITIES_FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _signature(encoder: EncoderFiles) -> list[list[Any]] | None:
    """The software, and each file with its size and time stamp; None where one is not here."""
    files = encoder.files()
    if files is None:
        return None
    rows: list[list[Any]] = [[package, version(package)] for package in encoder.software]
    try:
        for file in files:
            status = file.stat()
            rows.append([str(file), status.st_size, status.st_mtime_ns, status.st_ino])
    except OSError:
        return None
    return rows
