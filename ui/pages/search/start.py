"""What the Search page shows before anything is asked: what is new, and what one could ask."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from data.people import Parameters
from data.printable import printable
from ui.library.library import Library
from ui.pages.components.video_card import card_of

NEW = 12
RECENT = 8
EXAMPLES = 3
_WORD = re.compile(r"[^\W\d_]+")


def start_data(library: Library, person: str, *, shows_path: bool = True) -> dict[str, Any]:
    """The start: new videos, and questions made of this library's own tags and titles."""
    user = person or None
    not_shown = library.reviews.withholding.now()
    newest = library.catalogue.newest(4 * NEW)
    tags = [tag.name for tag in library.catalogue.tags.all()]
    return {
        "new": [
            card_of(video, shows_path=shows_path, not_shown=not_shown) for video in newest[:NEW]
        ],
        "n_videos": library.n_videos,
        "recent": [_question(each.parameters) for each in library.searches.recent(user, RECENT)],
        "saved": [_question(each.parameters, each.name) for each in library.searches.saved(user)],
        "ideas": ideas(tags, [video.title for video in newest]),
    }


def _question(parameters: Parameters, name: str = "") -> dict[str, str]:
    """A search as a link: what it is called, and its address."""
    words = parameters.get("q") or parameters.get("like") or ""
    text = name or (words if isinstance(words, str) else words[-1])
    return {"text": printable(text), "href": "/?" + urlencode(dict(parameters), doseq=True)}


def ideas(tags: list[str], titles: list[str]) -> list[str]:
    """A few questions that this library can answer: tags, then titles that say something.

    A title of one word and a number (`toon-0012`, `IMG_2034`) says nothing.
    """
    told = dict.fromkeys(tags)
    for title in titles:
        words = _WORD.findall(title)
        if sum(len(word) > 2 for word in words) >= 2:
            told[" ".join(words[:6]).lower()] = None
    return [*told][:EXAMPLES]
