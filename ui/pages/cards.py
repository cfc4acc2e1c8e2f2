"""The HTML of what is shown: a moment or a video that plays in place, a heading, an empty state.

Everything that comes from a file or a person is escaped here.
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

from ui.terminal.text import clock, span

Shown = dict[str, Any]
Moment = tuple[float, float]
"""(start_s, end_s)"""


def heading(title: str, subtitle: str) -> str:
    """The head of a page."""
    return f'<div class="rw-head"><h1>{escape(title)}</h1><p>{escape(subtitle)}</p></div>'


def empty(title: str, advice: str, *commands: str) -> str:
    """What a page shows when there is nothing to show: what is missing and what to do."""
    code = "".join(f"<code>{escape(command)}</code>" for command in commands)
    return (
        f'<div class="rw-empty"><b>{escape(title)}</b>{escape(advice)}'
        f'<div class="rw-commands">{code}</div></div>'
    )


def moment_card(hit: Shown, *, as_it_is: bool = True) -> str:
    """A found moment, playable from its start, with its time, relevance and title.

    Args:
        hit: A hit of a search document.
        as_it_is: The browser plays the file itself; else a preview is made of it.
    """
    start_s, end_s = float(hit["start_s"]), float(hit["end_s"])
    relevance = float(hit["relevance"])
    # A frame from inside the moment says more than the one at the cut.
    picture_s = (2 * start_s + end_s) / 3
    moment = (start_s, end_s)
    player = _player(str(hit["video_id"]), moment, picture_s=picture_s, as_it_is=as_it_is)
    return (
        f'<div class="rw-card" data-rank="{int(hit["rank"])}">'
        f'<div class="rw-frame">{player}'
        f'<span class="rw-badge">{escape(span(start_s, end_s))}</span>'
        f'<span class="rw-badge rw-right">{relevance:.2f}</span></div>'
        f'<div class="rw-text">{_title(hit)}'
        f'<div class="rw-bar" title="relevance {relevance:.2f}">'
        f'<i style="width:{100 * relevance:.0f}%"></i></div></div></div>'
    )


def video_card(item: Shown, *, duration_s: float, why: str, as_it_is: bool = True) -> str:
    """A whole video that is recommended, with the reason."""
    picture_s = duration_s / 3
    player = _player(str(item["video_id"]), None, picture_s=picture_s, as_it_is=as_it_is)
    return (
        f'<div class="rw-card" data-rank="{int(item["rank"])}">'
        f'<div class="rw-frame">{player}'
        f'<span class="rw-badge">{escape(clock(duration_s))}</span></div>'
        f'<div class="rw-text">{_title(item)}<div class="rw-why">{escape(why)}</div></div></div>'
    )


def _title(shown: Shown) -> str:
    path = str(shown["path"])
    name = path.rpartition("/")[2]
    return (
        f'<div class="rw-title">{escape(str(shown["title"]))}</div>'
        f'<div class="rw-sub" title="{escape(path, quote=True)}">{escape(name)}</div>'
    )


def _player(video_id: str, moment: Moment | None, *, picture_s: float, as_it_is: bool) -> str:
    """A video element that loads nothing before it is played, and then only the ranges it needs."""
    number = quote(video_id, safe="")
    if as_it_is:
        source = f"media/{number}" + (f"#t={moment[0]:.2f},{moment[1]:.2f}" if moment else "")
    else:
        source = f"previews/{number}" + (
            f"?start={moment[0]:.2f}&amp;end={moment[1]:.2f}" if moment else ""
        )
    return (
        f'<video controls playsinline preload="none" data-video-id="{number}" '
        f'poster="/api/thumbs/{number}?t={picture_s:.2f}" src="/api/{source}"></video>'
    )
