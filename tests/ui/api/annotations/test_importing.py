"""Labels of a file through the API: what was taken is counted, what was left out is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from tests.data.annotations.faulty import HEADER, faulty_rows
from tests.ui.api.annotations.conftest import asking, get
from ui.api.annotations.importing import MOST_BYTES
from ui.api.served import Visitor
from ui.library.library import Library
from ui.server.edge.uploads import is_upload

BAD = faulty_rows("v02.mp4", "red", "blue")
CSV = f"{HEADER}v00.mp4,0,4,red\nv01.mp4,0,4,blue\n{BAD}v00.mp4,0.0,4.0,blue\n"
SAID = {
    4: ("unknown_video", {"video": "nowhere.mp4"}),
    5: ("no_stretch", {}),
    6: ("beyond", {"start": 4000.0, "end": 8.0}),
    7: ("no_label", {}),
    8: ("one_label", {}),
}
COCO = {
    "videos": [{"id": 7, "file_name": "v03.mp4"}],
    "categories": [{"id": 1, "name": "green"}],
    "annotations": [
        {"video_id": 7, "segment": [0, 4], "category_id": 1},
        {"video_id": 7, "segment": [4, 8], "category_id": 2},
    ],
}
STUDIO = [
    {
        "data": {"video": "v04.mp4"},
        "annotations": [
            {"result": [{"type": "labels", "value": {"start": 0, "end": 4, "labels": ["red"]}}]}
        ],
    }
]


@pytest.fixture
def ann(library: Library) -> TestClient:
    """An owner who has signed in."""
    return asking(library, Visitor("ann", "owner"))


def sent(
    client: TestClient, content: str | bytes, status: int = 200, name: str = "mine.csv", **how: str
) -> Any:
    form = {"file": (name, content)}
    answer = client.post("/annotations/colours/import", files=form, params=how)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_good_rows_are_kept_and_others_are_named_with_their_lines(ann: TestClient) -> None:
    found = sent(ann, CSV, task="classes")
    assert [found[name] for name in ("added", "changed", "failed")] == [2, 0, 5]
    said = {each["line"]: each["said"] for each in found["troubles"]}
    assert {line: (each["name"], each["values"]) for line, each in said.items()} == SAID
    assert found["set"]["counts"] == {"blue": 2}
    log = get(ann, "/annotations/colours/log")["items"]
    assert {(each["who"], each["source"]) for each in log} == {("ann", "import")}
    again = sent(ann, CSV)
    assert (again["added"], again["failed"]) == (0, 5)
    changed = sent(ann, "video,start_s,end_s,label\nv01.mp4,0,4,red\n")
    assert (changed["added"], changed["changed"]) == (1, 1)
    # All rows of an import are taken back together.
    assert len(ann.post("/annotations/colours/undo", json={}).json()["items"]) == 1
    assert len(ann.post("/annotations/colours/undo", json={}).json()["items"]) == 2
    assert get(ann, "/annotations/colours")["labelled"] == 0


def test_json_of_coco_and_of_label_studio_comes_by_its_content(ann: TestClient) -> None:
    found = sent(ann, json.dumps(COCO), name="coco")
    assert (found["added"], found["set"]["labels"]) == (1, ["green"])
    (left,) = found["troubles"]
    assert (left["line"], left["said"]["name"]) == (2, "no_label")
    whole = json.dumps(STUDIO).encode("utf-8-sig")
    answer = ann.post("/annotations/colours/import?name=studio.json", content=whole)
    assert answer.json()["set"]["counts"] == {"green": 1, "red": 1}
    again = ann.get("/annotations/colours/export?format=json").content
    assert sent(ann, again)["known"] == 2


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        (b"", 400, "empty"),
        (b"PAR1" + b"x" * 100, 409, "is a Parquet file"),
        (b"[[[[", 409, "cannot be read as JSON"),
        (b"{}", 409, "neither videos and annotations"),
        (b"video,label\n", 409, "has no rows"),
        (b"film,label\na,b\n", 409, "video"),
        (b"video,label\nnowhere.mp4,red\n", 409, "no row of mine.csv can be used"),
        (b"\xff\xfe\x00", 409, "mine.csv"),
        (b'video,label\n"a,b\n', 409, "mine.csv"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_leaves_nothing(
    ann: TestClient, content: bytes, status: int, told: str
) -> None:
    refused = sent(ann, content, status)
    assert told in refused["error"]
    assert "/tmp" not in refused["error"] + refused["fix"]
    assert "--home" not in refused["fix"]
    assert get(ann, "/annotations")["items"] == []


def test_rows_of_parquet_are_not_unpacked(ann: TestClient, tmp_path: Path) -> None:
    file = tmp_path / "many.parquet"
    pq.write_table(pa.table({"video": ["v00.mp4"] * 10, "label": ["red"] * 10}), file)
    assert sent(ann, file.read_bytes(), 409)["fix"] == "send the labels as CSV or JSON"


def test_several_columns_of_labels_need_one_that_is_named(ann: TestClient) -> None:
    rows = "video,label_a,label_b\nv00.mp4,red,1\nv01.mp4,blue,2\n"
    refused = sent(ann, rows, 409)
    assert refused["fix"] == "name one of them: label_column=NAME"
    assert sent(ann, rows, label_column="label_a")["added"] == 2


def test_it_is_for_owners_in_their_own_name_and_of_a_few_megabytes(
    ann: TestClient,
    library: Library,
) -> None:
    rows = "video,label\nv00.mp4,red\nv01.mp4,blue\n"
    assert sent(ann, rows, 403, by="ben")["code"] == "not_yours"
    viewer = asking(library, Visitor("cid", "viewer"))
    assert sent(viewer, rows, 403)["code"] == "owners_only"
    nobody = asking(library, Visitor(None, "owner"))
    assert "by is missing" in sent(nobody, rows, 400)["error"]
    large = b"video,label\n" + b"v00.mp4,red\n" * (MOST_BYTES // 12 + 1)
    assert sent(ann, large, 413)["code"] == "too_large"
    pieces = ann.post("/annotations/colours/import", content=iter([large[:1000], large]))
    assert pieces.status_code == 413
    assert get(ann, "/annotations")["items"] == []
    assert sent(nobody, rows, by="ben")["added"] == 2


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("/api/v1/annotations/colours/import", True),
        ("/api/v1/annotations/colours/labels", False),
        ("/api/v1/annotations/a/b/import", False),
        ("/api/v1/annotations/colours/import/x", False),
    ],
)
def test_only_this_route_takes_more_than_other_bodies(path: str, *, is_one: bool) -> None:
    assert is_upload({"path": path, "method": "POST"}) is is_one
