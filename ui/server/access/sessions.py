"""Sessions: a signed cookie says who has signed in, until when, and with which password.

Of an account of a provider it says what the provider said; `Sessions` asks the file of users again
each time, and ends with what decides who is who.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.responses import Response

from data.regular import open_regular
from ui.api.served import Role, Visitor
from ui.server.access.users import User, Users

COOKIE = "reelwise_session"
LASTS_S = 30 * 24 * 3600
"""How long a session lasts."""
ACCOUNT_LASTS_S = 12 * 3600
"""How long one of a provider's account lasts: then the provider says again whether it is one."""


class Sessions:
    """Gives cookies to who has signed in, and knows them again.

    Args:
        users: Who may have one by a password, and which role a name has; None for nobody.
        key: What signs; see `session_key`.
        provider_mark: Of the provider whose accounts may have one; None for none.
    """

    def __init__(self, users: Users | None, key: str, *, provider_mark: str | None = None) -> None:
        self._users = users
        self._provider_mark = provider_mark
        self.key = key
        """What signs."""
        self._signed = URLSafeTimedSerializer(key, salt=COOKIE)

    def begin(self, answer: Response, user: User, *, secure: bool) -> None:
        """Set the cookie of a session; `secure` where the page came by https."""
        self._set(answer, [user.name, user.mark], LASTS_S, secure)

    def begin_account(
        self, answer: Response, name: str, role: Role | None, *, secure: bool
    ) -> Visitor | None:
        """The same for a provider's account, where it may come in.

        Args:
            answer: Takes the cookie.
            name: The person.
            role: What the provider's file makes of the account; None for nothing.
            secure: The page came by https.

        Returns:
            Who that is; None, and no cookie, where nothing lets the account in.
        """
        visitor = self._account(name, role)
        if visitor is not None:
            self._set(answer, [name, self._provider_mark, role], ACCOUNT_LASTS_S, secure)
        return visitor

    def _set(self, answer: Response, what: list[str | None], lasts_s: int, secure: bool) -> None:
        answer.set_cookie(
            COOKIE,
            self._signed.dumps(what),
            max_age=lasts_s,
            httponly=True,
            samesite="strict",
            secure=secure,
        )

    @staticmethod
    def end(answer: Response) -> None:
        """Take the cookie back."""
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")

    def visitor_of(self, cookie: str | None) -> Visitor | None:
        """Who has a cookie that was signed here; None where it is nobody's any more."""
        if not cookie:
            return None
        try:
            given, signed_at = self._signed.loads(cookie, max_age=LASTS_S, return_timestamp=True)
        except (BadData, ValueError, TypeError):
            return None
        if not isinstance(given, list):
            return None
        if len(given) == 2:
            return self._by_password(str(given[0]), str(given[1]))
        is_young = time.time() - signed_at.timestamp() < ACCOUNT_LASTS_S
        if len(given) != 3 or not is_young or given[1] != self._provider_mark:
            return None
        return self._account(str(given[0]), given[2])

    def _by_password(self, name: str, mark: str) -> Visitor | None:
        user = None if self._users is None else self._users.find(name)
        return Visitor(user.name, user.role) if user is not None and user.mark == mark else None

    def _account(self, name: str, role: Role | None) -> Visitor | None:
        user = None if self._users is None else self._users.find(name)
        role = role if user is None else user.role
        return None if role is None else Visitor(name, role)


def session_key(file: Path) -> str:
    """The key of the signatures, kept in a file; a new one where it cannot be written."""
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
