"""Sessions: a signed cookie says who has signed in, until when, and with which password."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.responses import Response

from data.regular import open_regular
from ui.server.access.users import User, Users

COOKIE = "reelwise_session"
LASTS_S = 30 * 24 * 3600
"""How long a session lasts."""


class Sessions:
    """Gives cookies to users, and knows them again.

    Args:
        users: Who may have one.
        key_file: Holds the key of the signatures; where it cannot be written, sessions end with
            the process.
    """

    def __init__(self, users: Users, key_file: Path) -> None:
        self._users = users
        self._signed = URLSafeTimedSerializer(_key(key_file), salt=COOKIE)

    def begin(self, answer: Response, user: User, *, secure: bool) -> None:
        """Set the cookie of a session; `secure` where the page came by https."""
        text = self._signed.dumps([user.name, user.mark])
        answer.set_cookie(
            COOKIE, text, max_age=LASTS_S, httponly=True, samesite="strict", secure=secure
        )

    @staticmethod
    def end(answer: Response) -> None:
        """Take the cookie back."""
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")

    def user_of(self, cookie: str | None) -> User | None:
        """The user of a cookie that was signed here; None where it is none any more."""
        if not cookie:
            return None
        try:
            name, mark = self._signed.loads(cookie, max_age=LASTS_S)
        except (BadData, ValueError, TypeError):
            return None
        user = self._users.find(str(name))
        return user if user is not None and user.mark == mark else None


def _key(file: Path) -> str:
    with suppress(OSError), open_regular(file) as opened:
        known = opened.read().strip()
        if len(known) >= 32:
            return known.decode("ascii", "replace")
    key = secrets.token_urlsafe(32)
    with suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(file, flags, 0o600), "w") as opened_new:
            opened_new.write(key)
    return key
