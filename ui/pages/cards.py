"""How the pages look: their style, and the HTML of moments, videos, headings and empty states.

Everything that comes from a file or a person is shown by the functions below, which escape it.
Streamlit's own labels and messages are Markdown, which fetches pictures: they hold fixed words
only.
"""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TypeVar

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from data.catalogue import Video
from data.errors import ReelwiseError
from data.printable import printable
from recommender.answer.items import Item
from ui.api.links import media_url, preview_url, thumb_url
from ui.library.documents import is_gone
from ui.terminal.text import clock

Card = TypeVar("Card")

CARDS_PER_ROW = 3
LINES_SHOWN = 2
"""Lines of a moment that its card shows."""
PLAYABLE_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv")
PLAYABLE_CODECS = ("h264", "vp8", "vp9", "av1")


STYLE = """
<style>
  .rw-head { margin: 0 0 .4rem 0; }
  .rw-head h1 { font-size: 1.9rem; font-weight: 700; letter-spacing: -.02em; margin: 0;
                padding: 0; }
  .rw-head p { color: var(--rw-mute); margin: .2rem 0 0 0; }
  .rw-card { border-radius: .7rem; overflow: hidden; background: var(--rw-bg);
             box-shadow: 0 1px 3px rgba(16,32,29,.14); border: 1px solid var(--rw-line); }
  /* Light until its picture has come; then the picture has dark bars where it is narrow. */
  .rw-card .rw-frame { position: relative; background: var(--rw-picture); aspect-ratio: 16 / 9; }
  .rw-card video, .rw-card img { width: 100%; height: 100%; display: block; object-fit: contain; }
  .rw-badge { position: absolute; top: .5rem; left: .5rem; padding: .1rem .45rem; font-size: .78rem;
              border-radius: .4rem; color: #fff; background: rgba(10,20,18,.72);
              pointer-events: none; font-variant-numeric: tabular-nums; }
  .rw-badge.rw-right { left: auto; right: .5rem; }
  .rw-text { padding: .55rem .75rem .65rem .75rem; }
  .rw-badge.rw-low { top: 2.1rem; }
  .rw-card h3.rw-title { font-size: 1rem; margin: 0; padding: 0; letter-spacing: 0; }
  .rw-title { font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .rw-sub { color: var(--rw-mute); font-size: .82rem; white-space: nowrap; overflow: hidden;
            text-overflow: ellipsis; }
  .rw-why { color: var(--rw-accent); font-size: .84rem; margin-top: .15rem; }
  .rw-said { font-size: .84rem; margin-top: .3rem; overflow-wrap: anywhere; }
  .rw-said span { color: var(--rw-mute); font-variant-numeric: tabular-nums; }
  .rw-said mark { background: var(--rw-mark); color: inherit; border-radius: .2rem; }
  .rw-bar { height: 4px; border-radius: 2px; background: var(--rw-line); margin-top: .45rem; }
  .rw-bar i { display: block; height: 100%; border-radius: 2px; background: var(--rw-accent); }
  .rw-empty { text-align: center; padding: 3.2rem 1rem; color: var(--rw-mute);
              border: 1px dashed var(--rw-line); border-radius: .8rem; background: var(--rw-bg); }
  .rw-empty b { color: var(--rw-ink); font-size: 1.1rem; display: block; margin-bottom: .4rem; }
  .rw-empty code { background: var(--rw-soft); padding: .15rem .45rem; border-radius: .35rem;
                   color: var(--rw-ink); }
  .rw-commands { margin-top: 1.2rem; display: flex; gap: .6rem; justify-content: center; }
  .rw-label-space { height: 1.25rem; }
  div dl.rw-figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr));
                gap: .8rem; margin: .4rem 0; padding: 0; }  /* above Streamlit: 2rem */
  .rw-figures div { border: 1px solid var(--rw-line); border-radius: .6rem; padding: .6rem .9rem; }
  .rw-figures dt { color: var(--rw-mute); font-size: .84rem; }
  .rw-figures dd { margin: 0; font-size: 1.35rem; font-weight: 600; overflow: hidden;
                   text-overflow: ellipsis; white-space: nowrap; }
  .rw-problem { border: 1px solid var(--rw-error); background: var(--rw-bg); border-radius: .6rem;
                padding: .7rem .9rem; overflow-wrap: anywhere; }
  .rw-problem b { display: block; font-weight: 600; }
  .rw-chips { display: flex; gap: .4rem; flex-wrap: wrap; margin: .2rem 0; }
  .rw-chips span { background: var(--rw-soft); color: var(--rw-ink); border-radius: 1rem;
                   font-size: .84rem; padding: .1rem .7rem; }
  .rw-note { color: var(--rw-mute); font-size: .88rem; margin: .3rem 0 .2rem 0; }
</style>
"""


