"""What owners change through the API: jobs, folders, what is left out; viewers change nothing."""

import pytest

from data.catalogue import FileRecord
from data.home import WriterLock
from tests.ui.api.library.conftest import Asked
from ui.library.jobs.estimate import note_speed
from ui.library.readers import WordOptions

pytestmark = pytest.mark.long(14)

CHANGES = [
    ("POST", "/jobs", {"kind": "train"}),
    ("POST", "/jobs/1/pause", None),
    ("POST", "/jobs/1/stop", None),
    ("POST", "/jobs/1/resume", None),
    ("GET", "/jobs", None),
    ("DELETE", "/library/roots?folder=/videos", None),
    ("POST", "/library/leave-out", {"videos": [1]}),
    ("POST", "/library/take-back", {"paths": ["/videos/a.mp4"]}),
    ("GET", "/library/health", None),
    ("GET", "/library/places", None),
    ("GET", "/library/roots", None),
    ("GET", "/library/problems", None),
    ("POST", "/library/problems/retry", {}),
    ("GET", "/library/duplicates", None),
    ("POST", "/library/paths", {"videos": [1]}),
    ("POST", "/library/duplicates/keep", {"videos": [1, 2]}),
    ("DELETE", "/library/duplicates/keep?videos=1", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_a_viewer_changes_nothing(
    asked: Asked, method: str, path: str, body: dict[str, object] | None
) -> None:
    before = asked.library.catalogue.changes()
    answer = asked.viewer.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "owners_only")
    assert asked.library.catalogue.changes() == before
    assert asked.library.jobs.all() == []


def test_a_library_that_is_being_changed_says_so_and_not_by_whom(asked: Asked) -> None:
    with WriterLock(asked.library.home):
        wanted = {"videos": [asked.ids["b.mp4"]]}
        told = asked.send("POST", "/library/leave-out", wanted, status=409)
    assert told["code"] == "library_busy"
    assert str(asked.library.home.root) not in told["error"]


def test_a_job_waits_pauses_stops_and_resumes(asked: Asked) -> None:
    how = {"paths": [str(asked.films)], "speech": "off", "screen_text": "auto",
           "encoder": "default"}  # fmt: skip
    job = asked.send("POST", "/jobs", {"kind": "index", "arguments": how})
    assert (job["state"], job["asked_by"]) == ("queued", "anna")
    # As the job reads them: each of them is an option of `reelwise index`.
    WordOptions(**job["arguments"]["words"]).check()
    assert job["arguments"]["encoder"] == "default"
    assert job["arguments"]["words"] == {"speech": "off", "screen_text": "auto"}
    where = f"/jobs/{job['id']}"
    assert asked.send("POST", f"{where}/pause")["state"] == "paused"
    assert asked.send("POST", f"{where}/resume")["state"] == "queued"
    assert asked.send("POST", f"{where}/stop")["state"] == "stopped"
    assert asked.send("POST", f"{where}/pause", status=409)["error"]
    assert asked.get("/jobs")["jobs"] == [asked.get(where)]
    assert asked.send("POST", "/jobs/77/stop", status=404)["code"] == "unknown_job"


@pytest.mark.parametrize(
    ("kind", "arguments", "status"),
    [
        ("index", {"paths": ["/etc"]}, 409),
        ("index", {"paths": ["/videos/../etc"]}, 409),
        ("index", {"paths": ["films"]}, 409),
        ("reindex", {"paths": ["/elsewhere/key.mp4"]}, 409),
        ("index", {}, 400),
        ("index", {"paths": []}, 400),
        ("train", {"paths": ["/videos"]}, 400),
        ("index", {"paths": ["/videos"], "encoder": "evil"}, 400),
        ("shell", {}, 400),
    ],
)
def test_a_job_reads_only_what_may_be_read(
    asked: Asked, kind: str, arguments: dict[str, object], status: int
) -> None:
    asked.send("POST", "/jobs", {"kind": kind, "arguments": arguments}, status)
    assert asked.library.jobs.all() == []


def test_folders_to_choose_are_those_below_the_roots(asked: Asked) -> None:
    assert asked.get("/library/places")["folders"] == [[str(asked.films)] * 2]
    inside = asked.get(f"/library/places?folder={asked.films}")
    assert inside["folders"] == [["trips", str(asked.films / "trips")]]
    assert inside["parent"] is None, "of a single root nothing is above"
    trips = asked.get(f"/library/places?folder={asked.films / 'trips'}")
    assert trips["parent"] == str(asked.films)
    asked.get(f"/library/places?folder={asked.films.parent}", 409)
    found = asked.get(f"/library/places/count?folder={asked.films}")
    assert (found["videos"], found["seconds"]) == (0, None)
    note_speed(asked.library.catalogue, 10**9, 100.0)
    assert asked.get(f"/library/places/count?folder={asked.films}")["seconds"] == 0


def test_a_video_that_is_left_out_is_gone_from_the_list_and_comes_back(asked: Asked) -> None:
    dropped = asked.send("POST", "/library/leave-out", {"videos": [asked.ids["b.mp4"]]})
    assert dropped == {"videos": 1, "paths": ["/videos/b.mp4"]}
    assert asked.get("/videos")["total"] == 2
    asked.send("POST", "/library/leave-out", {"videos": []}, 400)
    asked.send("POST", "/library/leave-out", {"paths": ["../x"]}, 400)
    # It is not there: nothing has to be passed over, so there is nothing to take back.
    assert asked.send("POST", "/library/take-back", {"paths": dropped["paths"]})["paths"] == []


def test_a_folder_is_removed_with_its_videos_and_no_other_can_be(asked: Asked) -> None:
    roots = asked.get("/library/roots")
    assert roots == [{"name": "videos", "folder": "/videos", "videos": 3, "here": False}]
    asked.send("DELETE", "/library/roots?folder=/etc", status=400)
    assert asked.send("DELETE", "/library/roots?folder=/videos")["videos"] == 3
    assert (asked.get("/library/roots"), asked.get("/videos")["total"]) == ([], 0)


def test_problems_have_kinds_and_are_filtered_by_them(asked: Asked) -> None:
    found = asked.get("/library/problems")
    assert (found["total"], found["kinds"]) == (1, {"cut_off": 1})
    row = found["problems"][0]
    assert (row["name"], row["kind"], row["here"], row["video"]) == (
        *("bad.mp4", "cut_off", False),
        None,
    )
    assert row["said"] is None
    assert asked.get("/library/problems?kind=damaged")["problems"] == []


def test_files_that_failed_are_tried_again_once(asked: Asked) -> None:
    bad, worse = (asked.films / name for name in ("bad.mp4", "worse.mp4"))
    for file in (bad, worse):
        file.write_bytes(b"bad")
        record = FileRecord(file, 3, 1, 9, None, reason="cut off: its end")
        asked.library.catalogue.files.put([record])
    retry = "/library/problems/retry"
    first = asked.send("POST", retry, {"paths": [str(bad)]})
    assert (first["kind"], first["state"], first["asked_by"]) == ("reindex", "queued", "anna")
    assert first["arguments"] == {"paths": [str(bad)]}
    assert asked.send("POST", retry, {"paths": [str(bad)]}) == first
    # All of them: what waits is left where it is, and what is not there now is left out.
    rest = asked.send("POST", retry, {})
    assert rest["arguments"] == {"paths": [str(worse)]}
    assert asked.send("POST", retry, {})["id"] == rest["id"]
    assert len(asked.get("/jobs")["jobs"]) == 2
    asked.send("POST", f"/jobs/{first['id']}/stop")
    again = asked.send("POST", retry, {"paths": [str(bad)]})
    assert again["id"] not in (first["id"], rest["id"])
    for odd in ({"paths": ["/videos/a.mp4"]}, {"paths": ["/videos/bad.mp4"]}, {"videos": [1]}):
        assert asked.send("POST", retry, odd, 409)["code"] == "cannot_answer"


def test_health_tells_what_the_library_holds(asked: Asked) -> None:
    found = asked.get("/library/health")
    assert (found["videos"], found["clips"], found["failed"]) == (3, 4, 1)
    assert found["channels"][0] == {"name": "seen", "percent": 75, "lines": 0, "failed": 1}
    assert found["recommender"]["fitted_at"] is None


def test_a_tag_given_to_many_can_be_taken_from_those_that_got_it(asked: Asked) -> None:
    a, b = asked.ids["a.mp4"], asked.ids["b.mp4"]
    asked.library.catalogue.tags.add(a, ["Sea"])
    given = asked.send("POST", "/tags", {"video_ids": [a, b], "tags": ["sea"]})["items"]
    changed = [each["video_id"] for each in given if each["changed"]]
    assert changed == [b]
    asked.send("DELETE", "/tags", {"video_ids": changed, "tags": ["sea"]})
    assert [each["video_id"] for each in asked.get("/videos?tag=sea")["items"]] == [a]


def test_paths_of_videos_come_in_their_order(asked: Asked) -> None:
    ids = [asked.ids["b.mp4"], asked.ids["a.mp4"]]
    found = asked.send("POST", "/library/paths", {"videos": ids})
    assert found["paths"] == ["/videos/b.mp4", "/videos/a.mp4"]
