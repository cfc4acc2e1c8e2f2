"""`temporal.json`: the shape of a temporal head, its backbone, and whether it is used.

Reading it imports nothing heavy, so that `status` can report a head without loading it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data.durable import write_atomic
from data.errors import ReelwiseError

HEAD_CONFIG = "temporal.json"
HEAD_WEIGHTS = "temporal.safetensors"


@dataclass(frozen=True)
class BackboneRecord:
    """The backbone that a head was trained with, where it is not in the same folder."""

    name: str
    """As `--encoder` takes it."""
    fingerprint: str
    """Of its weights: the head works with no others."""
    weights: str | None = None
    """The file that `--weights` named."""


@dataclass(frozen=True)
class HeadRecord:
    """The content of `temporal.json`."""

    head: dict[str, Any]
    """The fields of `TemporalConfig`."""
    served: bool = True
    """False where it did not beat mean pooling: the folder then gives mean pooling."""
    judged: str = ""
    """The figures of both in words: of the head, and of mean pooling."""
    backbone: BackboneRecord | None = None
    """None where the backbone is in the same folder."""

    def write(self, folder: Path) -> None:
        """Write it into the head's folder."""
        write_atomic(folder / HEAD_CONFIG, json.dumps(asdict(self), indent=1).encode())


def read_record(folder: Path) -> HeadRecord | None:
    """The record in a folder; None where it holds no head.

    Raises:
        ReelwiseError: It is damaged.
    """
    file = folder / HEAD_CONFIG
    if not file.is_file():
        return None
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
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
            fix="make the folder again (reelwise train or reelwise compress), or copy it again",
        ) from error


def unserved_notice(name: str | None) -> str | None:
    """A sentence for the user where the head of an encoder is not used; None otherwise."""
    record = read_record(Path(name)) if name else None
    if record is None or record.served:
        return None
    return (
        f"the temporal head in {name} did not beat mean pooling ({record.judged}) and is not used: "
        "clips are the mean of their frames"
    )
