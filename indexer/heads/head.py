"""A head: what it predicts, how, and how well it did on rows that it was not fitted on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data.arrays import Floats
from data.errors import ReelwiseError
from data.labels.kinds import Task
from data.labels.vocabulary import Word, how_to_fit
from indexer.heads.inputs.columns import person_hash
from indexer.heads.inputs.examples import Examples
from indexer.heads.inputs.recipe import Recipe
from indexer.heads.judging.calibration import Calibration
from indexer.heads.models.answers import log_odds, probabilities
from indexer.heads.models.model import OF_FRAMES, Family, HeadModel
from indexer.heads.models.outputs import raw_outputs

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}(\.[a-z0-9_-]{1,40})?", re.ASCII)


@dataclass(frozen=True)
class Record:
    """How a head came about, as it is told."""

    rows: int
    """Rows that it was fitted on."""
    videos: int
    """Videos that these are of."""
    made_at: str
    """When, ISO 8601 UTC."""
    labels: Mapping[str, str]
    """`file`, its name, and `sha256`, its fingerprint."""
    task_why: str
    """How it was found out what the labels ask for."""
    judged: str
    """How held-out rows were chosen."""
    figures: Mapping[str, Any]
    """Held-out figures, see `judging.figures`."""
    baselines: Mapping[str, Mapping[str, Any]]
    """The same of each baseline."""
    tried: tuple[Mapping[str, Any], ...]
    """Each candidate with its held-out loss, the best first."""
    residual: float = 0.0
    """Standard deviation of held-out errors of a number."""


@dataclass(frozen=True)
class Head:
    """A fitted head, self-contained: it needs no row that it was fitted on."""

    name: str
    """What it is called; `NAME.COLUMN` where a file has several columns of labels."""
    revision: str
    """Changes whenever it is fitted anew."""
    encoder_id: str
    """Whose vectors it was fitted on; no others may be given."""
    task: Task
    """What it predicts."""
    classes: tuple[str, ...]
    """The labels it knows; none for numbers."""
    recipe: Recipe
    """From examples to rows of numbers."""
    model: HeadModel
    """From rows to logits."""
    calibration: Calibration
    """From logits to calibrated ones."""
    record: Record
    """How it came about."""
    sentences_id: str | None = None
    """Encoder of its columns of texts; None where it has none."""
    people: tuple[str, ...] = field(default=())
    """Hashes of the persons in its rows."""
    salt: str = ""
    """What these begin with."""
    to_refit: str = ""
    """Why it should be fitted again; empty where nothing speaks for it."""
    vocabulary: tuple[Word, ...] = field(default=())
    """The words that are its classes, where it compares words with pictures."""

    @property
    def uses_frames(self) -> bool:
        """Whether it looks at frames in order, not at clip vectors."""
        return self.model.family in OF_FRAMES

    @property
    def uses_volumes(self) -> bool:
        """Whether it looks at small pictures in space and time."""
        return self.model.family is Family.VOLUME

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns that clips do not have, and without which it predicts nothing."""
        return self.recipe.needed

    def outputs(self, examples: Examples) -> Floats:
        """(n, classes) calibrated probabilities, or (n, 1) numbers."""
        raw = self.calibration.applied(raw_outputs(self.model, self.recipe, examples))
        return raw if self.task is Task.NUMBER else probabilities(self.task, raw)

    def margins(self, examples: Examples) -> Floats:
        """(n, classes) calibrated log-odds of each class against all others, or (n, 1) numbers."""
        raw = self.calibration.applied(raw_outputs(self.model, self.recipe, examples))
        return log_odds(raw) if self.task is Task.CLASSES else raw

    def was_fitted_on(self, person: str) -> bool:
        """Whether rows of a person were among those that it was fitted on."""
        return person_hash(person, self.salt) in self.people

    def require_encoder(self, encoder_id: str) -> None:
        """Check whose vectors it is to be given.

        Raises:
            ReelwiseError: They are of another encoder than it was fitted on.
        """
        if encoder_id != self.encoder_id:
            raise ReelwiseError(
                f"the head {self.name} was fitted on vectors of {self.encoder_id}; this library "
                f"is searched with {encoder_id}",
                fix=f"fit it again: {how_to_fit(self.name)}",
            )


def head_name(typed: str) -> str:
    """The name of a head as it is stored.

    Raises:
        ReelwiseError: Nothing can be called so.
    """
    name = typed.strip().lower()
    if not _NAME.fullmatch(name):
        raise ReelwiseError(
            f"a head cannot be called {typed[:80]!r}",
            fix="begin with a letter, then letters, digits, - and _, at most 40: action",
        )
    if name.partition(".")[0] in RESERVED:
        raise ReelwiseError(
            f"{name} is the name of something that every video has", fix=f"call it my-{name}"
        )
    return name


RESERVED = frozenset(
    {"tag", "folder", "title", "duration", "width", "height", "resolution", "fps", "codec"}
    | {"date", "added", "size", "path", "video", "id"}
)
"""Names that filters have for what the catalogue knows of every video."""


def is_number(values: Floats) -> bool:
    """Whether all outputs are finite."""
    return bool(np.isfinite(values).all())
