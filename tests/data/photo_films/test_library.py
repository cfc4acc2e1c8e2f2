"""Films of photographs: what they show, say and have written, and the answers to their queries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.errors import ReelwiseError
from data.photo_films import library, photographs
from data.photo_films.drawing import FPS, HEIGHT_PX, WIDTH_PX, Shot, Sign, View, draw_shots
from data.photo_films.films import FILMS, PhotoFilm
from data.photo_films.library import QUERIES, Wanted, read_wanted, write_films
from data.photo_films.photographs import photograph
from data.video.children.pool import decode_one
from data.video.narration import Spoken
from data.video.types import DecodeRequest, FrameSpec, Pixels

COFFEE, ROCKET = "skimage/coffee.png", "skimage/rocket.jpg"
SHORT = PhotoFilm(
    "film-1.mp4",
    (Shot(COFFEE, 1, View(), View(2, 1, 1)), Shot(ROCKET, 1, View(), View())),
    sign=Sign("OPEN", 0.5, 1.5),
    spoken=Spoken(0.5, "The shop is open."),
    seen="coffee",
    said="the shop is open",
    written="open",
)


def part(name: str, left: float, top: float, width: float) -> Pixels:
    """A part of a photograph as wide as a film, by Pillow instead of the camera."""
    box = (left, top, left + width, top + width * HEIGHT_PX / WIDTH_PX)
    image = Image.fromarray(photograph(name))
    return np.asarray(image.resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.BILINEAR, box=box))


def distance(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def test_the_camera_begins_and_ends_where_it_should_and_cuts_to_the_next_photograph() -> None:
    frames = list(draw_shots(SHORT.shots))
    assert len(frames) == 2 * FPS
    last = part(COFFEE, 300, 400 - 300 * HEIGHT_PX / WIDTH_PX, 300)
    assert distance(frames[0], part(COFFEE, 0, (400 - 337.5) / 2, 600)) < 2
    assert distance(frames[FPS - 1], last) < 2 < distance(frames[FPS - 2], last)
    assert distance(frames[FPS], part(ROCKET, 0, (427 - 360) / 2, 640)) < 2


def test_the_sign_stands_in_its_interval_only() -> None:
    plain, signed = list(draw_shots(SHORT.shots)), list(draw_shots(SHORT.shots, SHORT.sign))
    changed = [distance(a, b) > 0 for a, b in zip(plain, signed, strict=True)]
    assert np.flatnonzero(changed).tolist() == list(range(FPS // 2, 3 * FPS // 2))


def test_without_a_voice_what_is_said_is_a_subtitle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "can_speak", lambda: False)
    wanted = write_films(tmp_path / "films", [SHORT])
    assert (
        wanted
        == read_wanted(tmp_path / "films")
        == [
            Wanted("the shop is open", "film-1.mp4", 0.5, 3.5, "subtitle"),
            Wanted("open", "film-1.mp4", 0.5, 1.5, "screen"),
            Wanted("coffee", "film-1.mp4", 0.0, 1.0, "picture"),
        ]
    )
    names = {path.name for path in (tmp_path / "films").iterdir()}
    assert names == {"film-1.mp4", "film-1.srt", QUERIES}
    srt = (tmp_path / "films" / "film-1.srt").read_text(encoding="utf-8")
    assert srt == "1\n00:00:00,500 --> 00:00:03,500\nThe shop is open.\n\n"


def test_with_a_voice_the_film_is_narrated_and_old_subtitles_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def narrate(film: Path, to: Path, spoken: list[Spoken]) -> list[tuple[float, float]]:
        assert (film, spoken) == (to, [SHORT.spoken])
        return [(0.5, 1.25)]

    monkeypatch.setattr(library, "can_speak", lambda: True)
    monkeypatch.setattr(library, "narrate", narrate)
    (tmp_path / "film-1.srt").write_text("of another time")
    first, *_ = write_films(tmp_path, [SHORT])
    assert first == Wanted("the shop is open", "film-1.mp4", 0.5, 1.25, "speech")
    assert {path.name for path in tmp_path.iterdir()} == {"film-1.mp4", QUERIES}
    request = DecodeRequest(tmp_path / "film-1.mp4", FrameSpec(WIDTH_PX, HEIGHT_PX), fps=10.0)
    pixels, _, ending = decode_one(request)
    assert (ending.state, len(pixels)) == ("done", 2 * FPS)


def test_what_cannot_be_made_whole_is_not_begun(tmp_path: Path) -> None:
    other = replace(SHORT, name="film-2.mp4", shots=(Shot("skimage/none.png", 1, View(), View()),))
    with pytest.raises(ReelwiseError, match=r"none\.png is not here: scikit-image carries it"):
        write_films(tmp_path / "films", [SHORT, other])
    assert not (tmp_path / "films").exists()


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "find_spec", lambda _name: None)
    with pytest.raises(ReelwiseError) as error:
        photograph("sklearn/china.jpg")
    assert error.value.fix.endswith("(or only that: pip install scikit-learn)")


def test_there_is_one_query_each_for_what_is_seen_said_and_written() -> None:
    queries = [query for film in FILMS for query in (film.seen, film.said, film.written) if query]
    assert len(queries) == 3
    assert all(bool(film.spoken) >= bool(film.said) for film in FILMS)
    assert all(bool(film.sign) >= bool(film.written) for film in FILMS)
