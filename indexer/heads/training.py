"""From a file of labels to stored heads: read, look up, choose, fit, judge, save."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from data.arrays import Floats, Ids
from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import nothing_indexed
from data.labels.kinds import Task
from data.labels.learnable import require_learnable
from data.labels.rows import LABEL, LabelFile, LabelRow, LabelWish, read_labels
from data.labels.trouble import RowTrouble
from data.labels.vocabulary import TAGS
from embeddings.words.sentences import SentenceEncoder
from indexer.heads.choosing import Judged, Material, candidates, fit, judge
from indexer.heads.head import Head, Record, head_name
from indexer.heads.inputs.columns import person_hash
from indexer.heads.inputs.recipe import Trunk
from indexer.heads.inputs.stretches import Stretches, find_stretches, with_texts
from indexer.heads.judging.baselines import baselines
from indexer.heads.judging.splits import FOLDS, Splits, by_video, forward_in_time
from indexer.heads.models.answers import Answers, answers_of
from indexer.heads.models.model import Family, layers_of
from indexer.heads.stored import load_head, save_head
from indexer.heads.threads import one_thread_each

OpenSentences = Callable[[], SentenceEncoder]
"""Opens the encoder of texts; called where a column has texts."""
Told = Callable[[str], None]
"""Is told what is being done."""


@dataclass(frozen=True)
class HeadTraining:
    """What is to be trained."""

    name: str
    """What the head is called."""
    labels: Path | LabelFile
    """The file of labels, or what a set of labels holds."""
    wish: LabelWish = field(default_factory=LabelWish)
    """What is known of the file."""
    frames: bool = False
    """Also try networks over the frames in their order."""
    volumes: bool = False
    """Also try networks over the small pictures of frames, in space and time."""
    families: tuple[Family, ...] | None = None
    """Kinds of models that are tried; None for all."""
    trunks: tuple[str, ...] = ()
    """Heads whose hidden layers take the place of the clip vectors."""
    words: Floats | None = None
    """(d,) vector of words for what is looked for, which linear models may build on."""
    folds: int = FOLDS
    """Folds of the comparison."""
    seed: int = 0
    """Of everything random."""


@dataclass(frozen=True)
class HeldOut:
    """Rows that were judged by models that were not fitted on them, nor on their videos."""

    raw: Floats
    """(j, outputs) logits or numbers, calibrated by other rows."""
    answers: Answers
    """(j,) what is so."""


@dataclass(frozen=True)
class Trained:
    """What came of it."""

    heads: list[Head]
    """The heads that were stored, one for each column of labels."""
    troubles: list[RowTrouble]
    """Rows that could not be used."""
    doubled: int
    """Rows that say what an earlier one says."""
    held_out: Mapping[str, HeldOut] = field(default_factory=dict)
    """By head, what it would say of rows that it was not fitted on."""


def train_heads(
    catalogue: Catalogue, training: HeadTraining, open_sentences: OpenSentences, told: Told
) -> Trained:
    """Fit a head for each column of labels of a file, and store them.

    Raises:
        ReelwiseError: The file cannot be used, or nothing can be learned from it; nothing was
            written.
    """
    name, encoder_id = head_name(training.name), catalogue.encoder
    if name == TAGS:
        raise ReelwiseError(
            f"the head {TAGS} is that of reelwise tag", fix=f"call it otherwise: my-{TAGS}"
        )
    if encoder_id is None:
        raise nothing_indexed(catalogue.home)
    trunks = tuple(_trunk(catalogue, each, encoder_id) for each in training.trunks)
    file = training.labels
    if isinstance(file, Path):
        file = read_labels(file, training.wish)
    found = find_stretches(
        catalogue, encoder_id, file.rows, frames=training.frames, volumes=training.volumes
    )
    require_learnable(file, found.rows)
    material, sentences_id = _material(file, found, training, trunks, open_sentences)
    made = _Made(file, found, material, sentences_id, training)
    with one_thread_each():
        heads = [
            made.head(_named(name, target), target, encoder_id, told) for target in material.targets
        ]
    for head in heads:
        save_head(catalogue.home, head)
    troubles = sorted([*file.troubles, *found.troubles], key=lambda each: each.line)
    return Trained(heads, troubles, file.doubled, made.held_out)


def _named(name: str, target: str) -> str:
    """`action.place` for the column `label_place` of the file of the head `action`."""
    if target == LABEL:
        return name
    return head_name(f"{name}.{target.removeprefix(f'{LABEL}_')}")


def _trunk(catalogue: Catalogue, name: str, encoder_id: str) -> Trunk:
    head = load_head(catalogue.home, name)
    head.require_encoder(encoder_id)
    if head.model.family is not Family.NETWORK or head.recipe.columns or head.recipe.trunks:
        raise ReelwiseError(
            f"the head {head.name} ({head.model.family}) has no hidden layers over clip vectors "
            "alone",
            fix="fit one: reelwise train head NAME --labels FILE --models mlp, without columns",
        )
    layers = tuple(layers_of(head.model.arrays)[:-1])
    return Trunk(head.recipe.mean, head.recipe.spread, layers)


def _material(
    file: LabelFile,
    found: Stretches,
    training: HeadTraining,
    trunks: tuple[Trunk, ...],
    open_sentences: OpenSentences,
) -> tuple[Material, str | None]:
    """All rows as arrays, and the id of the encoder of their texts."""
    examples, sentences_id = found.examples, None
    if any(file.kinds[name] == "text" for name in examples.columns):
        sentences = open_sentences()
        examples = with_texts(examples, dict(file.kinds), sentences.encode)
        sentences_id = sentences.id
    material = Material(
        examples,
        file.kinds,
        {name: _target(found.rows, name, each.task) for name, each in file.tasks.items()},
        found.video_ids,
        uuid.uuid4().hex,
        np.array([row.at_s for row in found.rows], np.float64) if file.has_times else None,
        trunks,
        training.words,
        training.seed,
    )
    return material, sentences_id


def _target(rows: Sequence[LabelRow], name: str, task: Task) -> tuple[Ids, Answers]:
    places = np.array([at for at, row in enumerate(rows) if row.labels[name]], np.int64)
    return places, answers_of(task, [rows[at].labels[name] for at in places])


@dataclass(frozen=True)
class _Made:
    """Makes the heads of one file."""

    file: LabelFile
    found: Stretches
    material: Material
    sentences_id: str | None
    training: HeadTraining
    held_out: dict[str, HeldOut] = field(default_factory=dict)

    def head(self, name: str, target: str, encoder_id: str, told: Told) -> Head:
        """Choose, fit and judge the head of one column of labels."""
        material, (_, answers) = self.material, self.material.targets[target]
        splits = self._splits(target)
        tried = candidates(material, target, self.training.families)
        if not tried:
            raise ReelwiseError(
                "no model is left to try: gru and convolution look at frames, 3d at small pictures",
                fix="add --features frames or --features 3d, or name other --models",
            )
        judged = judge(material, target, splits, tried, told)
        fitted = fit(material, target, judged[0].candidate)
        self.held_out[name] = HeldOut(judged[0].held_out, answers.some(splits.judged))
        persons = self._persons(target)
        return Head(
            name=name,
            revision=uuid.uuid4().hex[:16],
            encoder_id=encoder_id,
            task=answers.task,
            classes=answers.classes,
            recipe=fitted.recipe,
            model=fitted.model,
            calibration=judged[0].calibration,
            record=self._record(target, splits, judged),
            sentences_id=self.sentences_id,
            people=tuple(sorted(person_hash(each, material.salt) for each in persons)),
            salt=material.salt,
        )

    def _splits(self, target: str) -> Splits:
        places, answers = self.material.targets[target]
        video_ids, n = self.found.video_ids[places], self.training.folds
        if self.material.at_s is None:
            return by_video(answers, video_ids, folds=n, seed=self.training.seed)
        return forward_in_time(video_ids, self.material.at_s[places], folds=n)

    def _persons(self, target: str) -> set[str]:
        columns = [name for name, kind in self.file.kinds.items() if kind == "person"]
        rows = self.found.rows
        found = {row.columns[name] for row in rows for name in columns if row.columns[name]}
        return found | self.file.people

    def _record(self, target: str, splits: Splits, judged: Sequence[Judged]) -> Record:
        places, answers = self.material.targets[target]
        at_s = self.material.at_s
        videos = self.found.video_ids[places]
        simple = baselines(answers, splits, videos, None if at_s is None else at_s[places])
        return Record(
            rows=len(places),
            videos=len(np.unique(videos)),
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            labels={"file": self.file.path.name, "sha256": self.file.sha256},
            task_why=self.file.tasks[target].why,
            judged=splits.how,
            figures=judged[0].figures.as_dict(),
            baselines={each: figures.as_dict() for each, figures in simple.items()},
            tried=tuple(_as_tried(each) for each in judged),
            residual=judged[0].residual,
        )


def _as_tried(judged: Judged) -> Mapping[str, object]:
    values = {name: round(value, 6) for name, value in judged.figures.values.items()}
    return {"name": judged.candidate.name, "loss": round(judged.loss, 6), **values}
