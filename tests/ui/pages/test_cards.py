import dataclasses
from datetime import UTC, datetime
from pathlib import Path

from data.catalogue.records import Video
from indexer.search.result import Hit
from recommender.answer.items import Item
from ui.pages import cards

HIT = Hit(1, 7, Path("/videos/a.mp4"), "A film", 4.0, 9.5, 0.3, 0.93, {})
ITEM = Item(1, 7, None, "A film", 0.8, "interest", None)
VIDEO = Video(
    id=7,
    path=Path("/videos/a.mp4"),
    title="A film",
    duration_s=9.0,
    width_px=320,
    height_px=180,
    fps=25.0,
    codec="h264",
    content_key="1",
    added_at=datetime(2026, 1, 1, tzinfo=UTC),
)
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def test_a_file_that_a_browser_cannot_play_is_recommended_as_a_preview() -> None:
    assert 'src="/api/v1/media/7"' in cards.video_card(ITEM, VIDEO, why="")
    for other in ({"codec": "hevc"}, {"path": Path("/videos/a.avi")}):
        video = dataclasses.replace(VIDEO, **other)
        assert 'src="/api/v1/previews/7"' in cards.video_card(ITEM, video, why="")
