"""All that the player component draws of one video, as JSON."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from data.catalogue import Video
from data.printable import printable
from ui.library.documents import is_gone
from ui.library.library import Library
from ui.pages.components.video_card import card_of
from ui.pages.video import links
from ui.pages.video.about import details, size_of, subtitle, what_person_did
from ui.pages.video.address import Asked
from ui.pages.video.inside import lines_of, look_inside, timeline_of
from ui.pages.video.keywords import keywords_of
from ui.pages.video.next_up import alike, next_up
from ui.pages.video.withheld import not_shown
from ui.pages.words.language import Words

GROUPS = ("player", "timeline", "lines", "details", "next", "record", "save", "tags", "card",
          "menu", "channel", "undo", "why")  # fmt: skip
"""Groups of words that the component uses."""


@dataclass(frozen=True)
class Viewer:
    """Who looks at the page."""

    person: str = ""
    """To whom clicks and watched time belong; empty for nobody."""
    is_guest: bool = False
    """Chose to watch without being recorded."""
    records: bool = True
    """Wants to be recorded."""
    is_owner: bool = True
    """May see where files lie, and change tags."""
    opened: Collection[int] = field(default=frozenset())
    """Videos that were opened in this sitting."""


def beside_data(
    library: Library, video: Video, asked: Asked, viewer: Viewer, words: Words
) -> dict[str, Any]:
    """Give what comes next, and why that, what looks like the video, and its key words."""
    after = next_up(
        library,
        video,
        asked,
        person=viewer.person,
        opened=viewer.opened,
        shows_path=viewer.is_owner,
    )
    return {
        "next": {"why": words.say(f"next.{after.why}"), "cards": after.cards},
        "alike": alike(library, video, shows_path=viewer.is_owner),
        "keywords": keywords_of(library, video, words),
    }


def player_data(
    library: Library,
    video: Video,
    asked: Asked,
    viewer: Viewer,
    words: Words,
    beside: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Give the data of the page of one video.

    `beside` is what `beside_data` gave, None before it was asked: the video begins without it.
    """
    inside, problem = look_inside(library, video, asked)
    size_bytes = size_of(video)
    return {
        "video": card_of(video, shows_path=viewer.is_owner)
        | {
            "title": printable(video.title),
            "codec": video.codec,
            "gone": is_gone(video.path),
            "width_px": video.width_px,
            "height_px": video.height_px,
            "fps": video.fps or 25.0,
            "subtitle": subtitle(video, size_bytes, words),
            "file_name": printable(video.path.name),
        },
        "links": links.of_video(video),
        "asked": {
            "t": asked.start_s,
            "in": asked.in_s,
            "out": asked.out_s,
            "question": asked.question,
        },
        "notices": [
            *(
                words.say("player.left_out", name=name, value=value)
                for name, value in asked.left_out
            ),
            *([problem] if problem else []),
        ],
        **not_shown(library, video, is_owner=viewer.is_owner),
        "timeline": timeline_of(library, video, inside),
        "lines": lines_of(library, video, inside),
        "tags": library.catalogue.tags.of([video.id]).get(video.id, []),
        "known_tags": [each.name for each in library.catalogue.tags.all()][:200],
        "details": details(library, video, words, shows_path=viewer.is_owner),
        "owner": viewer.is_owner,
        "person": viewer.person,
        "guest": viewer.is_guest,
        "records": viewer.records and bool(viewer.person),
        "did": what_person_did(library, video, viewer.person),
        **(beside or {"next": None, "alike": None, "keywords": None}),
        "language": words.code,
        "words": words.part(*GROUPS),
    }
