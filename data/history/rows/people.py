"""Names of people: one rule on every way in, so that `forget` finds what `add` has stored."""

import difflib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from data.catalogue.naming.spelling import folded, person_name
from data.errors import ReelwiseError

MAX_NAME = 1_000
"""Most characters of a name: it must fit a command line, to be forgotten by."""
_UNTYPED = {"Cc", "Cs", "Zl", "Zp"}  # kinds of characters
_MOST_COMPARED = 5_000
_NEAR = 3  # names shown


class BadNameError(ValueError):
    """No person can be called so; the text says why."""


@lru_cache(maxsize=10_000)
def checked_name(text: str) -> str:
    """Give the spelling of a name under which a person is stored.

    Raises:
        BadNameError: It is empty, too long, or holds characters that no command line can take.
    """
    name = person_name(text)
    if not name:
        raise BadNameError("user is empty")
    if len(name) > MAX_NAME:
        raise BadNameError(f"user has {len(name):,} characters, more than {MAX_NAME:,}")
    # Control characters (a NUL ends a command line's word), halves of characters.
    if not name.isprintable() and any(unicodedata.category(one) in _UNTYPED for one in name):
        raise BadNameError(f"user has a control character: {name[:80]!r}")
    return name


def person(text: str) -> str:
    """Give the name under which the person whom a user names is stored.

    Raises:
        ReelwiseError: Nobody can be called so.
    """
    try:
        return checked_name(text)
    except BadNameError as error:
        if not person_name(text):
            raise ReelwiseError("a person needs a name", fix="give a name, as in: anna") from None
        raise ReelwiseError(str(error), fix="give a name of plain characters") from None


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Give the few known names that are most like one; those that differ by case come first.

    Where very many are of about its length, only the first `_MOST_COMPARED` of them are compared.
    """
    wanted, keys = folded(name), dict[str, list[str]]()
    for one in known:
        key = folded(one)
        if key == wanted or (abs(len(key) - len(wanted)) <= 3 and len(keys) < _MOST_COMPARED):
            keys.setdefault(key, []).append(one)
    found = difflib.get_close_matches(wanted, keys, n=_NEAR, cutoff=0.7)
    return [one for key in found for one in sorted(keys[key])][:_NEAR]
