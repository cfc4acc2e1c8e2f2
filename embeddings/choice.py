"""Which encoder is meant, and whether it can be loaded here. It imports no torch."""

from pathlib import Path

from data.catalogue import Catalogue
from embeddings.backbone.early_checks import check_weights_file
from embeddings.backbone.names import (
    DEFAULT_BACKBONE,
    find_cached_weights,
    hub_answers,
    not_here,
    parse_name,
)
from embeddings.temporal.record import read_record


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


def check_weights(name: str | None, weights: Path | None) -> bool:
    """Refuse an encoder that cannot be loaded here, before anything slow is begun.

    Returns:
        Whether its weights are on this machine; False where they have to be downloaded.

    Raises:
        ReelwiseError: They are missing and no download can be tried, or the name or file is wrong.
    """
    name = name or DEFAULT_BACKBONE
    record = read_record(Path(name))
    if record is not None and record.backbone is not None:
        kept = record.backbone.weights
        return check_weights(record.backbone.name, weights or (Path(kept) if kept else None))
    parsed = parse_name(name, weights=weights)
    if weights is not None:
        check_weights_file(weights)
    elif parsed.pretrained and find_cached_weights(parsed.model, parsed.pretrained) is None:
        if not hub_answers():
            raise not_here(parsed)
        return False
    return True
