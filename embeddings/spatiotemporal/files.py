"""The files of encoders with an open_clip backbone, and whether they are here.

It imports neither torch nor open_clip.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from embeddings.backbone.computing.early_checks import check_weights_file
from embeddings.backbone.folders import RECIPE_FILE, WEIGHTS_FILE
from embeddings.backbone.names import find_cached_weights, hub_answers, not_here
from embeddings.encoder import FrameEncoder, NeedsModel
from embeddings.pictures.opening import frame_ways, open_image_tower
from embeddings.plain.transformer import ACTIVATIONS, Activation
from embeddings.spatiotemporal.parts import OpenClipParts
from embeddings.texts.opening import open_tower
from embeddings.texts.tower import TextTower


@dataclass(frozen=True)
class OpenClipFiles:
    """What `EncoderFiles` says, of an open_clip backbone and its temporal head."""

    parts: OpenClipParts
    """What its name says."""

    software = ("reelwise", "open_clip_torch", "torch")
    text_ways = ACTIVATIONS

    @property
    def key(self) -> str:
        """See `EncoderFiles`, as for what follows."""
        return self.parts.key

    @property
    def head(self) -> Path | None:
        """See `EncoderFiles`."""
        return self.parts.head

    def check(self) -> bool:
        """See `EncoderFiles`."""
        if self.parts.weights is not None:
            check_weights_file(self.parts.weights)
        elif self.parts.backbone.pretrained and self._cached() is None:
            if not hub_answers():
                raise not_here(self.parts.backbone)
            return False
        return True

    def files(self) -> list[Path] | None:
        """See `EncoderFiles`."""
        folders = [folder for folder in (self.parts.around, self.parts.backbone.folder) if folder]
        inside = [file for folder in folders for file in _inside(folder)]
        own = self.parts.weights or (None if self.parts.backbone.folder else self._cached())
        if own is None and self.parts.backbone.folder is None:
            return None
        return [*inside, *([own.absolute()] if own else [])]

    def open_texts(self, way: str) -> TextTower:
        """The text tower with this activation; see `EncoderFiles`."""
        return open_tower(self.parts.backbone.model, self._file(), cast("Activation", way))

    @property
    def frame_ways(self) -> tuple[str, ...]:
        """Activation and normalisation, for neither is always known without open_clip."""
        return frame_ways(self.parts.backbone.model)

    def open_frames(self, way: str) -> FrameEncoder:
        """See `EncoderFiles`."""
        return open_image_tower(self.parts.backbone.model, self._file(), way)

    def _file(self) -> Path:
        """The file of which the towers can be read without open_clip.

        Raises:
            NeedsModel: There is none.
        """
        folder = self.parts.backbone.folder
        if folder is None:
            file = self.parts.weights or self._cached()
        elif self.parts.weights is not None:
            raise NeedsModel("its weights lie apart from its folder")
        elif (folder / RECIPE_FILE).is_file():
            raise NeedsModel("it was made by reelwise compress")
        else:
            file = folder / WEIGHTS_FILE
        if file is None or file.suffix != ".safetensors":
            raise NeedsModel("its weights are no .safetensors file")
        return file

    def _cached(self) -> Path | None:
        return find_cached_weights(self.parts.backbone.model, self.parts.backbone.pretrained or "")


def _inside(folder: Path) -> list[Path]:
    return sorted(file.resolve() for file in folder.iterdir() if file.is_file())
