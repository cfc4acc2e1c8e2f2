"""Which encoder is meant, whether it can be loaded here, and loading it. It imports no torch."""

import shlex
from pathlib import Path

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from embeddings.backbone.names import (
    DEFAULT_BACKBONE,
    find_cached_weights,
    hub_answers,
    parse_name,
)
from embeddings.encoder import Encoder, EncoderFiles, LoadedEncoder, Vectors
from embeddings.spatiotemporal.files import OpenClipFiles
from embeddings.spatiotemporal.parts import open_clip_parts
from embeddings.starter.files import StarterFiles, starter_is_here
from embeddings.starter.labels import caption_texts, load_labels
from embeddings.starter.packaged import STARTER
from embeddings.starter.texts import starter_captions
from embeddings.vocabulary import knows_only_toons, notice_of_library, toon_captions
from embeddings.words.sentences import SentenceEncoder

PACKAGED_SENTENCES = "sentences-e3a17f276d28"
"""Id of the sentence encoder that comes as a package."""


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


def default_encoder(weights: Path | None = None) -> str:
    """The encoder of a new library where none is named.

    The default backbone where its weights are here, were given, or can be downloaded; else
    `starter`, where its packages are installed.
    """
    backbone = parse_name(DEFAULT_BACKBONE)
    cached = find_cached_weights(backbone.model, backbone.pretrained or "")
    if weights or cached or not starter_is_here() or hub_answers():
        return DEFAULT_BACKBONE
    return STARTER


def files_of(name: str, weights: Path | None) -> EncoderFiles:
    """What a name says of an encoder of any kind.

    Raises:
        ReelwiseError: There is none of that name.
    """
    if name != STARTER:
        return OpenClipFiles(open_clip_parts(name, weights))
    if weights is not None:
        raise ReelwiseError(
            f"{STARTER} has weights of its own; --weights {weights} is for another encoder",
            fix=f"leave --weights out, or name the encoder: --encoder NAME --weights {weights}",
        )
    return StarterFiles()


def load_encoder(
    name: str | None = None, *, weights: Path | None = None, device: str = "auto"
) -> LoadedEncoder:
    """Load an encoder of any kind.

    Args:
        name: `starter`, `toon`, an open_clip `NAME[/PRETRAINED]`, a model folder, or the folder of
            a head that was trained with a backbone elsewhere; None for `default_encoder`.
        weights: A file with the weights of that architecture.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        ReelwiseError: It cannot be loaded here; the fix says what to do.
    """
    name = name or default_encoder(weights)
    if name == STARTER:
        files_of(name, weights)
        from embeddings.starter.encoder import StarterEncoder

        return StarterEncoder(device)
    from embeddings.spatiotemporal.encoder import load_spatiotemporal

    return load_spatiotemporal(name, weights=weights, device=device)


def check_weights(name: str | None, weights: Path | None) -> bool:
    """Refuse an encoder that cannot be loaded here, before anything slow is begun.

    Returns:
        Whether its weights are on this machine; False where they have to be downloaded.

    Raises:
        ReelwiseError: They are missing and no download can be tried, or the name or file is wrong.
    """
    return files_of(name or default_encoder(weights), weights).check()


def unrelated_texts(name: str) -> Vectors | None:
    """Vectors of everyday captions that have nothing to do with most libraries.

    Args:
        name: The encoder.

    Returns:
        (t, dim) unit rows; None where relevance by such captions was not measured for an encoder.
    """
    return starter_captions() if name == STARTER else None


def background_texts(encoder: Encoder) -> Vectors:
    """(t, dim) unit rows of captions of what an encoder knows, of which most fit no given picture.

    Args:
        encoder: Encodes them, where they are not stored.
    """
    if encoder.name == STARTER:
        return starter_captions()
    texts = toon_captions() if knows_only_toons(encoder.name) else caption_texts()
    return encoder.encode_texts(texts)


def caption_sentences(sentences: SentenceEncoder) -> Vectors:
    """(t, dim) sentence vectors of the same captions, in the order of `caption_texts`."""
    if sentences.id == PACKAGED_SENTENCES:
        return load_labels().captions  # they come with the labels of `starter`
    return sentences.encode(caption_texts())


def encoder_notice(catalogue: Catalogue, name: str, encoder_id: str) -> str | None:
    """What to know of an encoder that serves a library, where it is no full one.

    Args:
        catalogue: The library.
        name: The encoder.
        encoder_id: Its id.
    """
    if name != STARTER:
        return notice_of_library(catalogue, name, encoder_id)
    roots = " ".join(shlex.quote(str(root)) for root in catalogue.files.roots())
    better = parse_name(DEFAULT_BACKBONE).label
    return (
        f"{STARTER} serves this library: it needs no download and knows everyday things, not "
        f"details. {better} finds much more, once its weights can be had (search keeps running "
        f"meanwhile): reelwise index {roots} --encoder {better}"
    )
