"""Structured pruning: removes the blocks or MLP channels that change features of the data least.

The result is an ordinary model with a smaller configuration. Blocks are removed one after another,
each time the one without which the tower's features change least (as ShortGPT, arXiv 2403.03853,
but measured at the output). Channels are removed by the mean size of what they add to the block's
output on the data (Wanda's score, arXiv 2306.11695, by column), the same number in every block,
since open_clip has one `mlp_ratio` for all.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from data.errors import ReelwiseError
from embeddings.backbone.recipe import Config, keep_blocks
from embeddings.compress.request import SECTIONS, TowerName, no_transformer, require_left
from embeddings.model_folder import SourceModel, build_model

LISTS: dict[TowerName, tuple[str, ...]] = {
    "image": ("visual.transformer.resblocks", "visual.trunk.blocks"),
    "text": ("transformer.resblocks", "text.transformer.resblocks"),
}
"""Where open_clip and timm keep the blocks of a tower."""
CHANNEL_STEP = 8
"""Widths of hidden layers stay multiples of this, as matrix units need."""
Probe = Callable[[nn.Module], Tensor]
"""A model's unit features of the data, (n, dim)."""


@dataclass(frozen=True)
class Pruned:
    """A smaller model."""

    model: nn.Module
    """In fp32, ready to be trained or saved."""
    config: Config
    """As `open_clip_config.json` holds it."""
    kept: dict[str, list[int]] | None
    """Blocks kept of each list of blocks, where the configuration cannot say so."""
    details: str
    """What was removed, in words."""


def drop_blocks(source: SourceModel, tower: TowerName, count: int, probe: Probe) -> Pruned:
    """Remove the `count` blocks of a tower that change the features of `probe` least.

    Raises:
        ReelwiseError: The tower is no transformer, or has too few blocks.
    """
    path = _blocks_path(source.model, tower)
    total = len(list(source.model.get_submodule(path).children()))
    require_left(tower, count, total)
    numbers = list(range(total))
    truth = probe(source.model)
    for _ in range(count):
        losses = {}
        for i in numbers:
            rest = [n for n in numbers if n != i]
            features = probe(_shallow(source.model, path, rest))
            losses[i] = float(1 - (truth * features).sum(1).mean())
        numbers.remove(min(losses, key=losses.__getitem__))
    model = keep_blocks(copy.deepcopy(source.model), {path: numbers})
    config = copy.deepcopy(source.config)
    kept = {path: numbers} if "trunk" in path else None
    if kept is None:
        config["model_cfg"][SECTIONS[tower]]["layers"] = len(numbers)
    removed = sorted(set(range(total)) - set(numbers))
    return Pruned(model, config, kept, f"{tower} blocks {removed} of {total} left out")


def narrow_mlps(source: SourceModel, tower: TowerName, share: float, probe: Probe) -> Pruned:
    """Remove the share (above 0, below 1) of every MLP's hidden channels that adds least.

    Raises:
        ReelwiseError: The tower has none of open_clip's own transformer blocks.
    """
    path = _blocks_path(source.model, tower)
    blocks = source.model.get_submodule(path)
    if "trunk" in path or not all(hasattr(block, "mlp") for block in blocks.children()):
        raise ReelwiseError(
            f"MLP channels of this {tower} tower cannot be removed: it is none of open_clip's own",
            fix="--blocks N",
        )
    layers = [block.get_submodule("mlp.c_proj") for block in blocks.children()]
    sizes = _mean_inputs(layers, lambda: probe(source.model))
    width = int(source.model.get_parameter(f"{path}.0.ln_1.weight").shape[0])
    before = len(sizes[0])
    keep = max(CHANNEL_STEP, round(before * (1 - share) / CHANNEL_STEP) * CHANNEL_STEP)
    config = copy.deepcopy(source.config)
    # open_clip takes int(width * ratio): half a channel keeps rounding from losing one.
    config["model_cfg"][SECTIONS[tower]]["mlp_ratio"] = (keep + 0.5) / width
    state = dict(source.model.state_dict())
    for i, size in enumerate(sizes):
        prefix = f"{path}.{i}.mlp"
        score = size * state[f"{prefix}.c_proj.weight"].norm(dim=0)
        best = score.topk(keep).indices.sort().values
        for name in ("c_fc.weight", "c_fc.bias"):
            state[f"{prefix}.{name}"] = state[f"{prefix}.{name}"][best]
        state[f"{prefix}.c_proj.weight"] = state[f"{prefix}.c_proj.weight"][:, best]
    details = f"{keep} of {before} MLP channels of the {tower} tower kept"
    return Pruned(build_model(config, state).eval(), config, None, details)


def make_probe(tower: TowerName, batches: Sequence[Tensor]) -> Probe:
    """Features of batches of normalised frames (n, 3, h, w), or of tokens (n, context)."""

    def features(model: nn.Module) -> Tensor:
        encode = getattr(model, f"encode_{tower}")
        with torch.inference_mode():
            rows = [encode(batch) for batch in batches]
        return F.normalize(torch.cat(rows).float(), dim=-1)

    return features


def _blocks_path(model: nn.Module, tower: TowerName) -> str:
    modules = dict(model.named_modules())
    for path in LISTS[tower]:
        if path in modules:
            return path
    raise no_transformer(tower)


def _shallow(model: nn.Module, path: str, numbers: list[int]) -> nn.Module:
    """The same weights with these blocks only; just the modules on the path are copied."""
    top = copy.copy(model)
    top._modules = dict(model._modules)
    at = top
    for name in path.split(".")[:-1]:
        inner = copy.copy(at.get_submodule(name))
        inner._modules = dict(inner._modules)
        at._modules[name] = inner
        at = inner
    return keep_blocks(top, {path: numbers})


def _mean_inputs(layers: list[nn.Module], run: Callable[[], object]) -> list[Tensor]:
    """Mean absolute input of each layer, by channel, while `run` runs."""
    seen: dict[nn.Module, list[Tensor]] = {layer: [] for layer in layers}

    def watch(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen[layer].append(inputs[0].abs().flatten(0, -2).mean(0).float())

    hooks = [layer.register_forward_pre_hook(watch) for layer in layers]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    return [torch.stack(rows).mean(0) for rows in seen.values()]
