"""What a temporal head's folder says of it: shape, backbone, and whether it may be used.

Reading it costs nothing heavy, so that `status` can tell of a head without loading one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data.durable import write_atomic
from data.errors import ReelwiseError

HEAD_CONFIG = "temporal.json"
HEAD_WEIGHTS = "temporal.safetensors"
BACKBONE_CONFIG = "open_clip_config.json"


@dataclass(frozen=True)
class BackboneRecord:
    """The backbone that a head was trained with, where it lies elsewhere."""

    name: str
    """As `--encoder` takes it."""
    fingerprint: str
    """Of its weights; vectors of other weights mean nothing to the head."""
    weights: str | None = None
    """The file that `--weights` named."""


@dataclass(frozen=True)
class HeadRecord:
    """The content of `temporal.json`."""

    head: dict[str, Any]
    """`TemporalConfig.as_dict`."""
    served: bool = True
    """False where it did not beat mean pooling: the folder then gives mean pooling."""
    judged: str = ""
    """Both figures in words."""
    backbone: BackboneRecord | None = None
    """None where the backbone lies in the same folder."""

    def write(self, folder: Path) -> None:
        """Write it into the head's folder."""
        content = json.dumps(asdict(self), indent=1)
        write_atomic(folder / HEAD_CONFIG, content.encode())


def read_record(folder: Path) -> HeadRecord | None:
    """The record of a folder; None where it holds no head.

    Raises:
        ReelwiseError: It is damaged.
    """
    file = folder / HEAD_CONFIG
    if not file.is_file():
        return None
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        if "head" not in fields:  # a plain shape, as the embedded encoder has it
            return HeadRecord(fields)
        backbone = fields.get("backbone")
        return HeadRecord(
            fields["head"],
            bool(fields["served"]),
            str(fields.get("judged", "")),
            None if backbone is None else BackboneRecord(**backbone),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ReelwiseError(
            f"{file} does not describe a temporal head ({error})",
            fix="train it again, or copy the folder again from where it was made",
        ) from error


def unserved_notice(name: str | None) -> str | None:
    """What a person must know of an encoder whose head is not used; None for any other."""
    if name is None or not (Path(name) / HEAD_CONFIG).is_file():
        return None
    record = read_record(Path(name))
    if record is None or record.served:
        return None
    return (
        f"the temporal head in {name} did not beat mean pooling ({record.judged}) and is not used: "
        "clips are the mean of their frames"
    )