PLAY_ONE = """
document.addEventListener("play", event => {
  for (const video of document.querySelectorAll("video"))
    if (video !== event.target) video.pause();
}, true);
"""
"""Whoever starts a video stops the one before; the page allows this script by its hash."""


def icon() -> Image.Image:
    """A white triangle on green, 32 pixels wide.

    Streamlit would fetch a named icon from the network.
    """
    rows, across = np.mgrid[0:32, 0:32]
    picture = np.empty((32, 32, 3), np.uint8)
    picture[:] = (15, 118, 110)
    inside = (across >= 10) & (across - 10 <= 14 - 1.6 * np.abs(rows - 15.5))
    picture[inside] = 255
    return Image.fromarray(picture)


def as_text(text: str) -> str:
    """A text from outside in HTML, also in an attribute; hidden characters are shown as escapes."""
    return escape(printable(text), quote=True)


def is_playable(video: Video) -> bool:
    """Whether a browser plays the file itself; else it gets a preview."""
    return video.path.suffix.lower() in PLAYABLE_SUFFIXES and video.codec in PLAYABLE_CODECS


def heading(title: str, subtitle: str) -> str:
    """The head of a page."""
    return f'<div class="rw-head"><h1>{as_text(title)}</h1><p>{as_text(subtitle)}</p></div>'


def empty(title: str, advice: str, *commands: str) -> str:
    """An empty state: what is missing and what to do."""
    code = "".join(f"<code>{as_text(command)}</code>" for command in commands)
    return (
        f'<div class="rw-empty"><b>{as_text(title)}</b>{as_text(advice)}'
        f'<div class="rw-commands">{code}</div></div>'
    )


def note(text: str) -> str:
    """A small grey line above the results."""
    return f'<div class="rw-note">{as_text(text)}</div>'


def problem(error: ReelwiseError) -> str:
    """A known error: what is wrong and what to do, as text."""
    return (
        f'<div class="rw-problem" role="alert"><b>{as_text(error.problem)}</b>'
        f"<span>{as_text(error.fix)}</span></div>"
    )


def figures(shown: Sequence[tuple[str, str]]) -> str:
    """Numbers with their names, side by side."""
    each = "".join(
        f"<div><dt>{as_text(name)}</dt><dd>{as_text(value)}</dd></div>" for name, value in shown
    )
    return f'<dl class="rw-figures">{each}</dl>'


def warning(text: str) -> str:
    """A line that must be seen."""
    return f'<div class="rw-problem" role="status">{as_text(text)}</div>'


def nothing_indexed() -> str:
    """The empty state of a library without videos."""
    return empty("Nothing is indexed yet", "Index a folder first.", "reelwise index FOLDER")


def in_columns(items: Sequence[Card]) -> Iterator[tuple[DeltaGenerator, Card]]:
    """The items, each with the column of its row to draw it in."""
    for first in range(0, len(items), CARDS_PER_ROW):
        row = items[first : first + CARDS_PER_ROW]
        yield from zip(st.columns(CARDS_PER_ROW), row, strict=False)


def video_card(item: Item, video: Video, *, why: str) -> str:
    """A recommended video with the reason."""
    playable = is_playable(video)
    source = media_url(video.id) if playable else preview_url(video.id)
    name = as_text(item.title)
    return (
        f'<article class="rw-card" data-rank="{item.rank}" aria-label="{name}">'
        f'<div class="rw-frame">{_player(video.id, source, video.duration_s / 3, item.title)}'
        f'<span class="rw-badge">{clock(video.duration_s)}</span>{_preview(playable)}</div>'
        f'<div class="rw-text">{_title(item.title, video.path)}'
        f'<div class="rw-why">{as_text(why)}</div></div></article>'
    )


def _preview(playable: bool) -> str:
    """Says that a browser does not get the file itself."""
    told = "preview: 30 s at most, no sound"
    return "" if playable else f'<span class="rw-badge rw-low">{told}</span>'


def _title(title: str, path: Path) -> str:
    """The title as a heading; below it where the file lies, not the title once more."""
    told = f"the file is gone: {path.name}" if is_gone(path) else f"{path.parent.name}/{path.name}"
    return (
        f'<h3 class="rw-title">{as_text(title)}</h3>'
        f'<div class="rw-sub" title="{as_text(str(path))}">{as_text(told)}</div>'
    )


def _player(video_id: int, source: str, picture_s: float, name: str) -> str:
    """A video element that loads nothing before it is played, and then only the ranges it needs."""
    return (
        f'<video controls playsinline preload="none" data-video-id="{video_id}" '
        f'aria-label="{as_text(name)}" '
        f'poster="{thumb_url(video_id, picture_s)}" src="{as_text(source)}"></video>'
    )
