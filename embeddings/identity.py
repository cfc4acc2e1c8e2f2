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
from pathlib import Path
from typing import Any

from data.durable import make_dir, write_atomic
from data.home import Home
from data.video.types import FrameSpec
from embeddings.backbone.names import DEFAULT_BACKBONE, find_cached_weights, parse_name
from embeddings.temporal.record import read_record

FILE = "encoders.json"
SOFTWARE = ("reelwise", "open_clip_torch", "torch")
"""Packages whose code shapes vectors."""


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
    activation: str | None
    """Of its text tower, where that was seen to work without torch; see `embeddings.texts`."""


def recall(home: Home, name: str | None, weights: Path | None) -> Identity | None:
    """The encoder of this name and file; None where it is not known, or its files changed."""
    signature = _signature(name, weights)
    kept = _read(home).get(_key(name, weights))
    if signature is None or not isinstance(kept, dict) or kept.get("files") != signature:
        return None
    with suppress(TypeError, KeyError, ValueError):
        facts = dict(kept["encoder"])
        spec = FrameSpec(**facts.pop("frame_spec") | {"fill_rgb": tuple(kept["fill_rgb"])})
        return Identity(**facts, frame_spec=spec)
    return None


def remember(home: Home, name: str | None, weights: Path | None, identity: Identity) -> None:
    """Keep what is known; a home that cannot be written does without."""
    signature = _signature(name, weights)
    if signature is None:
        return
    known = _read(home)
    known[_key(name, weights)] = {
        "files": signature,
        "encoder": asdict(identity),
        "fill_rgb": list(identity.frame_spec.fill_rgb),
    }
    with suppress(OSError):
        make_dir(home.cache, private=True)
        write_atomic(home.cache / FILE, json.dumps(known, indent=1).encode())


def _read(home: Home) -> dict[str, Any]:
    """What is kept; nothing where the file is missing or damaged."""
    try:
        known = json.loads((home.cache / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _key(name: str | None, weights: Path | None) -> str:
    given = name or DEFAULT_BACKBONE
    own = Path(given).resolve() if Path(given).is_dir() else None
    label = str(own) if own else parse_name(given, weights=weights).label
    return json.dumps([label, str(weights.absolute()) if weights else None])


def _signature(name: str | None, weights: Path | None) -> list[list[Any]] | None:
    """The software, and each file with its size and time stamp; None where one is not here."""
    files = _files(name or DEFAULT_BACKBONE, weights)
    if files is None:
        return None
    rows: list[list[Any]] = [[package, version(package)] for package in SOFTWARE]
    try:
        for file in files:
            status = file.stat()
            rows.append([str(file), status.st_size, status.st_mtime_ns, status.st_ino])
    except OSError:
        return None
    return rows


def _files(name: str, weights: Path | None) -> list[Path] | None:
    """Every file that an encoder is loaded from; None where they are not known."""
    record = read_record(Path(name))
    if record is not None and record.backbone is not None:
        kept = weights or (Path(record.backbone.weights) if record.backbone.weights else None)
        files = _files(record.backbone.name, kept)
        return None if files is None else [*_inside(Path(name)), *files]
    parsed = parse_name(name, weights=weights)
    if parsed.folder is not None:
        return _inside(parsed.folder)
    if weights is not None:
        return [weights.absolute()]
    cached = find_cached_weights(parsed.model, parsed.pretrained or "")
    return [cached] if cached else None


def _inside(folder: Path) -> list[Path]:
    return sorted(file.resolve() for file in folder.iterdir() if file.is_file())
