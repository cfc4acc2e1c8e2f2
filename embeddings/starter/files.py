"""The files of the `starter` encoder, and whether they are here. It imports no torch."""

from pathlib import Path

from data.errors import ReelwiseError
from embeddings.encoder import FrameEncoder
from embeddings.starter.labels import LABELS_FILE
from embeddings.starter.looks import LOOKS_FILE
from embeddings.starter.packaged import PACKAGED
from embeddings.starter.texts import StarterTexts


class StarterFiles:
    """What `EncoderFiles` says, of `starter`."""

    key = '["starter"]'
    head: Path | None = None
    software = ("reelwise", "torch")
    text_ways = ("sentences",)
    frame_ways = ("numpy",)

    def check(self) -> bool:
        """See `EncoderFiles`, as for what follows."""
        for file in PACKAGED:
            file.check()
        return True

    def files(self) -> list[Path] | None:
        """See `EncoderFiles`."""
        try:
            return [file.source() for file in PACKAGED] + [LABELS_FILE, LOOKS_FILE]
        except ReelwiseError:
            return None

    def open_texts(self, way: str) -> StarterTexts:
        """See `EncoderFiles`."""
        return StarterTexts()

    def open_frames(self, way: str) -> FrameEncoder:
        """See `EncoderFiles`."""
        from embeddings.starter.frames import StarterFrames
        from embeddings.starter.networks.kept_network import kept_network
        from embeddings.starter.networks.plain_network import PlainNetwork

        return StarterFrames(PlainNetwork(kept_network()))


def starter_is_here() -> bool:
    """Whether the packages of its weights are installed."""
    return all(file.present() for file in PACKAGED)
