"""The head that tags clips: words are compared with pictures, nothing is labelled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from data.arrays import Floats
from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import nothing_indexed
from data.labels.kinds import Task
from data.labels.trouble import RowTrouble
from data.labels.vocabulary import TAGS, Vocabulary, Word
from embeddings.opening.choice import background_texts
from embeddings.plain.layers import unit
from embeddings.vocabulary import knows_only_toons, understood, words_to_tag
from indexer.heads.fitting.zero_shot import fit_zero_shot
from indexer.heads.head import Head, Record
from indexer.heads.inputs.recipe import Recipe
from indexer.heads.judging.calibration import no_calibration
from indexer.heads.models.model import Family, HeadModel, scaled
from indexer.heads.nothing import pictures_of_nothing
from indexer.heads.stored import head_names, load_head, save_head

if TYPE_CHECKING:
    from embeddings.encoder import Encoder

RECIPE = "1"
"""Raised with every change of how the head is made."""
PHOTO = "a photo of {}"
"""What stands for a word without a prompt, beside the word itself."""
Told = Callable[[str], None]
"""Is told what is being done."""


@dataclass(frozen=True)
class Tagger:
    """The head that tags a library, and what its vocabulary could not give."""

    head: Head
    """Stored."""
    troubles: tuple[RowTrouble, ...]
    """Lines of the vocabulary that are no words, or none that the encoder knows."""
    doubled: int
    """Lines whose tag an earlier line has."""
    is_new: bool
    """False where it was there already."""


def make_tagger(
    catalogue: Catalogue, encoder: Encoder, vocabulary: Vocabulary | None, told: Told
) -> Tagger:
    """Make the head `tags` and store it; nothing is done where the same is there.

    Args:
        catalogue: The library.
        encoder: Its encoder.
        vocabulary: The words; None takes those of the head that is there, else the encoder's.
        told: Is told what is being done.

    Raises:
        ReelwiseError: Nothing is indexed, the encoder knows none of the words, or a head of this
            name was trained.
    """
    if catalogue.encoder is None:
        raise nothing_indexed(catalogue.home)
    before = _head_before(catalogue)
    wanted = _known_to(encoder, vocabulary or _words_before(before, encoder.name))
    revision = _revision(encoder.id, wanted)
    if before is not None and before.revision == revision:
        return Tagger(before, wanted.troubles, wanted.doubled, is_new=False)
    told(f"{len(wanted.words):,} words of {wanted.name} are encoded by {encoder.name}")
    words = word_vectors(encoder, wanted.words)
    told("what is found in pictures of nothing is measured")
    arrays = fit_zero_shot(words, background_texts(encoder), _nothing(encoder, before))
    head = _head(encoder, wanted, revision, HeadModel(Family.ZERO_SHOT, scaled(arrays)))
    save_head(catalogue.home, head)
    return Tagger(head, wanted.troubles, wanted.doubled, is_new=True)


def word_vectors(encoder: Encoder, words: tuple[Word, ...]) -> Floats:
    """(w, d) unit rows: the mean of each word alone and of its prompt.

    A word that an encoder with words of its own has never seen is its prompt alone.
    """
    other = "{}" if knows_only_toons(encoder.name) else PHOTO
    prompts = [word.prompt or other.format(word.tag) for word in words]
    alone = [
        word.tag if _is_known(encoder, word.tag) else prompt
        for word, prompt in zip(words, prompts, strict=True)
    ]
    return unit(unit(encoder.encode_texts(alone)) + unit(encoder.encode_texts(prompts)))


def _head_before(catalogue: Catalogue) -> Head | None:
    if TAGS not in head_names(catalogue.home):
        return None
    head = load_head(catalogue.home, TAGS)
    if head.model.family is not Family.ZERO_SHOT:
        raise ReelwiseError(
            f"the head {TAGS} was trained from {head.record.labels.get('file', 'labels')}: it is "
            "not replaced",
            fix=f"reelwise heads remove {TAGS}, then try again",
        )
    return head


def _words_before(before: Head | None, encoder_name: str) -> Vocabulary:
    """The words of the head that is there, if a person gave them; else those of the encoder."""
    own = words_to_tag(encoder_name)
    if before is None or before.record.labels["sha256"] == own.sha256:
        return own
    name = before.record.labels["file"]
    return own if name == own.name else Vocabulary(name, before.vocabulary)


def _known_to(encoder: Encoder, vocabulary: Vocabulary) -> Vocabulary:
    """Leave out words of which an encoder with words of its own has seen none."""
    strange = [
        word
        for word in vocabulary.words
        if not (_is_known(encoder, word.tag) or _is_known(encoder, word.prompt))
    ]
    if len(strange) == len(vocabulary.words):
        raise ReelwiseError(
            f"{encoder.name} has seen none of the words of {vocabulary.name}",
            fix="leave out --vocabulary: it is tagged with the words that the encoder knows",
        )
    troubles = [
        RowTrouble(0, f"{encoder.name} has never seen the word {each.tag!r}") for each in strange
    ]
    return replace(
        vocabulary,
        words=tuple(word for word in vocabulary.words if word not in strange),
        troubles=(*vocabulary.troubles, *troubles),
    )


def _is_known(encoder: Encoder, text: str) -> bool:
    words = understood(encoder.name, text)
    return bool(words.known) and words.weight > 0.0


def _revision(encoder_id: str, vocabulary: Vocabulary) -> str:
    parts = f"{RECIPE} {encoder_id} {vocabulary.name} {vocabulary.sha256}"
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def _nothing(encoder: Encoder, before: Head | None) -> Floats:
    """Vectors of pictures of nothing, each as a clip of one frame; kept with the head."""
    if before is not None and before.encoder_id == encoder.id:
        return np.asarray(before.model.arrays["nothing"], np.float32)
    frames = encoder.encode_frames(pictures_of_nothing(encoder.frame_spec))
    times_s = np.arange(len(frames), dtype=np.float64)
    return encoder.encode_clips(frames, times_s, [(at, at + 1) for at in range(len(frames))])


def _head(encoder: Encoder, vocabulary: Vocabulary, revision: str, model: HeadModel) -> Head:
    words = vocabulary.words
    nothing = np.zeros(encoder.dim, np.float32)
    return Head(
        name=TAGS,
        revision=revision,
        encoder_id=encoder.id,
        task=Task.SEVERAL,
        classes=tuple(word.tag for word in words),
        recipe=Recipe((), nothing, nothing + 1, of_vector=encoder.dim),
        model=model,
        calibration=no_calibration(len(words)),
        record=Record(
            rows=0,
            videos=0,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            labels={"file": vocabulary.name, "sha256": vocabulary.sha256},
            task_why="words are compared with pictures",
            judged="nothing was labelled, so it was not judged",
            figures={},
            baselines={},
            tried=(),
        ),
        vocabulary=words,
    )
