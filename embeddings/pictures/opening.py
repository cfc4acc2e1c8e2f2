"""Opens the image tower of an open_clip model without open_clip, where it is a plain one."""

from pathlib import Path
from typing import Any, cast

from safetensors import SafetensorError

from embeddings.backbone.configs import read_config
from embeddings.encoder import FrameEncoder, NeedsModel
from embeddings.pictures.normalisation import PUBLISHED, Normalisation
from embeddings.pictures.residual import ResidualNetwork
from embeddings.pictures.vision_transformer import VisionShape, VisionTransformer
from embeddings.plain.transformer import ACTIVATIONS, Activation
from embeddings.plain.weights import Weights

PLAIN = {"image_size", "layers", "width", "patch_size", "head_width", "mlp_ratio"}
"""The settings of an image tower that are known here; none with others is computed."""
HEAD_WIDTH = 64
"""Of an attention head, where a configuration names none."""
OWN = "own"
"""The normalisation that a folder names."""


def frame_ways(model: str) -> tuple[str, ...]:
    """Activation and normalisation of `open_image_tower` that may be those of a model."""
    known = [OWN] if _own(read_config(model)) else list(PUBLISHED)
    return tuple(f"{activation} {name}" for activation in ACTIVATIONS for name in known)


def open_image_tower(model: str, weights: Path, way: str) -> FrameEncoder:
    """The image tower of an architecture, or of `local-dir:FOLDER`, in one of its `frame_ways`.

    Whether it gives what the model gives is for the caller to compare.

    Raises:
        NeedsModel: It is not a plain one.
    """
    config = read_config(model)
    vision = config.get("model_cfg", {}).get("vision_cfg", {})
    if not vision or not set(vision) <= PLAIN:
        raise NeedsModel("its image tower is of another kind than CLIP's")
    activation, _, name = way.partition(" ")
    normalisation = PUBLISHED.get(name) or _own(config)
    try:
        if normalisation is None:
            raise KeyError("mean")
        return _opened(vision, weights, cast("Activation", activation), normalisation)
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise NeedsModel(f"{weights.name} holds another image tower ({error})") from error


def _opened(
    vision: dict[str, Any], file: Path, activation: Activation, normalisation: Normalisation
) -> FrameEncoder:
    weights = Weights(file, "conv1.weight", prefixes=("visual.",))
    head_width, width = vision.get("head_width", HEAD_WIDTH), vision["width"]
    layers = vision["layers"]
    if isinstance(layers, list):
        return ResidualNetwork(weights, layers, width * 32 // head_width, normalisation)
    shape = VisionShape(layers, width // head_width, activation)
    return VisionTransformer(weights, shape, normalisation)


def _own(config: dict[str, Any]) -> Normalisation | None:
    preprocess = config.get("preprocess_cfg", {})
    mean, deviation = (preprocess.get(key) for key in ("mean", "std"))
    return Normalisation(tuple(mean), tuple(deviation)) if mean and deviation else None
