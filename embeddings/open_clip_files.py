"""Encoders with an open_clip backbone by name: their files, and whether they are here.

It imports neither torch nor open_clip.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from data.errors import ReelwiseError
from embeddings.backbone.early_checks import check_weights_file
from embeddings.backbone.folders import CONFIG_FILE, RECIPE_FILE, WEIGHTS_FILE
from embeddings.backbone.names import (
    BackboneName,
    find_cached_weights,
    hub_answers,
    not_here,
    parse_name,
)
from embeddings.temporal.record import HeadRecord, read_record
from embeddings.texts.opening import ACTIVATIONS, open_tower
from embeddings.texts.tower import Activation, TextTower


@dataclass(frozen=True)
class OpenClipFiles:
    """An open_clip backbone and, where one was trained for it, a temporal head."""

    backbone: BackboneName
    """The architecture."""
    weights: Path | None
    """The file that was named for it, now or when its head was trained; None for its own."""
    key: str
    """See `EncoderFiles`, as for what follows."""
    around: Path | None = None
    """Folder of a head that lies apart from its backbone."""
    fingerprint: str | None = None
    """The weights of the backbone that the head needs, where it lies apart."""

    software = ("reelwise", "open_clip_torch", "torch")
    text_ways = ACTIVATIONS

    @property
    def head(self) -> Path | None:
        """A weights file replaces the model; the head of its folder was not trained with it."""
        folder = self.around or (None if self.weights else self.backbone.folder)
        record = read_record(folder) if folder else None
        return folder if record is not None and record.served else None

    def check(self) -> bool:
        """See `EncoderFiles`."""
        if self.weights is not None:
            check_weights_file(self.weights)
        elif self.backbone.pretrained and self._cached() is None:
            if not hub_answers():
                raise not_here(self.backbone)
            return False
        return True

    def files(self) -> list[Path] | None:
        """See `EncoderFiles`."""
        folders = [folder for folder in (self.around, self.backbone.folder) if folder]
        inside = [file for folder in folders for file in _inside(folder)]
        own = self.weights or (None if self.backbone.folder else self._cached())
        if own is None and self.backbone.folder is None:
            return None
        return [*inside, *([own.absolute()] if own else [])]

    def open_texts(self, way: str) -> TextTower | None:
        """The text tower with this activation; None where the model is made otherwise."""
        folder = self.backbone.folder
        if folder is None:
            file = self.weights or self._cached()
        elif self.weights is not None or (folder / RECIPE_FILE).is_file():
            return None
        else:
            file = folder / WEIGHTS_FILE
        return open_tower(self.backbone.model, file, cast("Activation", way)) if file else None

    def _cached(self) -> Path | None:
        return find_cached_weights(self.backbone.model, self.backbone.pretrained or "")


def open_clip_files(name: str, weights: Path | None) -> OpenClipFiles:
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
        return OpenClipFiles(backbone, weights, json.dumps([backbone.label, given]))
    return _around_head(folder.resolve(), record, weights, given)


def _around_head(
    folder: Path, record: HeadRecord, weights: Path | None, given: str | None
) -> OpenClipFiles:
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
    return OpenClipFiles(backbone, weights, key, folder, wanted.fingerprint)


def _inside(folder: Path) -> list[Path]:
    return sorted(file.resolve() for file in folder.iterdir() if file.is_file())
