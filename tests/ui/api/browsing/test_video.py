"""One video: what is known of it, and how well a question fits each second of it."""

from data.catalogue.predictions import KnownHead, Prediction
from tests.ui.api.conftest import Client
from ui.api.served import Visitor
from ui.library.library import Library


def test_a_video_tells_its_files_channels_and_shots(client: Client, library: Library) -> None:
    known = library.catalogue.video(3)
    told = client().get("/videos/3").json()
    assert (told["title"], told["duration_s"], told["codec"]) == (
        known.title,
        known.duration_s,
        known.codec,
    )
    assert [each["path"] for each in told["files"]] == [str(known.path)]
    assert told["plays"] is True
    assert told["cuts_s"] == sorted(told["cuts_s"])
    assert {each["channel"] for each in told["channels"]} >= {"title"}
    viewer = client(Visitor("ben", "viewer")).get("/videos/3")
    assert str(known.path.parent) not in viewer.text
    assert client().get("/videos/999").json()["code"] == "unknown_video"


def test_lines_are_those_of_the_video_in_order_of_time(client: Client) -> None:
    lines = client().get("/videos/3/lines").json()["items"]
    assert lines
    assert [each["start_s"] for each in lines] == sorted(each["start_s"] for each in lines)
    titles = client().get("/videos/3/lines?channel=title").json()["items"]
    assert {each["channel"] for each in titles} == {"title"}
    assert client().get("/videos/3/lines?channel=smell").status_code == 400


def test_a_video_and_the_library_tell_what_was_seen(client: Client, library: Library) -> None:
    asked = client()
    assert asked.get("/tags/automatic").json()["items"] == []
    said = asked.get("/videos/3").json()["keywords"]
    assert all(each["line"] and each["channel"] != "tag" for each in said)
    encoder = library.catalogue.encoder
    assert encoder is not None
    catalogue = library.catalogue
    head = KnownHead(0, "tags", "r", encoder, "several", ("boat", "tree"), ())
    clips = catalogue.clips_of(encoder, [3])
    try:
        number = catalogue.predictions.begin(head)
        row = Prediction(int(clips.ids[-1]), "boat", 0.75, chosen=True)
        catalogue.predictions.put(number, [row])
        items = asked.get("/tags/automatic").json()["items"]
        first = asked.get("/videos/3").json()["keywords"][0]
    finally:
        catalogue.predictions.drop("tags")
    assert items == [{"tag": "boat", "videos": 1, "clips": 1, "kind": "", "german": None}]
    assert (first["text"], first["channel"], first["score"]) == ("boat", "tag", 0.75)
    assert (first["start_s"], first["line"]) == (round(float(clips.starts_s[-1]), 3), None)


def test_scores_cover_the_video_and_name_its_moments(client: Client, library: Library) -> None:
    length_s = library.catalogue.video(3).duration_s
    for asked in ({"q": "a red car"}, {"like": "4@0-2"}):
        told = client().get("/videos/3/scores", params=asked).json()
        assert len(told["heights"]) * told["step_s"] >= length_s
        assert all(0 <= each <= 1 for each in told["heights"])
        assert all(0 <= each["start_s"] < each["end_s"] for each in told["moments"])
    itself = client().get("/videos/3/scores?like=3").json()
    other = client().get("/videos/4/scores?like=3").json()
    assert max(itself["heights"]) > max(other["heights"])
    assert client().get("/videos/3/scores").status_code == 400


def test_a_search_within_folders_finds_nothing_elsewhere(client: Client, library: Library) -> None:
    (root,) = library.catalogue.files.roots()
    inside = client().get("/search", params={"q": "a red car", "folder": root.name}).json()
    assert inside["hits"]
    answer = client().get("/search", params={"q": "a red car", "folder": [root.name, "nowhere"]})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_folder")
