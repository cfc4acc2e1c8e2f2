"""A PIN that is typed on a page, refused in the visitor's words."""

from __future__ import annotations

from math import ceil

from data.errors import ReelwiseError
from data.people import TooManyPins
from ui.library.library import Library
from ui.pages import watcher


def require_pin(library: Library, name: str, pin: str) -> None:
    """Refuse what is not the PIN of a person.

    Raises:
        ReelwiseError: It is another, nobody is called so, or too many were wrong.
    """
    words = watcher.words()
    try:
        is_right = library.people.is_pin(name, pin, client=watcher.client())
    except TooManyPins as error:
        raise ReelwiseError(
            words.say("who.many_pins"), fix=words.say("who.wait", n=ceil(error.wait_s))
        ) from error
    if not is_right:
        raise ReelwiseError(words.say("who.bad_pin"), fix=words.say("who.try_again"))
