"""What the options of `serve` open, and what they refuse to open."""

from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.home import Home
from ui.server.access.options import AccessOptions
from ui.server.access.users import User, hashed, write_users


def test_this_machine_alone_needs_no_way_in(tmp_path: Path) -> None:
    assert AccessOptions().doors(Home(tmp_path), is_local=True, environment=None).is_open


def test_other_machines_are_let_in_by_name_or_on_purpose(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(ReelwiseError) as raised:
        AccessOptions().doors(home, is_local=False, environment=None)
    assert "change both" in raised.value.problem
    assert "--public" in raised.value.fix
    assert AccessOptions(public=True).doors(home, is_local=False, environment=None).is_open
    by_token = AccessOptions(token="env").doors(home, is_local=False, environment="x" * 32)
    assert not by_token.is_open
    write_users(tmp_path / "u.json", {"anna": User("anna", "owner", hashed("a password"))})
    by_name = AccessOptions(users=tmp_path / "u.json")
    assert not by_name.doors(home, is_local=False, environment=None).is_open


@pytest.mark.parametrize(
    "wrong",
    [
        AccessOptions(token="env"),
        AccessOptions(token="/nowhere/token"),
        AccessOptions(users=Path("/nowhere/users")),
        AccessOptions(public=True, token="env"),
        AccessOptions(trusted_proxies=("10.0.0.1",)),
        AccessOptions(trusted_header="X-User", trusted_proxies=("10.0.0.1.2",)),
    ],
)
def test_what_keeps_nobody_out_is_refused(tmp_path: Path, wrong: AccessOptions) -> None:
    with pytest.raises(ReelwiseError):
        wrong.doors(Home(tmp_path), is_local=True, environment="short")


def test_a_short_password_is_refused() -> None:
    with pytest.raises(ReelwiseError):
        hashed("1234567")
