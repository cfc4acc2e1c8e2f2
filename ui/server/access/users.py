"""The file of users: a name, a role and a password's scrypt hash for each.

The rule: a password is nowhere but in its owner's head, and a wrong name costs as long as a wrong
password.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from data.durable import temp_name
from data.errors import ReelwiseError
from data.history import person
from data.regular import open_regular
from ui.api.served import Role

ROLES: tuple[Role, ...] = ("owner", "viewer")
LEAST_CHARS = 8
"""Shortest password."""
_COST, _BLOCK, _LANES = 2**14, 8, 1
"""scrypt's n, r and p, as RFC 7914 suggests for logging in: 16 MB and some 50 ms each time."""


@dataclass(frozen=True)
class User:
    """One user."""

    name: str
    """As people are called in the history: what they watch is theirs."""
    role: Role
    hash: str
    """`scrypt$SALT$HASH`, both base64."""

    @property
    def mark(self) -> str:
        """Changes with the password: sessions that began with another one end."""
        return hashlib.sha256(self.hash.encode()).hexdigest()[:16]


def hashed(password: str) -> str:
    """What is kept of a password.

    Raises:
        ReelwiseError: It is too short.
    """
    if len(password) < LEAST_CHARS:
        raise ReelwiseError(
            f"a password has at least {LEAST_CHARS} characters",
            fix="take a sentence that only you know",
        )
    salt = secrets.token_bytes(16)
    return f"scrypt${_text(salt)}${_text(_scrypt(password, salt))}"


_NOBODY = f"scrypt${'A' * 22}==${'A' * 86}=="
"""The hash of no password, which costs as much to compare with."""


class Users:
    """The users of a file, read again whenever it has changed; threads may share it.

    Args:
        path: The file; `reelwise users add` makes it.

    Raises:
        ReelwiseError: It is missing, not a list of users, or others may read it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._users: Mapping[str, User] = {}
        self.all()

    def all(self) -> Mapping[str, User]:
        """The users by name; a file that cannot be read any more lets nobody in."""
        with self._lock:
            try:
                facts = self._path.stat()
                seen = (facts.st_mtime_ns, facts.st_ino)
                if seen != self._seen:
                    self._users, self._seen = read_users(self._path), seen
            except (OSError, ReelwiseError):
                if self._seen is None:
                    self._users = read_users(self._path)  # raises, and says why
                self._users = {}
            return self._users

    def find(self, name: str) -> User | None:
        """The user of a name, as people are called."""
        try:
            return self.all().get(person(name))
        except ReelwiseError:
            return None

    def check(self, name: str, password: str) -> User | None:
        """The user, where the password is theirs."""
        user = self.find(name)
        right = _matches(password, _NOBODY if user is None else user.hash)
        return user if right else None


def read_users(path: Path) -> dict[str, User]:
    """The users of a file by name.

    Raises:
        ReelwiseError: It is missing, or not a list of users.
    """
    try:
        with open_regular(path) as file:
            rows = json.loads(file.read())["users"]
        users = [User(str(row["name"]), _role(row["role"]), str(row["scrypt"])) for row in rows]
    except FileNotFoundError as error:
        raise ReelwiseError(
            f"there is no file of users {path}", fix=f"reelwise users add NAME --users {path}"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReelwiseError(
            f"{path} is no file of users: {error}", fix=f"reelwise users add NAME --users {path}"
        ) from error
    return {user.name: user for user in users}


def write_users(path: Path, users: Mapping[str, User]) -> None:
    """Write the file, whole or not at all, for its owner's eyes only."""
    rows = [{"name": user.name, "role": user.role, "scrypt": user.hash} for user in users.values()]
    temp = temp_name(path)
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"users": rows}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temp.replace(path)


def _role(text: object) -> Role:
    for role in ROLES:
        if text == role:
            return role
    raise ValueError(f"a role is owner or viewer, not {text!r}")


def _matches(password: str, kept: str) -> bool:
    _, salt, wanted = kept.split("$")
    return hmac.compare_digest(_scrypt(password, base64.b64decode(salt)), base64.b64decode(wanted))


def _scrypt(password: str, salt: bytes) -> bytes:
    typed = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(typed, salt=salt, n=_COST, r=_BLOCK, p=_LANES)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
