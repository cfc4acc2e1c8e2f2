"""What a training run of the temporal head depends on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from embeddings.temporal.head import HeadKind, TemporalConfig
from embeddings.training.head.batches import Augmentation
from embeddings.training.head.objective import Objective

AttackTarget = Literal["features", "pixels"]
TrainingPrecision = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True)
class HeadTraining:
    """Everything that fitting a head depends on, beside its data."""

    config: TemporalConfig | None = None
    """Shape of the head; None takes the default shape of this `kind` for the features' length."""
    kind: HeadKind = "attention"
    """How frames are mixed, where there is no `config`."""
    objective: Objective = field(default_factory=Objective)
    """The loss."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """How a clip varies from one batch to the next."""
    seed: int = 0
    """Seeds weights, batches and attacks."""
    steps: int = 1000
    """Maximum number of batches."""
    batch: int = 128
    """Clips in a batch."""
    learning_rate: float = 1e-3
    """At the top of the schedule; a tenth for the backbone's blocks."""
    weight_decay: float = 0.05
    """AdamW's, for matrices only."""
    average: float = 0.98
    """Decay of the moving average of the weights, which is evaluated and kept."""
    validate_every: int = 50
    """Steps between two evaluations on the validation clips."""
    patience: int = 8
    """Evaluations without a better score before the run ends early."""
    checkpoint_s: float = 60.0
    """Seconds between two saved states; 0 saves at every step."""
    precision: TrainingPrecision = "auto"
    """auto: bf16 on GPUs that have it, else fp32."""


@dataclass(frozen=True)
class SpatiotemporalTraining:
    """Everything that a run depends on; written into its card."""

    captions: Path
    """CSV `video,start_s,end_s,caption[,backward_caption][,wrong_caption]`."""
    out: Path
    """A new folder."""
    cache: Path
    """Where frame features are kept; may be deleted at any time."""
    encoder: str | None = None
    """The encoder whose backbone is used; None for the default one."""
    weights: Path | None = None
    """Its weights file."""
    validation: Path | None = None
    """Captions for early stopping and evaluation; None holds out a quarter of the videos."""
    head: HeadTraining = field(default_factory=HeadTraining)
    """The run; its steps follow from `epochs` where those are given or `steps` is 0."""
    epochs: float | None = None
    """Passes over the clips."""
    views: int = 2
    """Distorted views of each clip, beside the clip itself."""
    blocks: int = 0
    """Last blocks of the backbone that are trained as well."""
    attacked: AttackTarget = "features"
    """What adversarial training perturbs."""
    device: str = "auto"
    """auto, cpu or cuda."""
    workers: int | None = None
    """Decoding processes; None takes one per core."""

    @property
    def needs_pixels(self) -> bool:
        """Whether the image tower runs at every step, so that features cannot be kept."""
        on_pixels = self.head.objective.attack is not None and self.attacked == "pixels"
        return bool(self.blocks) or on_pixels
