"""What a shelf is called, and why a video stands on it: true of the person whose page it is."""

from __future__ import annotations

from data.printable import printable
from recommender.answer.items import Item
from recommender.shelves.shelf import Shelf
from recommender.sources.registry import (
    CONTENT,
    EASE,
    IALS,
    NEW,
    NEXT_ITEM,
    POPULARITY,
    RECENT_EASE,
    RECENT_POPULARITY,
    RP3BETA,
    SASREC,
)
from ui.pages.words.language import Words

_REASONS = {
    CONTENT: "reason.alike",
    EASE: "reason.together",
    RECENT_EASE: "reason.together",
    RP3BETA: "reason.together",
    NEXT_ITEM: "reason.after",
    IALS: "reason.fits",
    SASREC: "reason.fits",
    POPULARITY: "reason.popular",
    RECENT_POPULARITY: "reason.lately",
    NEW: "reason.new",
}
_TOLD_BY_HEADING = ("because", "beside", "favourites", "begun", "again")


def heading(shelf: Shelf, words: Words, *, other: str = "", is_new: bool = False) -> str:
    """The heading of a shelf.

    Args:
        shelf: The shelf.
        words: The visitor's language.
        other: The person whose page it is, where that is not the visitor.
        is_new: Nothing is known of the person.
    """
    title = "" if shelf.because is None else printable(shelf.because.title)
    values = {"title": title, "folder": printable(shelf.folder), "who": printable(other)}
    if shelf.kind == "because":
        of = "other" if other else "you"
        return words.say(f"shelf.because_{shelf.verb or 'watched'}_{of}", **values)
    if shelf.kind == "mix" and is_new:
        return words.say("shelf.first_mix")
    if shelf.kind == "week" and other:
        return words.say("shelf.week_other", **values)
    return words.say(f"shelf.{shelf.kind}", **values)


def subheading(shelf: Shelf, words: Words, *, other: str = "") -> str:
    """One line below the heading; empty where there is no more to say."""
    if shelf.kind in ("because", "beside"):
        sources = {item.source for item in shelf.items}
        told = "both" if len(sources) > 1 else "alike" if CONTENT in sources else "together"
        return words.say(f"shelf.{told}_sub")
    if shelf.kind in ("begun", "unlike", "again"):
        return words.say(f"shelf.{shelf.kind}_sub_{'other' if other else 'you'}")
    return words.say("shelf.favourites_sub") if shelf.kind == "favourites" else ""


def reason(shelf: Shelf, item: Item, words: Words) -> str:
    """Why a video stands there, where the heading has not said it; empty where it has."""
    if shelf.kind in _TOLD_BY_HEADING:
        return ""
    return full_reason(item, words) if item.source != NEW else ""


def full_reason(item: Item, words: Words) -> str:
    """Why a video is shown; empty where nothing speaks for it or against it."""
    key = _REASONS.get(item.source)
    if key is None or (item.because is None and key in _NEEDS_TITLE):
        return ""
    title = "" if item.because is None else printable(item.because.title)
    return words.say(key, title=title)


_NEEDS_TITLE = ("reason.alike", "reason.together", "reason.after", "reason.fits")
