"""HTML of the pages: a moment or a video that plays in place, a heading, an empty state.

Everything that comes from a file or a person is escaped here.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ui.terminal.text import clock, span

if TYPE_CHECKING:
    from data.catalogue.records import Video
    from indexer.search.ranking import Hit
    from recommender.answer.items import Item

PLAYABLE_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv")
PLAYABLE_CODECS = ("h264", "vp8", "vp9", "av1")


def is_playable(video: Video) -> bool:
    """Whether a browser plays the file itself; else it gets a preview."""
    return video.path.suffix.lower() in PLAYABLE_SUFFIXES and video.codec in PLAYABLE_CODECS


def heading(title: str, subtitle: str) -> str:
    """The head of a page."""
    return f'<div class="rw-head"><h1>{escape(title)}</h1><p>{escape(subtitle)}</p></div>'


def empty(title: str, advice: str, *commands: str) -> str:
    """An empty state: what is missing and what to do."""
    code = "".join(f"<code>{escape(command)}</code>" for command in commands)
    return (
        f'<div class="rw-empty"><b>{escape(title)}</b>{escape(advice)}'
        f'<div class="rw-commands">{code}</div></div>'
    )


def moment_card(hit: Hit, *, playable: bool = True) -> str:
    """A moment, playable from its start, with its time, relevance and title."""
    # A frame from inside the moment says more than the one at the cut.
    picture_s = (2 * hit.start_s + hit.end_s) / 3
    if playable:
        source = f"media/{hit.video_id}#t={hit.start_s:.2f},{hit.end_s:.2f}"
    else:
        source = f"previews/{hit.video_id}?start={hit.start_s:.2f}&amp;end={hit.end_s:.2f}"
    return (
        f'<div class="rw-card" data-rank="{hit.rank}">'
        f'<div class="rw-frame">{_player(hit.video_id, source, picture_s)}'
        f'<span class="rw-badge">{span(hit.start_s, hit.end_s)}</span>'
        f'<span class="rw-badge rw-right">{hit.relevance:.2f}</span></div>'
        f'<div class="rw-text">{_title(hit.title, hit.path)}'
        f'<div class="rw-bar" title="relevance {hit.relevance:.2f}">'
        f'<i style="width:{100 * hit.relevance:.0f}%"></i></div></div></div>'
    )


def video_card(item: Item, video: Video, *, why: str) -> str:
    """A recommended video with the reason."""
    source = f"{'media' if is_playable(video) else 'previews'}/{video.id}"
    return (
        f'<div class="rw-card" data-rank="{item.rank}">'
        f'<div class="rw-frame">{_player(video.id, source, video.duration_s / 3)}'
        f'<span class="rw-badge">{clock(video.duration_s)}</span></div>'
        f'<div class="rw-text">{_title(item.title, video.path)}'
        f'<div class="rw-why">{escape(why)}</div></div></div>'
    )


def _title(title: str, path: Path) -> str:
    return (
        f'<div class="rw-title">{escape(title)}</div>'
        f'<div class="rw-sub" title="{escape(str(path), quote=True)}">{escape(path.name)}</div>'
    )


def _player(video_id: int, source: str, picture_s: float) -> str:
    """A video element that loads nothing before it is played, and then only the ranges it needs."""
    return (
        f'<video controls playsinline preload="none" data-video-id="{video_id}" '
        f'poster="/api/thumbs/{video_id}?t={picture_s:.2f}" src="/api/{source}"></video>'
    )
