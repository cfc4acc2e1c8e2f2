"""`reelwise demo` on a library of ten, and what it leaves behind."""

import json
from pathlib import Path

import pytest

from tests.ui.conftest import ENCODER
from ui.cli import run
from ui.commands.everyday import demo

N_VIDEOS = 10


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo-home")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "N_VIDEOS", N_VIDEOS)
    monkeypatch.setattr(demo, "N_PEOPLE", 5)
    monkeypatch.setattr(demo, "ENCODER", ENCODER)


def test_the_demo_does_the_main_job_and_tells_every_step(
    demo_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["demo", "--home", str(demo_home)]) == 0
    told = capsys.readouterr().out
    for step in ("1. 10 cartoons", "2. Indexed", "3. Three searches", "4. A search by example"):
        assert step in told
    assert "direction:" in told
    assert "order:" in told
    assert told.count("<- right") + told.count("<- wrong") == 4
    assert "5. Recommendations for two users" in told
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


def test_it_does_not_touch_a_library_of_another_encoder(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "ENCODER", "another")
    assert run(["demo", "--home", str(demo_home)]) == 1
    assert "reelwise demo --home FOLDER" in capsys.readouterr().err
