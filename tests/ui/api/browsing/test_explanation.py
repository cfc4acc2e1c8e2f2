"""Why a video is found, over the API."""

import pytest

from tests.ui.api.conftest import Client
from ui.library.library import Library


def test_the_seconds_that_speak_are_told_for_words_and_examples(
    client: Client, library: Library
) -> None:
    length_s = library.catalogue.video(3).duration_s
    for asked in ({"q": "a red car"}, {"like": "4@0-2"}):
        told = client().get("/videos/3/explanation", params=asked).json()
        times_s = [each["time_s"] for each in told["frames"]]
        assert times_s == sorted(times_s)
        assert times_s[-1] > length_s - 1.1
        assert told["unit"] == "cosine"
        assert told["overlay_url"] == "/api/v1/explanations/3"
        assert all(each["start_s"] < each["end_s"] for each in told["best"])
    part = client().get("/videos/3/explanation?q=a+red+car&start=1&end=3").json()
    assert all(1 <= each["time_s"] < 3 for each in part["frames"])
    moments = client().get("/search?q=a+red+car&in=picture&k=40").json()["hits"]
    best = next(each for each in moments if each["video_id"] == 3)
    inside = {"q": "a red car", "start": best["start_s"], "end": best["end_s"]}
    clips = client().get("/videos/3/explanation", params=inside).json()["clips"]
    assert best["score"] == pytest.approx(max(each["score"] for each in clips), abs=2e-3)


@pytest.mark.parametrize(
    ("asked", "status", "problem"),
    [
        ("q=a+dog", 404, "999"),
        ("", 400, "one thing can be explained"),
        ("q=a+dog&head=action", 400, "one thing can be explained"),
        ("q=a+dog&label=jump", 400, "one thing can be explained"),
        ("q=a+dog&start=5&end=5", 400, "before it begins"),
        ("q=a+dog&start=0&end=4000", 400, "beyond its end"),
        ("head=nosuch", 409, "there is no head"),
        ("q=zyx", 409, "knows none of these words"),
        ("like=x-nothing", 404, "no longer here"),
        ("q=a+dog&colour=red", 400, "colour"),
    ],
)
def test_what_cannot_be_explained_is_refused(
    client: Client, asked: str, status: int, problem: str
) -> None:
    video = 999 if problem == "999" else 3
    answer = client().get(f"/videos/{video}/explanation?{asked}")
    assert answer.status_code == status, answer.text
    assert problem in answer.json()["error"]
    assert answer.json()["fix"]
