"""Tags without labels: words compared with clips, calibrated by pictures of nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from data.labels.vocabulary import Vocabulary, Word
from data.video.types import Pixels
from embeddings.encoder import Vectors
from embeddings.vocabulary import toon_words, words_to_tag
from indexer.heads.fitting.zero_shot import fit_zero_shot
from indexer.heads.models.answers import probabilities
from indexer.heads.models.zero_shot import zero_shot_raw
from indexer.heads.nothing import PICTURES, pictures_of_nothing
from indexer.heads.predicting import bring_up_to_date
from indexer.heads.stored import load_head, remove_head, save_head
from indexer.heads.tagging import Tagger, make_tagger
from indexer.heads.training import HeadTraining
from indexer.verify import verify_library
from tests.fakes import FRAME_SPEC, ColourEncoder, random_units, unit_rows
from tests.indexer.heads.made import action_rows, train, write_csv
from tests.indexer.heads.test_stored import made_head
from tests.indexer.made import store

DIM = 64
RNG = np.random.default_rng(0)
WORDS = random_units(RNG, 12, DIM)
CAPTIONS = random_units(RNG, 300, DIM)
NOTHING = random_units(RNG, PICTURES, DIM)


def chances(rows: Vectors, words: Vectors = WORDS) -> Vectors:
    from data.labels.kinds import Task

    arrays = fit_zero_shot(words, CAPTIONS, NOTHING)
    return probabilities(Task.SEVERAL, zero_shot_raw(arrays, rows))


def test_one_picture_of_nothing_in_ten_gets_a_tag() -> None:
    best = chances(random_units(np.random.default_rng(1), 4000, DIM)).max(axis=1)
    assert 0.05 < float((best >= 0.5).mean()) < 0.18


def test_what_shows_a_word_gets_that_tag_and_no_other() -> None:
    noise = random_units(np.random.default_rng(2), 12, DIM)
    given = chances(unit_rows(WORDS + 0.4 * noise)) >= 0.5
    assert given.diagonal().all()
    assert given.sum() <= 14


def test_a_word_that_is_near_to_every_picture_is_no_tag_for_that() -> None:
    common = NOTHING.mean(axis=0)
    near_to_all = unit_rows(common[None])
    pictures = unit_rows(random_units(np.random.default_rng(3), 500, DIM) + 8 * common)
    words = np.concatenate([WORDS, near_to_all])
    arrays = fit_zero_shot(words, CAPTIONS, unit_rows(NOTHING + 8 * common))
    often = (zero_shot_raw(arrays, pictures) >= 0).mean(axis=0)
    assert often[-1] < 0.1
    unmoved = dict(arrays, usual=np.zeros_like(arrays["usual"]))
    assert (zero_shot_raw(unmoved, pictures) >= 0).mean(axis=0)[-1] > 0.9


def test_logits_stay_finite_however_far_a_score_lies() -> None:
    arrays = fit_zero_shot(WORDS, CAPTIONS, NOTHING)
    raw = zero_shot_raw(arrays, np.concatenate([100 * WORDS, -100 * WORDS, 0 * WORDS]))
    assert np.isfinite(raw).all()


def test_pictures_of_nothing_are_the_same_ones_each_time_and_differ_from_one_another() -> None:
    once, again = pictures_of_nothing(FRAME_SPEC), pictures_of_nothing(FRAME_SPEC)
    assert np.array_equal(once, again)
    assert once.shape == (PICTURES, FRAME_SPEC.height_px, FRAME_SPEC.width_px, 3)
    assert len({picture.tobytes() for picture in once}) == PICTURES


class WordEncoder(ColourEncoder):
    """Each word is an axis, captions and pictures of nothing lie anywhere; it counts its calls."""

    dim = DIM

    def __init__(self, *names: str, version: int = 1) -> None:
        super().__init__(version)
        self.id = f"words-{version}"
        self.names = names
        self.n_texts = self.n_frames = 0

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        self.n_texts += len(texts)
        rows = random_units(np.random.default_rng(len(texts)), len(texts), DIM)
        for row, text in zip(rows, texts, strict=True):
            for at, name in enumerate(self.names):
                if name in text.split():
                    row[:] = WORDS[at]
        return rows

    def encode_frames(self, pixels: Pixels) -> Vectors:
        self.n_frames += len(pixels)
        return random_units(np.random.default_rng(9), len(pixels), DIM)


NAMES = ("dog", "beach", "kite")
THREE = Vocabulary("three.txt", tuple(Word(name) for name in NAMES))


def made_library(home: Home) -> dict[str, int]:
    """Three videos: a dog, a dog on a beach, and nothing that is known."""
    dog, beach, _ = WORDS[:3]
    strange = random_units(np.random.default_rng(12), 2, DIM)
    clips = {
        "dog.mp4": np.stack([dog, strange[0], dog]),
        "both.mp4": unit_rows(np.stack([beach, dog + beach])),
        "none.mp4": strange,
    }
    return store(home, clips, encoder_id="words-1")


def tagged(home: Home, encoder: WordEncoder, words: Vocabulary | None = THREE) -> Tagger:
    with Catalogue(home) as catalogue:
        tagger = make_tagger(catalogue, encoder, words, lambda _: None)
        bring_up_to_date(catalogue)
        return tagger


def tags_of(home: Home) -> dict[int, list[str]]:
    with Catalogue(home) as catalogue:
        head = catalogue.predictions.heads()["tags"]
        of = catalogue.tagged.of(head, [video.id for video in catalogue.videos("words-1")])
        return {video: [tag.tag for tag in tags] for video, tags in of.items()}


def test_videos_get_the_tags_of_their_clips_and_one_of_nothing_known_gets_none(home: Home) -> None:
    ids = made_library(home)
    tagged(home, WordEncoder(*NAMES))
    assert tags_of(home) == {ids["dog.mp4"]: ["dog"], ids["both.mp4"]: ["beach", "dog"]}
    with Catalogue(home) as catalogue:
        head = catalogue.predictions.heads()["tags"]
        dog = catalogue.tagged.of(head, [ids["dog.mp4"]])[ids["dog.mp4"]][0]
        counts = [(each.tag, each.videos, each.clips) for each in catalogue.tagged.counts(head)]
        assert catalogue.tagged.count_videos(head) == 2
    assert (dog.start_s, dog.end_s) == (0.0, 4.0)
    assert dog.strength < dog.score
    assert counts == [("dog", 2, 3), ("beach", 1, 2)]


def test_the_same_words_once_more_encode_nothing_and_new_clips_are_tagged(home: Home) -> None:
    made_library(home)
    tagged(home, WordEncoder(*NAMES))
    encoder = WordEncoder(*NAMES)
    assert not tagged(home, encoder, None).is_new
    assert (encoder.n_texts, encoder.n_frames) == (0, 0)
    new = store(home, {"kite.mp4": WORDS[2:3]}, encoder_id="words-1")["kite.mp4"]
    with Catalogue(home) as catalogue:
        assert bring_up_to_date(catalogue).clips == {"tags": 1}
    assert tags_of(home)[new] == ["kite"]


def test_words_are_remembered_and_others_take_their_place(home: Home) -> None:
    made_library(home)
    tagged(home, WordEncoder(*NAMES))
    encoder = WordEncoder(*NAMES)
    other = tagged(home, encoder, Vocabulary("two.txt", THREE.words[1:]))
    assert (other.is_new, other.head.classes) == (True, ("beach", "kite"))
    assert encoder.n_frames == 0  # pictures of nothing are kept with the head
    assert tagged(home, encoder, None).head.classes == ("beach", "kite")
    assert all("dog" not in tags for tags in tags_of(home).values())


def test_a_head_survives_the_disk_and_is_verified_as_any_other(home: Home) -> None:
    made_library(home)
    made = tagged(home, WordEncoder(*NAMES)).head
    read = load_head(home, "tags")
    assert read.vocabulary == made.vocabulary
    assert np.array_equal(
        zero_shot_raw(read.model.arrays, WORDS), zero_shot_raw(made.model.arrays, WORDS)
    )
    assert verify_library(home).problems == []
    with Catalogue(home) as catalogue, catalogue.writing("test") as connection:
        connection.exec_driver_sql("UPDATE predictions SET score = 0.2 WHERE label = 'dog'")
    assert "the head tags predicted is not what" in verify_library(home).problems[0].what
    verify_library(home, repair=True)
    assert verify_library(home).problems == []
    remove_head(home, "tags")
    with Catalogue(home) as catalogue:
        bring_up_to_date(catalogue)
        assert catalogue.predictions.heads() == {}


def test_another_encoder_is_told_to_be_tagged_anew(home: Home) -> None:
    made_library(home)
    tagged(home, WordEncoder(*NAMES))
    store(home, {"dog.mp4": WORDS[:1]}, encoder_id="words-2")
    with Catalogue(home) as catalogue:
        catalogue.set_encoder("words-2", "words/2", None)
        assert "reelwise tag" in bring_up_to_date(catalogue).left_out["tags"]
    with pytest.raises(ReelwiseError) as error:
        load_head(home, "tags").require_encoder("words-2")
    assert error.value.fix == "fit it again: reelwise tag"


def test_a_trained_head_of_the_name_is_not_replaced_and_none_can_be_trained(
    home: Home, tmp_path: Path
) -> None:
    made_library(home)
    save_head(home, made_head("tags"))
    with pytest.raises(ReelwiseError, match=r"was trained from .* not replaced"):
        tagged(home, WordEncoder(*NAMES))
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label", action_rows(5))
    with pytest.raises(ReelwiseError, match="is that of reelwise tag"):
        train(home, HeadTraining("Tags", labels))


def test_nothing_can_be_tagged_where_nothing_is_indexed(home: Home) -> None:
    home.make_catalogue()
    with pytest.raises(ReelwiseError, match="nothing"):
        tagged(home, WordEncoder(*NAMES))


def test_the_cartoon_encoder_has_words_of_its_own(home: Home) -> None:
    words = {word.tag: word.kind for word in words_to_tag("toon").words}
    assert words == {word.tag: word.kind for word in toon_words().words}
    assert (words["ice cream"], words["beach"], words["spinning"]) == ("thing", "place", "action")
    store(home, {"a.mp4": WORDS[:1]}, encoder_id="words-1")
    encoder = WordEncoder("cat", "beach")
    encoder.name = "toon"
    given = Vocabulary("my.txt", (Word("cat"), Word("helmholtz"), Word("beach")))
    tagger = tagged(home, encoder, given)
    assert tagger.head.classes == ("cat", "beach")
    told = [each.reason for each in tagger.troubles]
    assert told == ["toon has never seen the word 'helmholtz'"]
    with pytest.raises(ReelwiseError, match="has seen none of the words of my"):
        tagged(home, encoder, Vocabulary("my words", (Word("helmholtz"),)))
