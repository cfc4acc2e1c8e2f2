"""Suggestions while somebody types: their own searches, tags, folders, titles."""

from tests.ui.api.conftest import Client
from ui.api.served import Visitor
from ui.library.library import Library


def test_what_was_typed_is_gone_on_with(client: Client, library: Library) -> None:
    (root,) = library.catalogue.files.roots()
    asking = client()
    asking.post("/recent-searches", json={"user": "tina", "address": {"q": "toothless toons"}})
    found = asking.get("/suggestions?prefix=toon&user=tina&k=20").json()["items"]
    assert [each["kind"] for each in found][:2] == ["search", "folder"]
    assert found[0]["address"] == {"q": "toothless toons"}
    assert found[1]["value"] == str(root)
    assert "title" in {each["kind"] for each in found}
    assert asking.get("/suggestions?prefix=t").json()["items"] == []
    assert "search" not in {
        each["kind"] for each in asking.get("/suggestions?prefix=toothless").json()["items"]
    }


def test_a_viewer_is_shown_no_path_and_nobody_elses_searches(
    client: Client, library: Library
) -> None:
    (root,) = library.catalogue.files.roots()
    viewer = client(Visitor("ben", "viewer"))
    answer = viewer.get("/suggestions?prefix=toon&k=20")
    assert str(root) not in answer.text
    folder = next(each for each in answer.json()["items"] if each["kind"] == "folder")
    inside = viewer.get("/videos", params={"folder": folder["value"]})
    assert inside.json()["total"] == 12
    assert viewer.get("/suggestions?prefix=toon&user=tina").status_code == 403
