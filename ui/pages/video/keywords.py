"""The key words of a video as the page shows them, each with the place that it leads to."""

from __future__ import annotations

from typing import Any

from data.catalogue import Video
from data.errors import DamagedFile
from data.lines import Channel
from data.printable import printable
from indexer.search.keywords import Keyword
from ui.library.labelling.tagging import german_names
from ui.library.library import Library
from ui.pages.words.language import Words
from ui.terminal.text import clock


def keywords_of(library: Library, video: Video, words: Words) -> list[dict[str, Any]]:
    """Tags that were seen, then words that are said and written."""
    found = library.keywords(video.id)
    names: dict[str, str] = {}
    if words.code == "de" and any(each.channel is Channel.TAG for each in found):
        names = _names(library)
    return [_keyword(each, names, words) for each in found]


def _names(library: Library) -> dict[str, str]:
    try:
        return german_names(library.catalogue)
    except DamagedFile:  # said by `verify`; the tags are shown as they are called
        return {}


def _keyword(each: Keyword, names: dict[str, str], words: Words) -> dict[str, Any]:
    is_seen = each.channel is Channel.TAG
    at = clock(each.start_s)
    why = (
        words.say("tags.seen", at=at, n=round(100 * each.score))
        if is_seen
        else words.say("tags.in_line", at=at, line=printable(each.line))
    )
    return {
        "text": printable(names.get(each.text, each.text)),
        "tag": each.text if is_seen else "",
        "start_s": round(each.start_s, 2),
        "why": why,
    }
