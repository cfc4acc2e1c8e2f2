"""Lists the encoders that can be used here, with their sizes. It imports no torch."""

import json
from dataclasses import dataclass

from embeddings.backbone.folders import CONFIG_FILE, TOON_FOLDER
from embeddings.backbone.names import BYTES_A_WEIGHT, find_cached_weights, parse_name
from embeddings.backbone.published import Architecture, architectures
from embeddings.opening.choice import default_encoder
from embeddings.starter.files import starter_is_here
from embeddings.starter.packaged import PACKAGED, STARTER
from embeddings.starter.shape import DIM, FRAME_SPEC

RECOMMENDED = {
    "PE-Core-B-16/meta": "the default where it can be had: the most accurate for a processor",
    "ViT-B-32/laion2b_s34b_b79k": "a quarter of the image patches: faster, less accurate",
    "PE-Core-L-14-336/meta": "more accurate, for a GPU",
}
"""The encoders to choose from first, and why."""


@dataclass(frozen=True)
class EncoderListing:
    """One line of `reelwise encoders`."""

    name: str
    """As `--encoder` takes it."""
    dim: int
    """Length of a vector."""
    image_px: int
    """Height of a frame as the encoder sees it."""
    parameters_millions: float | None
    """Weights of both towers; None where a part of the model is known to a hub only."""
    size_bytes: int | None
    """What its weights take on a disk, about; None where that is not known."""
    present: bool
    """True where the weights are on this machine."""
    default: bool = False
    """True for the encoder that a new library gets."""
    advice: str = ""
    """Why one would choose it; empty for most."""


def list_encoders() -> list[EncoderListing]:
    """`toon` and `starter`, then every open_clip architecture with its published weights."""
    default = default_encoder()
    rows = [_toon_listing()] if (TOON_FOLDER / CONFIG_FILE).is_file() else []
    rows.append(_starter_listing(default=default == STARTER))
    default = default if default == STARTER else parse_name(default).label
    for model, facts in architectures().items():
        for tag in facts.weights:
            name, present = f"{model}/{tag}", find_cached_weights(model, tag) is not None
            rows.append(
                EncoderListing(
                    name,
                    facts.dim,
                    facts.image_px,
                    facts.parameters_millions,
                    _bytes_of(facts),
                    present,
                    default=name == default,
                    advice=RECOMMENDED.get(name, ""),
                )
            )
    return rows


def _bytes_of(facts: Architecture) -> int | None:
    millions = facts.parameters_millions
    return None if millions is None else round(millions * 1e6) * BYTES_A_WEIGHT


def _starter_listing(*, default: bool) -> EncoderListing:
    size_bytes = sum(file.size_bytes for file in PACKAGED)
    return EncoderListing(
        STARTER,
        DIM,
        FRAME_SPEC.height_px,
        round(size_bytes / BYTES_A_WEIGHT / 1e6, 1),
        size_bytes,
        present=starter_is_here(),
        default=default,
        advice="real videos with nothing to download: finds everyday things, no details",
    )


def _toon_listing() -> EncoderListing:
    config = json.loads((TOON_FOLDER / CONFIG_FILE).read_text(encoding="utf-8"))
    model = config["model_cfg"]
    size_bytes = sum(file.stat().st_size for file in TOON_FOLDER.glob("*.safetensors"))
    millions = round(size_bytes / 2 / 1e6, 1)  # two bytes a weight
    return EncoderListing(
        "toon",
        model["embed_dim"],
        model["vision_cfg"]["image_size"],
        millions,
        size_bytes,
        present=True,
        advice="knows only the cartoons of reelwise demo",
    )
