"""Opens the text tower of an open_clip model without open_clip, where it is a plain one."""

from pathlib import Path

from safetensors import SafetensorError

from embeddings.backbone.configs import open_clip_package, read_config
from embeddings.backbone.folders import BPE_FILE
from embeddings.backbone.names import FOLDER_PREFIX
from embeddings.encoder import NeedsModel
from embeddings.plain.transformer import Activation
from embeddings.texts.tokens import BytePairTokenizer
from embeddings.texts.tower import TextTower

PLAIN = {"context_length", "vocab_size", "width", "heads", "layers"}
"""The settings of a text tower that `TextTower` knows; it computes none with others."""


def open_tower(model: str, weights: Path, activation: Activation) -> TextTower:
    """The text tower of an architecture, or of `local-dir:FOLDER`.

    Whether it gives what the model gives is for the caller to compare.

    Raises:
        NeedsModel: It is not a plain one.
    """
    text = read_config(model).get("model_cfg", {}).get("text_cfg", {})
    if set(text) != PLAIN:
        raise NeedsModel("its text tower is of another kind than CLIP's")
    try:
        tokenizer = BytePairTokenizer(_merges(model), text["context_length"])
        return TextTower(
            weights,
            tokenizer.tokens,
            layers=text["layers"],
            heads=text["heads"],
            activation=activation,
        )
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise NeedsModel(f"{weights.name} holds another text tower ({error})") from error


def _merges(model: str) -> Path:
    own = Path(model.removeprefix(FOLDER_PREFIX)) / BPE_FILE
    return own if own.is_file() else open_clip_package() / "bpe_simple_vocab_16e6.txt.gz"
