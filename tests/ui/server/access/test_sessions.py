"""Sessions of a provider's accounts; those of passwords are in `test_gate.py`."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from starlette.responses import Response

from ui.api.served import Role, Visitor
from ui.server.access.sessions import COOKIE, Sessions
from ui.server.access.users import User, Users, hashed, write_users

KEY = "k" * 32


def cookie_of(sessions: Sessions, role: Role | None = "viewer") -> str:
    answer = Response()
    assert sessions.begin_account(answer, "anna", role, secure=True) is not None
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == COOKIE
    return rest.partition(";")[0]


def test_a_session_ends_after_twelve_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(None, KEY, provider_mark="a")
    cookie = cookie_of(sessions)
    now = time.time
    monkeypatch.setattr("time.time", lambda: now() + 11.9 * 3600)
    assert sessions.visitor_of(cookie) == Visitor("anna", "viewer")
    monkeypatch.setattr("time.time", lambda: now() + 12.1 * 3600)
    assert sessions.visitor_of(cookie) is None


@pytest.mark.parametrize("mark", ["b", None])
def test_a_session_ends_with_what_decided_who_is_who(mark: str | None) -> None:
    cookie = cookie_of(Sessions(None, KEY, provider_mark="a"))
    assert Sessions(None, KEY, provider_mark="a").visitor_of(cookie) is not None
    assert Sessions(None, KEY, provider_mark=mark).visitor_of(cookie) is None


def test_an_account_that_nothing_lets_in_gets_no_cookie() -> None:
    answer = Response()
    sessions = Sessions(None, KEY, provider_mark="a")
    assert sessions.begin_account(answer, "anna", None, secure=True) is None
    assert "set-cookie" not in answer.headers


def test_who_was_let_in_by_the_file_of_users_leaves_with_it(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    write_users(path, {"anna": User("anna", "owner", hashed("a password"))})
    sessions = Sessions(Users(path), KEY, provider_mark="a")
    by_file, by_claim = cookie_of(sessions, None), cookie_of(sessions, "viewer")
    assert sessions.visitor_of(by_file) == sessions.visitor_of(by_claim) == Visitor("anna", "owner")
    path.unlink()
    assert sessions.visitor_of(by_file) is None
    assert sessions.visitor_of(by_claim) == Visitor("anna", "viewer")
