"""What the Search page says of a search: chips, counts, cards, and honest words for few or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from data.catalogue import Video
from data.errors import ReelwiseError
from data.lines import Channel
from data.printable import printable
from data.review.withheld import NotShown
from indexer.search.examples.pictures import is_picture
from indexer.search.result import Hit
from indexer.search.spans import parse_span
from ui.library.documents import search_notices
from ui.library.keeping.advice import advice_of
from ui.library.library import Library
from ui.pages.components.video_card import card_of, copies_of
from ui.pages.search.address import AT_FIRST, FOUND_IN, MOST_SHOWN, Asked
from ui.pages.search.conditions import condition_told
from ui.pages.search.finding import Found, is_known, what_hides_most
from ui.pages.words.language import Words

Data = dict[str, Any]


def chips(asked: Asked, words: Words, german: Mapping[str, str] | None = None) -> list[Data]:
    """What narrows the results: the text of each chip, and the parameters without it.

    Args:
        asked: What the address asks for.
        words: The visitor's language.
        german: What automatic tags are called in German.
    """
    return [*_chips_of_question(asked, words), *_chips_of_filters(asked, words, german or {})]


def _chips_of_question(asked: Asked, words: Words) -> Iterator[Data]:
    if asked.without:
        yield _chip(words.say("filter.not_chip", text=asked.without), {"not": None})
    for n, step in enumerate(asked.then):
        others = [*asked.then[:n], *asked.then[n + 1 :]]
        gone: Data = {"then": others, **({} if others else {"within": None})}
        yield _chip(words.say("filter.then_chip", text=step), gone)
    if asked.then and asked.within_s is not None:
        text = words.say("filter.within_chip", s=asked.within_s)
        yield _chip(text, {"within": None})


def _chips_of_filters(asked: Asked, words: Words, german: Mapping[str, str]) -> Iterator[Data]:
    for folder in asked.folders:
        name = printable(Path(folder).name or folder)
        others = [each for each in asked.folders if each != folder]
        yield _chip(words.say("filter.folder_chip", name=name), {"folder": others})
    if asked.since:
        yield _chip(words.say("filter.since_chip", date=_day(asked.since)), {"since": None})
    if asked.until:
        last = asked.until - timedelta(microseconds=1)
        yield _chip(words.say("filter.until_chip", date=_day(last)), {"until": None})
    if (asked.least_s, asked.most_s) != (None, None):
        yield _chip(_length(asked, words), {"len": None})
    if asked.found_in:
        names = ", ".join(words.say(f"filter.in_{each}") for each in asked.found_in)
        yield _chip(words.say("filter.in_chip", names=names), {"in": None})
    if asked.by:
        yield _chip(words.say("filter.by_chip", name=printable(asked.by)), {"by": None})
    yield from _chips_of_labels(asked, words, german)


def _chips_of_labels(asked: Asked, words: Words, german: Mapping[str, str]) -> Iterator[Data]:
    for tag in asked.tags:
        others = [each for each in asked.tags if each != tag]
        yield _chip(words.say("filter.tag_chip", tag=printable(tag)), {"tag": others})
    for condition in asked.where:
        others = [each for each in asked.where if each != condition]
        yield _chip(condition_told(condition, words, german), {"where": others})


def _chip(text: str, without: Data) -> Data:
    return {"text": text, "without": {**without, "n": None}}


def _day(at: datetime) -> str:
    return f"{at:%Y}" if (at.month, at.day) == (1, 1) else f"{at:%Y-%m-%d}"


def _length(asked: Asked, words: Words) -> str:
    least, most = (_minutes(each, words) for each in (asked.least_s, asked.most_s))
    if asked.least_s is None:
        return words.say("filter.under_chip", length=most)
    if asked.most_s is None:
        return words.say("filter.over_chip", length=least)
    return words.say("filter.between_chip", least=least, most=most)


def _minutes(seconds: float | None, words: Words) -> str:
    if seconds is None:
        return ""
    if seconds >= 60:
        return f"{words.shown(seconds / 60)} min"
    return f"{words.shown(seconds)} s"


def example_data(library: Library, like: str) -> Data | None:
    """The example of an address, for its tile; None for none and for one that is gone."""
    if not like:
        return None
    name, _, _ = like.partition("@")
    try:
        if not is_known(like):
            given = library.examples.find(name)
            kind = "picture" if is_picture(given.path) else "clip"
            return {"id": name, "title": printable(given.path.name), "kind": kind, "part": like}
        _, span = parse_span(f"{name}.mp4{like[len(name) :]}")
        not_shown = library.reviews.withholding.now()
        card = card_of(library.catalogue.video(name), shows_path=False, not_shown=not_shown)
    except ReelwiseError:
        return None
    start_s, end_s = (0.0, card["duration_s"]) if span is None else (span.start_s, span.end_s)
    return card | {"kind": "video", "start_s": start_s, "end_s": end_s}


def problem_data(error: ReelwiseError, *, is_owner: bool = True) -> Data:
    """What went wrong, and what to do: an owner by a button, where that is a command."""
    advice = advice_of(error.fix)
    action = advice.action if is_owner else None
    return {"problem": printable(error.problem), "fix": advice.text, "action": action}


def notice_data(text: str, *, is_owner: bool) -> Data:
    """A warning, and what an owner can do about it on the page."""
    advice = advice_of(text)
    return {"text": advice.text, "action": advice.action if is_owner else None}


def answer_data(library: Library, asked: Asked, found: Found, *, shows_path: bool = True) -> Data:
    """Everything that the page draws of an answer; `shows_path`: who sees it may see paths."""
    result = found.result
    shown = found.groups[: asked.n]
    confident = result.confident
    not_shown = library.reviews.withholding.now()
    data: Data = {
        "videos": [
            _card(video, hits, confident=confident, shows_path=shows_path, not_shown=not_shown)
            for video, hits in shown
        ],
        "n_videos": len(found.groups),
        "n_moments": found.n_moments,
        "n_weak": found.n_weak,
        "confident": confident,
        "is_all": asked.is_all,
        "more": _more(asked, found),
        "by": _found_by(found),
        "unknown": [printable(word) for word in result.not_understood],
        "notices": [
            notice_data(each, is_owner=shows_path)
            for each in search_notices(replace(result, not_understood=()))
        ],
        "took_ms": round(result.took_ms, 1),
        "model": result.encoder,
        "generation": result.generation,
    }
    if not found.groups and (hides := what_hides_most(library, asked)):
        data["hides"] = {"name": hides[1], "n": hides[2]}
    return data


def _card(
    video: Video, hits: list[Hit], *, confident: bool, shows_path: bool, not_shown: NotShown
) -> Data:
    copies = copies_of(hits[0])
    if not shows_path:
        copies["copies_at"] = ""
    card = card_of(video, hits=hits, shows_path=shows_path, not_shown=not_shown) | copies
    steps = max(1, min(5, 1 + int(5 * hits[0].relevance - 0.5)))
    return card | {"match": steps if confident else 1}


def _more(asked: Asked, found: Found) -> int | None:
    """How many videos the next "Show more" shows; None where all are shown."""
    if asked.n >= MOST_SHOWN or len(found.groups) <= asked.n:
        return None
    return min(MOST_SHOWN, asked.n + AT_FIRST)


def _found_by(found: Found) -> list[str]:
    """Where the moments were found: names of `FOUND_IN`, in its order."""
    channels: set[Channel] = set()
    for _, hits in found.groups:
        for hit in hits:
            channels |= {match.channel for match in hit.matched if match.is_shown or not match.text}
    return [name for name, each in FOUND_IN.items() if channels & set(each)]
