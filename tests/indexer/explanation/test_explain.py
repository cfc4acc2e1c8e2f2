"""Which seconds, and which part of the picture, spoke: over videos that really are decoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from data.video.write import write_video
from embeddings.explain.occlusion import Occlusion
from indexer.build.pipeline import index_library
from indexer.explanation.asked import Asked
from indexer.explanation.drawing import overlay, strength_of, write_drawing
from indexer.explanation.explain import Explained, best_seconds, explain
from indexer.explanation.pictures import Looking, look_into, nearest_place, some_places
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from indexer.search.spans import Span
from tests.fakes import ColourEncoder
from tests.indexer.made import paint

pytestmark = pytest.mark.long(12)

SPAN = Span(0.0, 6.0)


@pytest.fixture
def searcher(home: Home, tmp_path: Path) -> Iterator[Searcher]:
    folder = tmp_path / "videos"
    paint(folder / "red-blue.mp4", ("red", 3), ("blue", 5))
    paint(folder / "green.mp4", ("green", 4))
    frames = np.zeros((16, 48, 96, 3), np.uint8)
    frames[:, :, 64:] = (255, 0, 0)
    write_video(folder / "red-at-the-right.mp4", list(frames), fps=4, crf=12)
    index_library(home, [folder], ColourEncoder())
    with closing(Searcher(home, ColourEncoder())) as searcher:
        yield searcher


def why(
    searcher: Searcher, home: Home, video: str, text: str, span: Span | None = None
) -> Explained:
    with Catalogue(home) as catalogue:
        return explain(searcher, home, Asked(catalogue.video(video), Query(text), span))


def test_the_seconds_that_show_it_are_the_best(searcher: Searcher, home: Home) -> None:
    told = why(searcher, home, "red-blue.mp4", "red").explanation
    assert told.unit == "cosine"
    assert np.diff(told.times_s) == pytest.approx(0.5, abs=0.01)
    (best,) = told.best
    assert (best.start_s, best.end_s) == pytest.approx((0.0, 3.0), abs=0.01)
    assert best.score == pytest.approx(told.scores.max())
    assert told.scores[told.times_s < 2.9].min() > told.scores[told.times_s > 3.1].max() + 0.3


def test_clips_score_as_the_search_has_it_and_as_their_frames_without_a_head(
    searcher: Searcher, home: Home
) -> None:
    told = why(searcher, home, "red-blue.mp4", "red").explanation
    hits = [
        hit for hit in searcher.search(Query("red"), 10).hits if hit.path.name == "red-blue.mp4"
    ]
    assert max(clip.score for clip in told.clips) == pytest.approx(hits[0].score, abs=1e-3)
    assert all(abs(clip.of_order) < 2e-3 for clip in told.clips)


def test_a_stretch_has_its_own_frames_alone(searcher: Searcher, home: Home) -> None:
    told = why(searcher, home, "red-blue.mp4", "red", Span(4.0, 6.0)).explanation
    assert told.times_s.min() >= 4.0
    assert told.times_s.max() < 6.0
    assert told.best == []


def test_the_part_of_the_picture_is_found_and_drawn(
    searcher: Searcher, home: Home, tmp_path: Path
) -> None:
    explained = why(searcher, home, "red-at-the-right.mp4", "red")
    encoder = searcher.encoder
    occlusion = Occlusion(encoder.encode_frames, encoder.frame_spec)
    places = some_places(explained.explanation, 3)
    looking = Looking(occlusion, occlusion, encoder.frame_spec)
    looked = look_into(explained, looking, places)
    assert looked.method == "occlusion"
    assert looked.pictures is not None
    assert looked.pictures.shape[1:] == (180, 360, 3)
    columns = looked.maps.sum(axis=1)
    right = columns[:, round(columns.shape[1] * 0.6) :].sum(axis=1)
    assert right.min() > 0.8
    file = tmp_path / "why.png"
    write_drawing(file, explained.explanation, looked, "red")
    with Image.open(file) as drawn:
        assert drawn.size[0] > 3 * 360


def test_decoded_frames_are_those_whose_vectors_are_stored(searcher: Searcher, home: Home) -> None:
    explained = why(searcher, home, "red-blue.mp4", "red")
    seen = []

    class Watching:
        method = "occlusion"

        def maps(self, pixels: np.ndarray, directions: np.ndarray) -> np.ndarray:
            seen.append(searcher.encoder.encode_frames(pixels))
            return np.ones((len(pixels), 4, 4), np.float32)

    encoder, n = searcher.encoder, len(explained.explanation.times_s)
    occlusion = Occlusion(encoder.encode_frames, encoder.frame_spec)
    looking = Looking(Watching(), occlusion, encoder.frame_spec)  # type: ignore[arg-type]
    looked = look_into(explained, looking, range(n), pictures=False)
    assert looked.pictures is None
    np.testing.assert_allclose(seen[0], explained.stretch.frames, atol=0.01)


def test_frames_are_chosen_evenly_with_the_best_among_them(searcher: Searcher, home: Home) -> None:
    explanation = why(searcher, home, "red-blue.mp4", "blue").explanation
    places = some_places(explanation, 4)
    assert len(places) == 4
    assert int(explanation.scores.argmax()) in places
    assert some_places(explanation, 0) == ()
    assert len(some_places(explanation, 500)) <= 24
    assert explanation.times_s[nearest_place(explanation, 2.2)] == pytest.approx(2.0, abs=0.3)


def test_what_cannot_be_explained_is_said(searcher: Searcher, home: Home) -> None:
    with pytest.raises(ReelwiseError, match="reaches beyond its end"):
        why(searcher, home, "green.mp4", "red", Span(2, 9))
    with pytest.raises(ReelwiseError, match="has no frame between"):
        why(searcher, home, "green.mp4", "red", Span(1.05, 1.1))
    with pytest.raises(ReelwiseError, match="found in lines"):
        why(searcher, home, "green.mp4", '"red"')
    with Catalogue(home) as catalogue, pytest.raises(ReelwiseError, match="several questions"):
        Asked(catalogue.video("green.mp4"), Query("red", then=("blue",)))


def test_a_file_that_is_gone_gives_no_pictures(searcher: Searcher, home: Home) -> None:
    explained = why(searcher, home, "green.mp4", "red")
    explained.explanation.video.path.unlink()
    encoder = searcher.encoder
    occlusion = Occlusion(encoder.encode_frames, encoder.frame_spec)
    with pytest.raises(ReelwiseError, match="gives no frame"):
        look_into(explained, Looking(occlusion, occlusion, encoder.frame_spec), [0])


def test_runs_of_high_scores_are_best_and_flat_ones_are_not() -> None:
    times_s = np.arange(6) / 2
    scores = np.array([0.1, 0.9, 1.0, 0.1, 0.2, 0.95], np.float32)
    found = best_seconds(times_s, scores, 3.0, flat=0.02)
    assert [(each.start_s, each.end_s, each.peak_s) for each in found] == [
        (0.5, 1.5, 1.0),
        (2.5, 3.0, 2.5),
    ]
    assert best_seconds(times_s, scores / np.float32(100), 3.0, flat=0.02) == []


def test_what_speaks_is_covered_and_the_rest_is_clear(searcher: Searcher, home: Home) -> None:
    cells = np.zeros((4, 4), np.float32)
    cells[0, 0] = 1
    over = overlay(cells, 40, 40)
    assert over.shape == (40, 40, 4)
    assert over[2, 2, 3] > 120
    assert over[35, 35, 3] == 0
    assert overlay(np.zeros((4, 4), np.float32), 8, 8)[..., 3].max() == 0
    explanation = why(searcher, home, "red-blue.mp4", "red").explanation
    strengths = [strength_of(explanation, at) for at in range(len(explanation.scores))]
    assert max(strengths) == 1
    assert min(strengths) == pytest.approx(0.2)
