"""`reelwise demo` on a library of ten and four films of photographs, and what it leaves behind."""

import json
from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.home import Home
from data.photo_films import films, photographs
from embeddings.words import speech
from tests.ui.conftest import ENCODER, REAL_READERS
from ui.cli import run
from ui.commands.everyday import demo
from ui.commands.everyday.photo_demo import Show, photo_demo
from ui.library import readers
from ui.library.documents import Document

pytestmark = pytest.mark.long(30)

N_VIDEOS = 10
FILMS = [film for film in films.FILMS if film.seen or film.said or film.written or film.sign]


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo-home")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "N_VIDEOS", N_VIDEOS)
    monkeypatch.setattr(demo, "N_PEOPLE", 5)
    monkeypatch.setattr(demo, "ENCODER", ENCODER)
    monkeypatch.setattr(films, "FILMS", FILMS)

    def heard_and_read(home: Home, show: Show) -> Document:
        with monkeypatch.context() as patch:
            patch.setattr(readers, "line_readers", REAL_READERS)
            return photo_demo(home, show)

    monkeypatch.setattr(demo, "photo_demo", heard_and_read)


def test_the_demo_does_the_main_job_and_tells_every_step(
    demo_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["demo", "--home", str(demo_home)]) == 0
    told = capsys.readouterr().out
    for step in ("1. 10 cartoons", "2. Indexed", "3. Three searches", "4. A search by example"):
        assert step in told
    assert "direction:" in told
    assert "order:" in told
    cartoons, photo_films = told.split("6. 4 films of photographs, 1 ")
    assert cartoons.count("<- right") + cartoons.count("<- wrong") == 4
    assert "5. Recommendations for two users" in cartoons
    assert "7. Indexed with the encoder starter" in photo_films
    assert (photo_films.count("<- right"), photo_films.count("<- wrong")) == (3, 0)
    assert "in the picture   <- right" in photo_films
    assert "[PLATFORM 9 CLOSED]   <- right" in photo_films
    assert "reelwise serve" in told


def test_it_leaves_videos_queries_captions_and_events(demo_home: Path) -> None:
    toons = demo_home / "toons"
    assert len(list(toons.glob("*.mp4"))) == N_VIDEOS
    header = {
        "queries.csv": "query,video,start_s,end_s",
        "captions.csv": "video,start_s,end_s,caption",
        "events.csv": "user,video,at,watched_s,duration_s,kind",
    }
    for name, columns in header.items():
        assert (toons / name).read_text(encoding="utf-8").splitlines()[0] == columns


def test_a_second_demo_decodes_nothing_and_is_one_document(
    demo_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["demo", "--home", str(demo_home), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["made"]["drawn"] is False
    assert (document["index"]["decoded"], document["index"]["unchanged"]) == (0, N_VIDEOS)
    assert [search["about"] for search in document["searches"]] == [
        "direction",
        "order",
        "what and where",
    ]
    assert document["evaluation"]["n"] > N_VIDEOS
    assert len(document["recommendations"]) == 2
    of_films = document["photo_films"]
    assert of_films["made"]["drawn"] is False
    assert (of_films["index"]["decoded"], of_films["index"]["unchanged"]) == (0, len(FILMS))
    found = {search["about"]: search["right"] for search in of_films["searches"]}
    assert found == {"seen": True, "said": True, "written": True}


def test_without_a_model_of_speech_the_spoken_search_is_left_out_and_that_is_said(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str, language: str | None) -> None:
        raise ReelwiseError("no model is here", fix="install one")

    monkeypatch.setattr(speech, "load_speech", missing)
    monkeypatch.setattr(readers, "line_readers", REAL_READERS)
    (demo_home / "photo_films/films/queries.csv").write_text(
        "query,video,start_s,end_s,channel\n"
        "the market opens,film-2.mp4,1,4,speech\na cat on a blanket,film-1.mp4,0,4,picture\n"
    )
    told: list[str] = []
    document = photo_demo(Home(demo_home), told.append)
    assert [search["about"] for search in document["searches"]] == ["seen"]
    assert "   speech is not transcribed: no model is here; install one" in told


def test_without_the_photographs_their_films_are_left_out_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photographs, "find_spec", lambda _name: None)
    told: list[str] = []
    document = photo_demo(Home(tmp_path / "home"), told.append)
    assert document == {
        "left_out": "the photograph chelsea.png is not here: scikit-image carries it"
    }
    assert told[0].startswith("6. Films of photographs are left out: the photograph chelsea.png")
    assert told[1].startswith("   pip install 'reelwise[offline]'")
    assert not (tmp_path / "home").exists()


def test_it_does_not_touch_a_library_of_another_encoder(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "ENCODER", "another")
    assert run(["demo", "--home", str(demo_home)]) == 1
    assert "reelwise demo --home FOLDER" in capsys.readouterr().err
