"""Which encoder is meant, whether it can be loaded here, and loading it. It imports no torch."""

from pathlib import Path

from data.catalogue import Catalogue
from embeddings.backbone.names import DEFAULT_BACKBONE
from embeddings.encoder import EncoderFiles, LoadedEncoder
from embeddings.open_clip_files import OpenClipFiles
from embeddings.open_clip_parts import open_clip_parts


def choose_encoder(
    catalogue: Catalogue | None, name: str | None, weights: Path | None
) -> tuple[str | None, Path | None]:
    """Name and weights file for `load_encoder`: as given, else as the library remembers them.

    Args:
        catalogue: The library; None where there is none.
        name: The encoder that the user named. The library's weights file belongs to its own
            encoder, so it is not used with a name that was given.
        weights: The weights file that the user named.
    """
    if name is not None or catalogue is None:
        return name, weights
    return catalogue.encoder_name, weights or catalogue.encoder_weights


def files_of(name: str | None, weights: Path | None) -> EncoderFiles:
    """What a name says of an encoder of any kind; None names the default one.

    Raises:
        ReelwiseError: There is none of that name.
    """
    return OpenClipFiles(open_clip_parts(name or DEFAULT_BACKBONE, weights))


def load_encoder(
    name: str | None = None, *, weights: Path | None = None, device: str = "auto"
) -> LoadedEncoder:
    """Load an encoder of any kind.

    Args:
        name: `toon`, an open_clip `NAME[/PRETRAINED]`, a model folder, or the folder of a head
            that was trained with a backbone elsewhere; None for the default one.
        weights: A file with the weights of that architecture.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        ReelwiseError: It cannot be loaded here; the fix says what to do.
    """
    from embeddings.spatiotemporal import load_spatiotemporal

    return load_spatiotemporal(name, weights=weights, device=device)


def check_weights(name: str | None, weights: Path | None) -> bool:
    """Refuse an encoder that cannot be loaded here, before anything slow is begun.

    Returns:
        Whether its weights are on this machine; False where they have to be downloaded.

    Raises:
        ReelwiseError: They are missing and no download can be tried, or the name or file is wrong.
    """
    return files_of(name, weights).check()
