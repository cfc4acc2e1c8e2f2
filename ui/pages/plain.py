"""What pages show without a component: the icon of the site, and an error."""

from html import escape

import numpy as np
from PIL import Image

from data.errors import ReelwiseError
from data.printable import printable


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


def problem(error: ReelwiseError) -> str:
    """A known error as HTML: what is wrong and what to do, as text."""
    return (
        f'<div class="rw-problem" role="alert"><b>{as_text(error.problem)}</b>'
        f"<span>{as_text(error.fix)}</span></div>"
    )


def as_text(text: str) -> str:
    """A text from outside in HTML, also in an attribute; hidden characters are shown as escapes."""
    return escape(printable(text), quote=True)
