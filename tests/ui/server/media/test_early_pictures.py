"""Pictures of new videos are there before anybody asks for them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ui.library.library import Library
from ui.library.pictured import picture_s
from ui.server.media.early_pictures import EarlyPictures, Ended
from ui.server.media.frames import FrameSource
from ui.server.media.pictures import Pictures
from ui.server.media.routes.media_routes import Files
from ui.server.media.turns import Unmade


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Iterator[Library]:
    own = shutil.copytree(home, tmp_path / "home", ignore=shutil.ignore_patterns("cache"))
    with Library(own) as opened:
        yield opened


@pytest.fixture
def pictures(library: Library) -> Iterator[Pictures]:
    frames = FrameSource()
    yield Files(library, frames).pictures
    frames.close()


def test_each_new_video_gets_the_picture_that_its_card_shows(
    library: Library, pictures: Pictures
) -> None:
    early = EarlyPictures(library, pictures)
    videos = library.catalogue.newest(100)
    assert early.make_new(lambda: None) == len(videos) > 0
    for video in videos:
        wanted = pictures.thumbnail(video.id, picture_s(video))
        assert isinstance(wanted, Unmade)
        assert wanted.ready() is not None
    assert early.make_new(lambda: None) == 0


def test_it_ends_with_the_server_and_goes_on_with_the_next(
    library: Library, pictures: Pictures
) -> None:
    looks = 0

    def end_at_the_third() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            raise Ended

    with pytest.raises(Ended):
        EarlyPictures(library, pictures).make_new(end_at_the_third)
    assert EarlyPictures(library, pictures).make_new(lambda: None) > 0
    with EarlyPictures(library, pictures, every_s=0.01) as running:
        pass
    assert not running._thread.is_alive()
