"""Cursors: where the next page of a list begins.

The rule: a cursor belongs to one question. Given with another one it is refused, never applied.
"""

import base64
import hashlib
import json

from ui.api.shape.refusals import wrong


def cursor_for(question: object, at: list[int | str]) -> str:
    """The cursor of the page that begins at a place.

    Args:
        question: What was asked, without `cursor` and `k`: anything that JSON can hold.
        at: The place, as the list understands it.
    """
    text = json.dumps([_of(question), *at], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(question: object, cursor: str) -> list[int | str]:
    """The place of a cursor.

    Raises:
        Refused: It is none, or one of another question.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        of, *at = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        whole = all(isinstance(each, int | str) and each is not True for each in at)
    except (ValueError, TypeError, RecursionError):
        of, at, whole = None, [], False
    if of != _of(question) or not whole or not at:
        raise wrong(
            "cursor is none of this question",
            fix="send the `next` of the page before, with the same parameters",
            code="wrong_cursor",
        )
    return list(at)


def _of(question: object) -> str:
    text = json.dumps(question, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
