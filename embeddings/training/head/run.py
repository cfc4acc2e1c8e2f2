"""Fits the temporal part to captioned stretches of video, and serves it only where it is better.

    reelwise train spatiotemporal --captions captions.csv --out FOLDER --encoder NAME

writes a folder that `load_encoder(FOLDER)` loads.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from data.errors import ReelwiseError
from embeddings.backbone.loading import load_backbone
from embeddings.backbone.tower import Tower
from embeddings.encoder import load_encoder
from embeddings.temporal.head import TemporalHead
from embeddings.training.attack import Attack
from embeddings.training.captions import (
    CaptionRow,
    FindVideo,
    Stretch,
    Trouble,
    find_beside,
    halve,
    hold_out,
    read_captions,
)
from embeddings.training.checkpoint import LOG
from embeddings.training.head.data import Caption, FrameTable, HeadData, assemble
from embeddings.training.head.features import Collected, FrameSource, collect, mild_view
from embeddings.training.head.fit import FittedHead, HeadTraining, Report, Setting, fit_head
from embeddings.training.head.folder import Trained, write_folder
from embeddings.training.head.judge import HeadFigures, Judged, beats, judge, mean_vectors
from embeddings.training.ranks import Ranks, open_ranks

On = Literal["features", "pixels"]

LEAST_STEPS, MOST_STEPS = 150, 2000
EPOCHS = 40.0
JUDGED_STEPS = 5
"""Steps of the attack that robustness is judged by (PGD)."""


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
    """Whose backbone; None for the default one."""
    weights: Path | None = None
    """Its weights file."""
    validation: Path | None = None
    """Captions to stop and to judge by; None holds out a quarter of the videos."""
    head: HeadTraining = field(default_factory=HeadTraining)
    """The run; its steps are set by `epochs` where those are given or `steps` is 0."""
    epochs: float | None = None
    """Times that each clip is seen."""
    views: int = 2
    """Distorted views of each clip, beside the clip as it is."""
    blocks: int = 0
    """Last blocks of the backbone that are trained as well."""
    on: On = "features"
    """What adversarial training perturbs."""
    device: str = "auto"
    """auto, cpu or cuda."""
    workers: int | None = None
    """Decoding processes."""

    @property
    def needs_pixels(self) -> bool:
        """Whether features change while it trains, so that they cannot be kept."""
        attacked = self.head.objective.attack is not None and self.on == "pixels"
        return bool(self.blocks) or attacked


@dataclass(frozen=True)
class Robustness:
    """Figures under an attack on every clip that is searched for."""

    before: HeadFigures
    """Of the encoder as it was."""
    after: HeadFigures
    """Of the trained one."""


@dataclass(frozen=True)
class TrainingResult:
    """What came of a run."""

    out: Path
    """The folder."""
    served: bool
    """Whether the trained part is used; where not, the folder gives mean pooling."""
    mean: HeadFigures
    """Mean pooling of the backbone as it was, on the clips held out to judge by."""
    trained: HeadFigures
    """The trained part, on the same."""
    own: HeadFigures | None
    """The head that the encoder had before, on the same."""
    robustness: Robustness | None
    """Where it was trained adversarially."""
    fitted: FittedHead
    """The run."""
    n_train: int
    """Captions trained on."""
    n_stop: int
    """Captions stopped by."""
    troubles: list[Trouble]
    """Lines and videos that could not be used, or in part."""
    decoded: int
    """Stretches decoded; the others were in the cache."""
    seconds: float
    """In all."""


def train_spatiotemporal(
    options: SpatiotemporalTraining,
    *,
    find: FindVideo | None = None,
    report: Report = lambda line: None,
) -> TrainingResult | None:
    """Train, judge and write the folder.

    A run that was killed goes on from its last saved state when it is started again. Under torchrun
    every process calls this; the first one reads videos, writes and reports.

    Args:
        options: The run.
        find: Videos by the names of the captions file; None looks for files.
        report: Takes a line of progress.

    Returns:
        None in every process but the first.

    Raises:
        ReelwiseError: `out` holds an encoder already, the captions cannot be used, or the encoder
            cannot be loaded.
    """
    if options.out.exists() and not (options.out.is_dir() and not any(options.out.iterdir())):
        raise ReelwiseError(f"{options.out} is there already", fix="name a new folder with --out")
    began_s = time.monotonic()
    with open_ranks(options.device) as ranks:
        run = _Training(options, ranks, report if ranks.first else lambda line: None)
        run.read(find or find_beside(options.captions))
        return run.train(began_s)


class _Training:
    """One run, from the captions file to the folder."""

    def __init__(self, options: SpatiotemporalTraining, ranks: Ranks, report: Report) -> None:
        self.options, self.ranks, self.report = options, ranks, report
        name = ranks.device.type
        self.encoder = load_encoder(options.encoder, weights=options.weights, device=name)
        self.backbone, self.tower = self.encoder.backbone, None
        if options.needs_pixels:
            self.backbone = load_backbone(
                self.backbone.name,
                weights=self.encoder.weights,
                device=ranks.device,
                precision="fp32",
            )
            self.tower = Tower(self.backbone, blocks=options.blocks)
        self.work = options.out.with_name(f"{options.out.name}.work")

    def read(self, find: FindVideo) -> None:
        """Captions, frames and texts; the first process decodes and the others take its cache."""
        options, seed = self.options, self.options.head.seed
        told = read_captions(options.captions, find)
        troubles = list(told.troubles)
        if options.validation is None:
            parts = list(hold_out(told.rows, seed=seed))
        else:
            other = read_captions(options.validation, find)
            troubles += other.troubles
            parts = [told.rows, *halve(other.rows, seed=seed)]
        stretches = [row.stretch for part in parts for row in part]
        if not self.ranks.first:
            self.ranks.wait()
        collected = collect(
            stretches,
            self._source(),
            options.cache,
            workers=options.workers,
            report=self.report,
        )
        if self.ranks.first:
            self.ranks.wait()
        self.troubles, self.decoded = troubles + collected.troubles, collected.decoded
        self.train_data, self.stop_data, self.final_data = self._assemble(parts, collected)

    def _source(self) -> FrameSource:
        backbone = self.backbone
        if self.tower is not None:
            spec = backbone.frame_spec
            key = f"pixels-{spec.width_px}x{spec.height_px}-{spec.fit}-{sum(spec.fill_rgb)}"
            return FrameSource(spec, key, None)
        kind = str(backbone.dtype).removeprefix("torch.")
        key = f"{backbone.fingerprint[:24]}-{kind}"
        return FrameSource(backbone.frame_spec, key, self.encoder.encode_frames, self.options.views)

    def _assemble(
        self, parts: Sequence[Sequence[CaptionRow]], collected: Collected
    ) -> list[HeadData]:
        data = []
        for rows, name in zip(parts, ("train on", "stop by", "judge by"), strict=True):
            kept = [row for row in rows if row.stretch in collected.shown]
            if len({row.stretch for row in kept}) < 2:
                raise ReelwiseError(
                    f"fewer than two stretches of video to {name} could be read "
                    f"({len(self.troubles)} lines or videos failed)",
                    fix="caption more videos, or look at why these fail: reelwise index them",
                )
            data.append(self._data(kept, collected, with_views=name == "train on"))
        return data

    def _data(
        self, rows: Sequence[CaptionRow], collected: Collected, *, with_views: bool
    ) -> HeadData:
        stretches: dict[Stretch, int] = {}
        for row in rows:
            stretches.setdefault(row.stretch, len(stretches))
        shown = [collected.shown[stretch] for stretch in stretches]
        tables = [FrameTable.join([each[i] for each in shown]) for i in range(len(shown[0]))]
        captions = [
            Caption(stretches[row.stretch], row.text, row.backward, row.wrong) for row in rows
        ]
        return assemble(
            tables[0],
            captions,
            lambda texts: self.backbone.text_features(texts).cpu().numpy(),
            views=tables[1:] if with_views else (),
        )

    def train(self, began_s: float) -> TrainingResult | None:
        """Fit, judge on the clips that were kept for that, write."""
        options, final = self.options, self.final_data
        attack = options.head.objective.attack
        hard = None if attack is None else replace(attack, steps=JUDGED_STEPS, step_size=None)
        mean, own = self._judge(None), None
        if self.encoder.head is not None:
            own = self._judge(self.encoder.head)
        before = self._judge(self.encoder.head, hard) if hard else None
        train = self.train_data
        if options.blocks:
            train = replace(train, anchors=mean_vectors(train, self.tower, self.ranks.device))
        distort = mild_view if self.tower is not None and options.views else None
        setting = Setting(self.ranks, self.work, self.tower, distort, self.report)
        fitted = fit_head(train, self.stop_data, self._head_options(), setting=setting)
        if not self.ranks.first:
            return None
        trained = self._judge(fitted.head)
        robustness = None
        if hard and before is not None:
            robustness = Robustness(before.figures, self._judge(fitted.head, hard).figures)
        result = TrainingResult(
            out=options.out,
            served=beats(trained, mean, final),
            mean=mean.figures,
            trained=trained.figures,
            own=None if own is None else own.figures,
            robustness=robustness,
            fitted=fitted,
            n_train=len(train),
            n_stop=len(self.stop_data),
            troubles=self.troubles,
            decoded=self.decoded,
            seconds=time.monotonic() - began_s,
        )
        self._write(result)
        return result

    def _judge(self, head: TemporalHead | None, attack: Attack | None = None) -> Judged:
        device = self.ranks.device
        if head is not None:
            head.to(device)
        return judge(head, self.final_data, tower=self.tower, attack=attack, device=device)

    def _head_options(self) -> HeadTraining:
        """The options with the number of steps that the epochs come to."""
        options, given = self.options.head, self.options.epochs
        if options.steps and given is None:
            return options
        n = len(self.train_data.used_clips)
        steps = math.ceil((given or EPOCHS) * n / min(n, options.batch))
        if given is None:
            steps = min(max(steps, LEAST_STEPS), MOST_STEPS)
        return replace(options, steps=steps)

    def _write(self, result: TrainingResult) -> None:
        log = self.work / LOG
        write_folder(Trained(result, self.options, self.encoder, self.backbone, log))
        shutil.rmtree(self.work)
