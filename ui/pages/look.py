"""How the pages look, in one place."""

from __future__ import annotations

import numpy as np
import streamlit as st
from PIL import Image

CARDS_PER_ROW = 3

_STYLE = """
<style>
  [data-testid="stMainBlockContainer"] { max-width: 1280px; padding-top: 4.2rem; }
  [data-testid="stDecoration"], [data-testid="stAppDeployButton"] { display: none; }
  .rw-head { margin: 0 0 .4rem 0; }
  .rw-head h1 { font-size: 1.9rem; font-weight: 700; letter-spacing: -.02em; margin: 0;
                padding: 0; }
  .rw-head p { color: #5b6b68; margin: .2rem 0 0 0; }
  .rw-card { border-radius: .7rem; overflow: hidden; background: #fff;
             box-shadow: 0 1px 3px rgba(16,32,29,.14); border: 1px solid #e3eae8; }
  .rw-card .rw-frame { position: relative; background: #0d1514; aspect-ratio: 16 / 9; }
  .rw-card video, .rw-card img { width: 100%; height: 100%; display: block; object-fit: contain; }
  .rw-badge { position: absolute; top: .5rem; left: .5rem; padding: .1rem .45rem; font-size: .78rem;
              border-radius: .4rem; color: #fff; background: rgba(10,20,18,.72);
              pointer-events: none; font-variant-numeric: tabular-nums; }
  .rw-badge.rw-right { left: auto; right: .5rem; }
  .rw-text { padding: .55rem .75rem .65rem .75rem; }
  .rw-title { font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .rw-sub { color: #5b6b68; font-size: .82rem; white-space: nowrap; overflow: hidden;
            text-overflow: ellipsis; }
  .rw-why { color: #0f766e; font-size: .84rem; margin-top: .15rem; }
  .rw-bar { height: 4px; border-radius: 2px; background: #e3eae8; margin-top: .45rem; }
  .rw-bar i { display: block; height: 100%; border-radius: 2px; background: #0f766e; }
  .rw-empty { text-align: center; padding: 3.2rem 1rem; color: #5b6b68; border: 1px dashed #cfdad7;
              border-radius: .8rem; background: #fafcfb; }
  .rw-empty b { color: #16211f; font-size: 1.1rem; display: block; margin-bottom: .4rem; }
  .rw-empty code { background: #eaf1ef; padding: .15rem .45rem; border-radius: .35rem;
                   color: #0f524c; }
  .rw-commands { margin-top: 1.2rem; display: flex; gap: .6rem; justify-content: center; }
  .rw-label-space { height: 1.25rem; }
  [data-testid="stMetricValue"] { font-size: 1.35rem; font-weight: 600; }
  .rw-note { color: #5b6b68; font-size: .88rem; margin: .3rem 0 .2rem 0; }
</style>
"""


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


def apply() -> None:
    """Put the style on the page."""
    st.html(_STYLE)
