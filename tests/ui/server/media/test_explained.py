"""What of a frame spoke, as a picture: made once, refused where the frame is not shown."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from indexer.heads.fitting.linear import fit_linear
from indexer.heads.inputs.examples import Examples
from indexer.heads.inputs.recipe import fit_recipe
from indexer.heads.models.answers import Answers
from indexer.heads.stored import save_head
from tests.data.review.made import find, set_policy
from tests.indexer.heads.test_stored import made_head
from tests.ui.server.media.test_withheld import OWNER, VIEWER, As
from ui.api.application import build_api
from ui.api.browsing.explanation import WhyAsked
from ui.api.served import Served
from ui.library.labelling.explaining import Explanations
from ui.library.library import Library
from ui.server.media import explained
from ui.server.media.frames import FrameSource


@pytest.fixture
def library(own_home: Path) -> Iterator[Library]:
    with Library(own_home) as library:
        yield library


@pytest.fixture
def api(library: Library) -> Iterator[As]:
    frames = FrameSource()
    app = build_api(Served(library), (explained.router,))
    app.state.overlays = explained.Overlays(library, frames)
    yield As(app)
    frames.close()


def test_an_overlay_covers_what_spoke_and_is_made_once(
    api: As, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(api)
    answer = client.get("/explanations/3?q=a+red+car&t=1")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    over = np.asarray(Image.open(io.BytesIO(answer.content)))
    video = library.catalogue.video(3)
    assert over.shape[2] == 4
    assert over.shape[1] / over.shape[0] == pytest.approx(video.width_px / video.height_px, 0.05)
    strength = over[..., 3]
    assert strength.max() > 100
    assert (strength < 20).mean() > 0.2

    def never(*_: object, **__: object) -> None:
        raise AssertionError("it is there already")

    monkeypatch.setattr(Explanations, "look", never)
    again = client.get("/explanations/3?q=a+red+car&t=1")
    assert again.content == answer.content


def test_what_is_withheld_or_blurred_has_no_overlay(api: As, library: Library) -> None:
    set_policy(library.catalogue)
    client = TestClient(api)
    find(library.catalogue, "fights", (3, 0.0, 2.0, 0.9))
    find(library.catalogue, "blood", (4, 0.0, 2.0, 0.9))
    for video, code in ((3, "withheld"), (4, "blurred")):
        answer = client.get(f"/explanations/{video}?q=a+red+car&t=1")
        assert answer.status_code == 404
        assert answer.json()["code"] == code
    told = client.get("/videos/3/explanation?q=a+red+car").json()
    assert min(each["time_s"] for each in told["frames"]) >= 2.0
    hidden = client.get("/videos/3/explanation?q=a+red+car&start=0.5&end=1.5")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "withheld")
    assert hidden.json()["fix"].endswith("show=1 gives it")
    shown = client.get("/videos/3/explanation?q=a+red+car&start=0.5&end=1.5&show=1").json()
    assert {each["time_s"] for each in shown["frames"]} <= {0.5, 1.0, 1.5}
    assert shown["clips"]
    whole = client.get("/videos/3/explanation?q=a+red+car&show=1").json()["frames"]
    assert whole[-len(told["frames"]) :] == told["frames"]
    assert whole[0]["time_s"] < 1
    api.visitor = VIEWER
    refused = client.get("/videos/3/explanation?q=a+red+car&show=1")
    assert (refused.status_code, refused.json()["code"]) == (403, "owners_only")
    hidden = client.get("/videos/3/explanation?q=a+red+car&start=0.5&end=1.5")
    assert "show=1" not in hidden.text
    assert client.get("/videos/4/explanation?q=a+red+car&show=1").status_code == 200
    assert client.get("/explanations/3?q=a+red+car&t=1&show=1").status_code == 403
    assert client.get("/explanations/4?q=a+red+car&t=1&show=1").status_code == 200
    api.visitor = OWNER
    assert client.get("/explanations/3?q=a+red+car&t=1&show=1").status_code == 200


def save_head_of_the_first_clip(library: Library, video_id: int) -> None:
    """Save a head, `time`, that says of a clip of this video whether it is the first one."""
    stored = library.searcher.stored(video_id)
    assert stored is not None
    examples = Examples(stored.clips.astype(np.float32))
    is_first = (stored.clip_spans[:, 0] == 0).astype(int)
    head = made_head("time")
    recipe = fit_recipe(examples, {}, salt="")
    answers = Answers(head.task, head.classes, is_first)
    model = fit_linear(recipe.rows(examples), answers, strength=1.0)
    encoder_id = library.searcher.encoder.id
    save_head(library.home, replace(head, recipe=recipe, model=model, encoder_id=encoder_id))


def test_what_a_head_says_of_another_stretch_has_an_overlay_of_its_own(
    api: As, library: Library
) -> None:
    save_head_of_the_first_clip(library, 3)
    client = TestClient(api)
    told, pictures = [], []
    for asked in ("head=time&end=0.6", "head=time"):
        told.append(client.get(f"/videos/3/explanation?{asked}").json()["label"])
        answer = client.get(f"/explanations/3?{asked}&t=0")
        assert answer.status_code == 200, answer.text
        pictures.append(answer.content)
    assert told == ["yes", "no"]
    assert pictures[0] != pictures[1]


def test_an_overlay_takes_the_parameters_of_the_explanation() -> None:
    added = {"t", "show"}
    assert set(WhyAsked.model_fields) | added == set(explained.OverlayWanted.model_fields)
