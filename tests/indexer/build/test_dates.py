"""Recording dates of indexed videos."""

import os
from datetime import UTC, datetime
from pathlib import Path

from data.catalogue.catalogue import Catalogue
from data.home import resolve_home
from indexer.build.pipeline import index_library
from tests.data.lines.made import film
from tests.fakes import ColourEncoder


def test_an_indexed_video_has_the_date_of_its_container_else_of_its_file(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    videos.mkdir()
    plain = film(videos / "plain.mp4")
    os.utime(plain, (datetime(2020, 2, 3, 12, tzinfo=UTC).timestamp(),) * 2)
    film(videos / "dated.mp4", title="x", creation_time="2019-07-14T09:30:00Z")
    home = resolve_home(tmp_path / "home")
    index_library(home, [videos], ColourEncoder())
    with Catalogue(home) as catalogue:
        days = {video.path.stem: f"{video.recorded_at:%F}" for video in catalogue.videos()}
    assert days == {"plain": "2020-02-03", "dated": "2019-07-14"}
