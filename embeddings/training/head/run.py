"""Fits the temporal head to captioned videos; the result is served only where it is better.

    reelwise train spatiotemporal --captions captions.csv --out FOLDER --encoder NAME

writes a folder that `load_encoder(FOLDER)` loads.
"""

import math
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace

from data.errors import ReelwiseError
from embeddings.backbone.loading import load_backbone
from embeddings.backbone.tower import Tower
from embeddings.new_folder import require_new
from embeddings.spatiotemporal.encoder import load_spatiotemporal
from embeddings.temporal.head import TemporalHead
from embeddings.training.attack import Attack
from embeddings.training.captions import (
    CaptionRow,
    FindVideo,
    find_beside,
    halve_captions,
    read_captions,
    split_captions,
)
from embeddings.training.head.data import Caption, FrameTable, HeadData, build_head_data
from embeddings.training.head.evaluation import HeadEvaluation, beats, evaluate_head, mean_vectors
from embeddings.training.head.features import Collected, FeatureSource, collect, mild_view
from embeddings.training.head.fit import HeadTraining, Setting, fit_head
from embeddings.training.head.folder import SpatiotemporalTraining, TrainingResult, write_folder
from embeddings.training.loop import LOG, Report
from embeddings.training.ranks import Ranks, open_ranks

MIN_STEPS, MAX_STEPS = 150, 2000
EPOCHS = 40.0
EVALUATED_ATTACK_STEPS = 5
"""PGD steps of the attack under which robustness is measured."""


def train_spatiotemporal(
    options: SpatiotemporalTraining,
    *,
    find: FindVideo | None = None,
    report: Report = lambda line: None,
) -> TrainingResult | None:
    """Train a head, evaluate it and write the folder.

    A run that was killed resumes from its last saved state when it is started again. Under torchrun
    every process calls this; the first one reads videos, writes and reports.

    `find` gives a video by its name in the captions file; None looks for files. The result is None
    in every process but the first.

    Raises:
        ReelwiseError: `out` holds an encoder already, the captions cannot be used, or the encoder
            cannot be loaded.
    """
    require_new(options.out)
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
        self.encoder = load_spatiotemporal(options.encoder, weights=options.weights, device=name)
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
        """Read captions, frames and texts; the first process decodes, the others use its cache."""
        options, seed = self.options, self.options.head.seed
        main = read_captions(options.captions, find)
        troubles = list(main.troubles)
        if options.validation is None:
            parts = list(split_captions(main.rows, seed=seed))
        else:
            other = read_captions(options.validation, find)
            troubles += other.troubles
            parts = [main.rows, *halve_captions(other.rows, seed=seed)]
        stretches = [row.stretch for part in parts for row in part]
        if not self.ranks.first:
            self.ranks.wait()
        collected = collect(
            stretches, self._source(), options.cache, workers=options.workers, report=self.report
        )
        if self.ranks.first:
            self.ranks.wait()
        self.troubles, self.decoded = troubles + collected.troubles, collected.decoded
        train, stop, final = parts
        self.train_data = self._data(train, collected, "train on", views=True)
        self.stop_data = self._data(stop, collected, "stop by")
        self.final_data = self._data(final, collected, "evaluate on")

    def _source(self) -> FeatureSource:
        backbone = self.backbone
        if self.tower is not None:
            spec = backbone.frame_spec
            key = f"pixels-{spec.width_px}x{spec.height_px}-{spec.fit}-{sum(spec.fill_rgb)}"
            return FeatureSource(spec, key, None)
        key = f"{backbone.fingerprint[:24]}-{str(backbone.dtype).removeprefix('torch.')}"
        encode = self.encoder.encode_frames
        return FeatureSource(backbone.frame_spec, key, encode, self.options.views)

    def _data(
        self, rows: Sequence[CaptionRow], collected: Collected, name: str, *, views: bool = False
    ) -> HeadData:
        """One part of the captions, with the stretches that could be read."""
        rows = [row for row in rows if row.stretch in collected.frames]
        stretches = {stretch: n for n, stretch in enumerate(dict.fromkeys(r.stretch for r in rows))}
        if len(stretches) < 2:
            raise ReelwiseError(
                f"fewer than two stretches of video to {name} could be read "
                f"({len(self.troubles)} lines or videos failed)",
                fix="caption more videos, or see why these fail: reelwise index FOLDER",
            )
        clips = [collected.frames[stretch] for stretch in stretches]
        tables = [FrameTable.join(view) for view in zip(*clips, strict=True)]
        captions = [Caption(stretches[r.stretch], r.text, r.backward, r.wrong) for r in rows]
        return build_head_data(
            tables[0],
            captions,
            lambda texts: self.backbone.text_features(texts).cpu().numpy(),
            views=tables[1:] if views else (),
        )

    def train(self, began_s: float) -> TrainingResult | None:
        """Fit, evaluate on the clips that were held out for that, write."""
        options, train, old = self.options, self.train_data, self.encoder.head
        attack = options.head.objective.attack
        strong = attack and replace(attack, steps=EVALUATED_ATTACK_STEPS, step_size=None)
        mean = self._evaluate(None)
        before = None if old is None else self._evaluate(old).figures
        attacked_before = self._evaluate(old, strong).figures if strong else None
        if options.blocks:
            train = replace(train, anchors=mean_vectors(train, self.tower, self.ranks.device))
        distort = mild_view if self.tower is not None and options.views else None
        setting = Setting(self.ranks, self.work, self.tower, distort, self.report)
        fitted = fit_head(train, self.stop_data, self._head_options(), setting=setting)
        if not self.ranks.first:
            return None
        trained, attacked = self._evaluate(fitted.head), None
        if attacked_before is not None:
            attacked = (attacked_before, self._evaluate(fitted.head, strong).figures)
        result = TrainingResult(
            served=beats(trained, mean, self.final_data),
            mean=mean.figures,
            trained=trained.figures,
            before=before,
            attacked=attacked,
            fitted=fitted,
            n_train=len(train),
            n_stop=len(self.stop_data),
            troubles=self.troubles,
            decoded=self.decoded,
            seconds=time.monotonic() - began_s,
        )
        write_folder(result, options, self.encoder, self.backbone, self.work / LOG)
        shutil.rmtree(self.work)
        return result

    def _evaluate(self, head: TemporalHead | None, attack: Attack | None = None) -> HeadEvaluation:
        device = self.ranks.device
        if head is not None:
            head.to(device)
        return evaluate_head(head, self.final_data, tower=self.tower, attack=attack, device=device)

    def _head_options(self) -> HeadTraining:
        """The options, with the number of steps that follows from the epochs."""
        options, given = self.options.head, self.options.epochs
        if options.steps and given is None:
            return options
        n = len(self.train_data.used_clips)
        steps = math.ceil((given or EPOCHS) * n / min(n, options.batch))
        if given is None:
            steps = min(max(steps, MIN_STEPS), MAX_STEPS)
        return replace(options, steps=steps)
