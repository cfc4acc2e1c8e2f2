"""What a name says of an encoder with an open_clip backbone: its parts, and where they lie."""

import json
from dataclasses import dataclass
from pathlib import Path

from data.errors import ReelwiseError
from embeddings.backbone.folders import CONFIG_FILE
from embeddings.backbone.names import BackboneName, parse_name
from embeddings.temporal.record import HeadRecord, read_record


@dataclass(frozen=True)
class OpenClipParts:
    """An open_clip backbone and, where one was trained for it, a temporal head."""

    backbone: BackboneName
    """The architecture."""
    weights: Path | None
    """The file that was named for it, now or when its head was trained; None for its own."""
    key: str
    """See `EncoderFiles`."""
    around: Path | None = None
    """Folder of a head that lies apart from its backbone."""
    fingerprint: str | None = None
    """The weights of the backbone that the head needs, where it lies apart."""

    @property
    def head(self) -> Path | None:
        """Folder of the head that is used.

        A weights file replaces the model; the head of its folder was not trained with it.
        """
        folder = self.around or (None if self.weights else self.backbone.folder)
        record = read_record(folder) if folder else None
        return folder if record is not None and record.served else None


def open_clip_parts(name: str, weights: Path | None) -> OpenClipParts:
    """The encoder of a name: `toon`, an open_clip `NAME[/PRETRAINED]`, or a folder.

    A folder holds a model, or the head alone that was trained with a backbone elsewhere.

    Raises:
        ReelwiseError: There is none of that name.
    """
    folder = Path(name)
    record = None if (folder / CONFIG_FILE).is_file() else read_record(folder)
    given = str(weights.absolute()) if weights else None
    if record is None:
        backbone = parse_name(name, weights=weights)
        return OpenClipParts(backbone, weights, json.dumps([backbone.label, given]))
    return _around_head(folder.resolve(), record, weights, given)


def _around_head(
    folder: Path, record: HeadRecord, weights: Path | None, given: str | None
) -> OpenClipParts:
    wanted = record.backbone
    if wanted is None:
        raise ReelwiseError(
            f"{folder} holds a temporal head and not the backbone that belongs to it",
            fix=f"copy {CONFIG_FILE} and the weights beside it, or train the head again",
        )
    if weights is None and wanted.weights is not None:
        weights = Path(wanted.weights)
    backbone = parse_name(wanted.name, weights=weights)
    key = json.dumps([str(folder), given])
    return OpenClipParts(backbone, weights, key, folder, wanted.fingerprint)
