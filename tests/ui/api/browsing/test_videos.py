"""Lists of videos: any place at once, page by page without gap, by folder, month and tag."""

from pathlib import Path

import pytest

from data.errors import ReelwiseError
from tests.ui.api.conftest import Client
from ui.api.served import Visitor
from ui.library.folder_names import FolderNames, NoSuchFolder
from ui.library.library import Library


def test_a_list_is_the_same_by_places_and_by_cursors(client: Client) -> None:
    asking = client()
    whole = asking.get("/videos?sort=title&k=200").json()
    ids = [each["video_id"] for each in whole["items"]]
    assert (whole["total"], len(ids), whole["next"]) == (12, 12, None)
    titles = [each["title"].casefold() for each in whole["items"]]
    assert titles == sorted(titles)
    window = asking.get("/videos?sort=title&offset=7&k=3").json()
    assert [each["video_id"] for each in window["items"]] == ids[7:10]
    read, cursor = [], ""
    for _ in range(3):
        part = asking.get(f"/videos?sort=title&k=5{cursor}").json()
        read += [each["video_id"] for each in part["items"]]
        cursor = f"&cursor={part['next']}"
    assert read == ids
    assert part["next"] is None
    assert asking.get("/videos?sort=title&offset=50").json()["items"] == []


def test_a_cursor_goes_on_after_its_video_and_belongs_to_its_list(
    client: Client, library: Library
) -> None:
    asking = client()
    first = asking.get("/videos?sort=title&k=4").json()
    other = asking.get(f"/videos?sort=length&cursor={first['next']}")
    assert (other.status_code, other.json()["code"]) == (400, "wrong_cursor")
    both = asking.get(f"/videos?sort=title&offset=3&cursor={first['next']}")
    assert both.status_code == 400


def test_folders_have_names_without_a_path_of_the_server(client: Client, library: Library) -> None:
    (root,) = library.catalogue.files.roots()
    (top,) = client().get("/folders").json()["items"]
    assert (top["name"], top["videos"], top["path"]) == (root.name, 12, str(root))
    viewer = client(Visitor("ben", "viewer"))
    assert viewer.get("/folders").json()["items"][0]["path"] is None
    found = viewer.get("/videos", params={"folder": root.name, "k": 2}).json()
    assert found["total"] == 12
    assert {each["path"] for each in found["items"]} == {None}
    assert str(root) not in viewer.get("/videos?k=200").text
    assert client().get("/videos", params={"folder": str(root)}).json()["total"] == 12
    for wrong in (str(root), f"{root.name}/..", "nowhere"):
        answer = viewer.get("/videos", params={"folder": wrong})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_folder")


def test_two_folders_of_one_name_are_told_apart() -> None:
    names = FolderNames([Path("/a/films"), Path("/b/films"), Path("/a/films/old")])
    assert list(names.roots) == ["films", "old", "films (2)"]
    assert names.name_of(Path("/b/films/x/y")) == "films (2)/x/y"
    assert names.path_of("films (2)/x/y") == Path("/b/films/x/y")
    assert names.name_of(Path("/a/films/old/z")) == "old/z"
    assert names.name_of(Path("/c")) is None
    with pytest.raises(NoSuchFolder):
        names.path_of("films/../../etc")


def test_months_add_up_to_the_list(client: Client) -> None:
    months = client().get("/videos/months?sort=date").json()["items"]
    assert sum(each["videos"] for each in months) == 12
    assert client().get("/videos/months?sort=title").status_code == 400


def test_tags_are_an_owners_to_give_and_everybodys_to_look_for(client: Client) -> None:
    asking, given = client(), {"video_ids": [1, 2], "tags": ["Red Kite"]}
    assert asking.post("/tags", json=given).json()["items"] == [
        {"video_id": 1, "tags": ["Red Kite"], "changed": True},
        {"video_id": 2, "tags": ["Red Kite"], "changed": True},
    ]
    viewer = client(Visitor("ben", "viewer"))
    assert {"tag": "Red Kite", "videos": 2} in viewer.get("/tags").json()["items"]
    assert viewer.get("/videos?tag=red kite").json()["total"] == 2
    for method, path in (("POST", "/tags"), ("DELETE", "/tags"), ("PUT", "/videos/1/tags/x")):
        answer = viewer.request(method, path, json=given)
        assert (answer.status_code, answer.json()["code"]) == (403, "owners_only")
    assert asking.delete("/videos/1/tags/red%20kite").json()["tags"] == []
    asking.request("DELETE", "/tags", json=given)
    assert asking.get("/videos/2/tags").json()["items"] == []
    odd = asking.put("/videos/2/tags/a%2Fb%20c").json()
    assert odd == {"video_id": 2, "tags": ["a/b c"], "changed": True}
    asking.delete("/videos/2/tags/a%2Fb%20c")
    gone = asking.post("/tags", json={"video_ids": [1, 999], "tags": ["x"]})
    assert gone.status_code == 404
    assert asking.get("/videos?tag=x").json()["total"] == 0


def test_failures_are_for_owners(client: Client) -> None:
    assert client().get("/failures").json()["items"] == []
    assert client(Visitor("ben", "viewer")).get("/failures").status_code == 403


def test_a_viewer_learns_no_path_of_the_server(client: Client, library: Library) -> None:
    viewer = client(Visitor("ben", "viewer"))
    for path in ("/status", "/search?q=a red car", "/similar?video=1", "/recommend", "/folders"):
        answer = viewer.get(path)
        assert answer.status_code == 200, path
        assert "/tmp" not in answer.text, path


def test_what_goes_wrong_tells_a_viewer_no_place_of_the_server(
    client: Client, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root,) = library.catalogue.files.roots()
    told = f"there is no example file {root}/x.mp4 of {library.home.root}"

    def fail(*_: object, **__: object) -> None:
        raise ReelwiseError(told, fix=f"look into {root}")

    monkeypatch.setattr(Library, "find", fail)
    assert client().get("/search?q=a").json()["error"] == told
    answer = client(Visitor("ben", "viewer")).get("/search?q=a")
    assert answer.json()["error"].startswith(f"there is no example file {root.name}/x.mp4 of ")
    assert str(root.parent) not in answer.text
    assert str(library.home.root) not in answer.text
