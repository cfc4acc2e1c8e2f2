"""Searching by a clip or a picture that is sent, once or by its id."""

from pathlib import Path

import pytest
from PIL import Image

from data.toons.library import ToonLibrary
from tests.ui.api.conftest import Client
from ui.api.finding import examples
from ui.library.library import Library


@pytest.fixture
def clip(toons: ToonLibrary) -> Path:
    return toons.folder / "toon-0003.mp4"


def test_an_example_is_kept_under_an_id_and_searched_by(client: Client, clip: Path) -> None:
    asking = client()
    with clip.open("rb") as file:
        given = asking.post("/examples", files={"file": ("mine.mp4", file)}).json()
    assert (given["kind"], given["name"]) == ("clip", "mine.mp4")
    assert given["size_bytes"] == clip.stat().st_size
    assert asking.get(f"/examples/{given['id']}").json() == given
    found = asking.get(f"/search?like={given['id']}&k=2").json()
    assert found["hits"][0]["title"] == "toon-0003"
    assert found["query"] == {"like": given["id"]}
    both = asking.get(f"/search?like={given['id']}@0-2&q=a red car&k=2")
    assert both.status_code == 200
    assert str(clip.parent) not in str(found["query"])


def test_a_body_of_its_own_is_an_example_too(client: Client, clip: Path) -> None:
    kind = {"content-type": "video/mp4"}
    given = client().post("/examples?name=a.mp4", content=clip.read_bytes(), headers=kind).json()
    assert (given["name"], given["size_bytes"]) == ("a.mp4", clip.stat().st_size)


def test_a_file_is_searched_by_at_once_and_read_on_by_cursor(client: Client, clip: Path) -> None:
    asking = client()
    with clip.open("rb") as file:
        first = asking.post("/search?k=2", files={"file": ("mine.mp4", file)}).json()
    assert first["hits"][0]["title"] == "toon-0003"
    more = {"like": first["query"]["like"], "k": 2, "cursor": first["next"]}
    second = asking.get("/search", params=more).json()
    assert [hit["rank"] for hit in second["hits"]] == [3, 4]


def test_a_picture_is_an_example(client: Client, tmp_path: Path) -> None:
    picture = tmp_path / "red.png"
    Image.new("RGB", (64, 64), "red").save(picture)
    with picture.open("rb") as file:
        given = client().post("/examples", files={"file": ("red.png", file)}).json()
    assert given["kind"] == "picture"
    assert client().get(f"/search?like={given['id']}&k=2").json()["hits"]
    part = client().get(f"/search?like={given['id']}@1-2")
    assert (part.status_code, part.json()["code"]) == (400, "wrong_parameter")


def test_what_is_no_example_is_called_what_it_is(client: Client, library: Library) -> None:
    answer = client().post("/examples", files={"file": ("fake.mp4", b"just some words\n" * 9)})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith('"fake.mp4" is ')
    assert "not a video" in answer.json()["error"]
    for files in ({"other": ("a.mp4", b"x")}, {"file": ("a.mp4", b"")}):
        assert client().post("/examples", files=files).status_code == 400
    both = client().post("/search?like=1", files={"file": ("a.mp4", b"x")})
    assert both.status_code == 400


def test_an_example_is_bounded_before_and_while_it_comes(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "MOST_BYTES", 1000)
    monkeypatch.setattr(examples, "PIECE_BYTES", 100)
    told = client().post("/examples", content=b"x" * 5000)
    assert (told.status_code, told.json()["code"]) == (413, "too_large")
    untold = client().post("/examples", content=iter([b"x" * 700, b"x" * 700]))
    assert (untold.status_code, untold.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("like", ["x-", "x-nothing", "x-../../catalogue.db", "x-" + "a" * 22])
def test_an_id_that_was_never_given_is_404(client: Client, like: str) -> None:
    answer = client().get("/search", params={"like": like})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_example")
