"""What the Search page shows before anything is asked: what is new, and what one could ask."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from data.people import Parameters
from ui.library.library import Library
from ui.pages.components.video_card import card_of
from ui.pages.search.recent import link, links
from ui.pages.words.language import Words

NEW = 12
EXAMPLES = 3
_WORD = re.compile(r"[^\W\d_]+")


def start_data(
    library: Library,
    person: str,
    words: Words,
    *,
    searched: Sequence[Parameters] = (),
    shows_path: bool = True,
) -> dict[str, Any]:
    """The start: new videos, and questions made of this library's own tags and titles.

    Args:
        library: The library.
        person: Whose saved searches are offered; empty for those of nobody.
        words: The visitor's language.
        searched: What was searched before, the latest first.
        shows_path: Whether the visitor may see where files lie.
    """
    not_shown = library.reviews.withholding.now()
    newest = library.catalogue.newest(4 * NEW)
    tags = [tag.name for tag in library.catalogue.tags.all()]
    saved = library.searches.saved(person or None)
    return {
        "new": [
            card_of(video, shows_path=shows_path, not_shown=not_shown) for video in newest[:NEW]
        ],
        "n_videos": library.n_videos,
        "recent": links(library, searched, words),
        "saved": [link(each.name, each.parameters) for each in saved],
        "ideas": ideas(tags, [video.title for video in newest]),
    }


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
