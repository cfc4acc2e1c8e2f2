"""Loads backbones: every open_clip model, from the hub, a model folder or a weights file.

Names are those of open_clip (`PE-Core-B-16`, `PE-Core-B-16/meta`, `ViT-B-32/laion2b_s34b_b79k`);
`toon` is the small model that comes with the project; a folder with an `open_clip_config.json` is
loaded through open_clip's `local-dir:`.
"""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file

from data.errors import ReelwiseError
from embeddings.backbone.backbone import Backbone, Tokenizer
from embeddings.backbone.computing.early_checks import check_weights_file
from embeddings.backbone.computing.precision import Precision
from embeddings.backbone.folders import BPE_FILE, CONFIG_FILE, WEIGHTS_FILE
from embeddings.backbone.lean_open_clip import open_clip
from embeddings.backbone.names import (
    BackboneName,
    find_cached_weights,
    hub_answers,
    not_here,
    parse_name,
)
from embeddings.backbone.recipe import ExportedTowers, Recipe, keep_blocks, mark, read_recipe


def load_backbone(
    name: str,
    *,
    weights: Path | None = None,
    device: torch.device | None = None,
    precision: Precision = "auto",
) -> Backbone:
    """Build the model of a name and load its weights.

    Args:
        name: As in `parse_name`.
        weights: A .safetensors, .pt, .pth or .bin file with the weights of that architecture.
        device: Where it runs; the CPU by default.
        precision: Of the image tower; auto is bf16 where the machine has instructions for it. The
            precision that a compressed model was made for overrides it.

    Raises:
        ReelwiseError: The name is unknown, the file does not exist or holds weights of another
            architecture, or the weights are neither here nor can be downloaded.
    """
    parsed = parse_name(name, weights=weights)
    if weights is not None:
        check_weights_file(weights)
    recipe = read_recipe(parsed.folder) if parsed.folder else None
    if recipe is not None and recipe.precision != "auto":
        precision = recipe.precision
    if recipe is None:
        model = _create_model(parsed, weights)
    else:
        model = _create_compressed(parsed, weights, recipe)
    try:
        tokenizer = build_tokenizer(parsed.model)
    except (OSError, ImportError) as error:
        raise ReelwiseError(
            f"the tokenizer of {parsed.label} is not on this machine ({_first_line(error)})",
            fix="run once with network, or use a model with open_clip's own tokenizer",
        ) from error
    device = device or torch.device("cpu")
    return Backbone(model, tokenizer, name=parsed.label, device=device, precision=precision)


def build_untrained(folder: Path) -> torch.nn.Module:
    """The model of a folder's open_clip_config.json with random weights, for training."""
    with _quiet_open_clip():
        model: torch.nn.Module = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
    return model


def build_tokenizer(model: str) -> Tokenizer:
    """The tokenizer of an open_clip architecture or of `local-dir:FOLDER`."""
    merges = Path(model.removeprefix("local-dir:")) / BPE_FILE
    local = model.startswith("local-dir:") and merges.is_file()
    kwargs = {"bpe_path": str(merges)} if local else {}
    with _quiet_open_clip():
        tokenizer: Tokenizer = open_clip.get_tokenizer(model, **kwargs)
    return tokenizer


def _create_compressed(
    parsed: BackboneName, weights: Path | None, recipe: Recipe
) -> torch.nn.Module:
    """The model of a folder that `reelwise compress` made."""
    folder = parsed.folder
    assert folder is not None
    if weights is not None:
        raise ReelwiseError(
            f"{parsed.label} was made by reelwise compress: no other weights fit it",
            fix="leave --weights out",
        )
    if recipe.runtime == "onnx":
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        return ExportedTowers(folder, config["preprocess_cfg"])
    if recipe.kept:
        model = keep_blocks(build_untrained(folder), recipe.kept)
        model.load_state_dict(load_file(folder / WEIGHTS_FILE))
    else:
        model = _create_model(parsed, None)
    mark(model, recipe)
    return model


def _create_model(parsed: BackboneName, weights: Path | None) -> torch.nn.Module:
    if weights is None and parsed.pretrained is not None:
        weights = find_cached_weights(parsed.model, parsed.pretrained)
        if weights is None and not hub_answers():
            raise not_here(parsed)
    try:
        with _quiet_open_clip(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _filled(parsed, weights)
    except Exception as error:
        raise _explain(parsed, weights, error) from error


def _filled(parsed: BackboneName, weights: Path | None) -> torch.nn.Module:
    """The model of open_clip with its own weights, or those of a file."""
    # open_clip leaves a named file unread where the model is a folder.
    replaced = parsed.folder if weights is not None else None
    if replaced is not None:
        model = build_untrained(replaced)
        open_clip.load_checkpoint(model, str(weights), weights_only=True)
    else:
        model = open_clip.create_model(
            parsed.model,
            pretrained=parsed.pretrained if weights is None else str(weights),
            require_pretrained=True,
            weights_only=True,
            force_preprocess_cfg=_preprocess_of(parsed, weights),
        )
    return model


@contextmanager
def _quiet_open_clip() -> Iterator[None]:
    """Keep what open_clip writes to the root logger off the terminal; nobody else's words."""
    # A logger's filter sees the records of that very logger, not those that others pass up to it.
    root = logging.getLogger()
    # `logging.info` gives a root logger without a handler one for good; this is Python's own.
    lent = logging.lastResort if not root.handlers else None
    root.addFilter(_not_of_open_clip)
    if lent is not None:
        root.addHandler(lent)
    try:
        yield
    finally:
        root.removeFilter(_not_of_open_clip)
        if lent is not None:
            root.removeHandler(lent)


def _not_of_open_clip(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR or "open_clip" not in Path(record.pathname).parts


def _preprocess_of(parsed: BackboneName, weights: Path | None) -> dict[str, object] | None:
    """How a weights file wants its frames: as the named tag does, or as all tags of its model do.

    open_clip itself falls back to OpenAI's mean and deviation for any file, which is wrong for
    models such as PE-Core that were trained with others.
    """
    if weights is None or parsed.model.startswith("local-dir:"):
        return None
    tags = [parsed.pretrained] if parsed.pretrained else None
    choices = []
    for tag in tags or open_clip.list_pretrained_tags_by_model(parsed.model):
        config = open_clip.get_pretrained_cfg(parsed.model, tag)
        keys = ("mean", "std", "interpolation", "resize_mode")
        choices.append({key: config[key] for key in keys if config.get(key) is not None})
    return choices[0] if choices and all(each == choices[0] for each in choices) else None


def _explain(parsed: BackboneName, weights: Path | None, error: Exception) -> ReelwiseError:
    cause = _first_line(error)
    if weights is not None:
        return ReelwiseError(
            f"{weights.name} does not hold the weights of {parsed.model} ({cause})",
            fix="name the architecture they were made for: --encoder NAME --weights FILE",
        )
    if parsed.pretrained is None:
        return ReelwiseError(
            f"the model folder of {parsed.label} cannot be loaded ({cause})",
            fix=f"it needs {CONFIG_FILE} and {WEIGHTS_FILE}",
        )
    return not_here(parsed)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
