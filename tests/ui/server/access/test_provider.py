"""The file of a provider: what it must say, and what it makes of accounts."""

from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.home import Home
from ui.server.access.options import AccessOptions
from ui.server.access.provider import read_provider

ANNA = {"sub": "4711", "email": "anna@films.example", "email_verified": True, "groups": ["family"]}
FILE = """[auth]
server_metadata_url = "https://id.example/.well-known/openid-configuration"
client_id = "films"
client_secret = "a secret"
redirect_uri = "https://films.example/login/callback"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "oidc.toml"


@pytest.mark.parametrize(
    ("more", "role"),
    [
        ('viewers = ["*"]', "viewer"),
        ('owners = ["anna@films.example"]\nviewers = ["*"]', "owner"),
        ('role_claim = "groups"\nowners = ["family"]', "owner"),
        ('role_claim = "groups"\nowners = ["admins"]\nviewers = ["family"]', "viewer"),
        ('owners = ["someone else"]', None),
        ('role_claim = "groups"\nowners = ["no such group"]', None),
        ('role_claim = "no such claim"\nowners = ["None"]', None),
        ("", None),
    ],
)
def test_the_file_says_which_accounts_come_in_and_as_what(
    path: Path, more: str, role: str | None
) -> None:
    path.write_text(FILE + more)
    assert read_provider(path).role_of(ANNA) == role


def test_an_address_that_nobody_verified_gives_no_role(path: Path) -> None:
    lists = 'role_claim = "email"\nowners = ["anna@films.example"]'
    path.write_text(f'{FILE}name_claim = "sub"\n{lists}')
    assert read_provider(path).role_of(ANNA) == "owner"
    assert read_provider(path).role_of({**ANNA, "email_verified": False}) is None


def test_a_person_is_called_as_the_claim_says(path: Path) -> None:
    path.write_text(FILE)
    assert read_provider(path).name_of(ANNA) == "anna@films.example"
    for unverified in ({**ANNA, "email_verified": False}, {"email": "anna@films.example"}):
        with pytest.raises(ReelwiseError, match="not verified"):
            read_provider(path).name_of(unverified)
    path.write_text(FILE + 'name_claim = "sub"')
    assert read_provider(path).name_of({"sub": "4711"}) == "4711"
    with pytest.raises(ReelwiseError, match="the account has no sub"):
        read_provider(path).name_of({"email": "anna@films.example"})


def test_what_decides_who_is_who_changes_the_mark(path: Path) -> None:
    marks = set()
    for more in ("", 'owners = ["a"]', 'viewers = ["a"]', 'name_claim = "sub"', 'name = "Other"'):
        path.write_text(FILE + more)
        marks.add(read_provider(path).mark)
    assert len(marks) == 4  # a name on a button decides nothing


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"it has no section \[auth\]"),
        ("[auth", "it is no TOML"),
        (FILE.replace("client_id", "clientid"), "clientid is no key"),
        (FILE.replace('client_secret = "a secret"', ""), "lacks client_secret"),
        (FILE.replace('"films"', "7"), "client_id is no text"),
        (FILE.replace("https://id", "http://id"), "server_metadata_url is no https address"),
        (FILE.replace("/login/callback", "/oauth2callback"), "redirect_uri is no address"),
        (FILE.replace("https://films.example", ""), "redirect_uri is no address"),
        (FILE + 'owners = "anna"', "owners is no list"),
        (FILE + 'owners = ["*"]', "owners cannot be everyone"),
        (FILE + 'client_kwargs = { scope = "email" }', "scope lacks openid"),
        (FILE + "client_kwargs = { timeout = 3 }", "client_kwargs holds no texts"),
        (FILE + "[auth.google]\nclient_id = 'b'", "google is no key"),
    ],
)
def test_a_file_that_lacks_something_is_refused_and_says_what(
    path: Path, text: str, told: str
) -> None:
    path.write_text(text)
    with pytest.raises(ReelwiseError, match=told) as raised:
        read_provider(path)
    assert str(path) in raised.value.problem
    assert "access.md" in raised.value.fix


def test_a_provider_on_this_machine_may_speak_http(path: Path) -> None:
    path.write_text(FILE.replace("https://id.example", "http://localhost:9091"))
    assert read_provider(path).server_metadata_url.startswith("http://localhost:9091/")


def test_a_file_that_lets_nobody_in_is_refused(path: Path, tmp_path: Path) -> None:
    path.write_text(FILE)
    home = Home(tmp_path)
    with pytest.raises(ReelwiseError, match="no account may come in") as raised:
        AccessOptions(oidc=path).doors(home, is_local=True, environment=None)
    assert "owners = " in raised.value.fix
    with pytest.raises(ReelwiseError, match="no such file"):
        AccessOptions(oidc=tmp_path / "gone").doors(home, is_local=True, environment=None)
    with pytest.raises(ReelwiseError, match="--public lets everyone in"):
        AccessOptions(oidc=path, public=True).doors(home, is_local=True, environment=None)
    path.write_text(FILE + 'viewers = ["*"]')
    doors = AccessOptions(oidc=path).doors(home, is_local=False, environment=None)
    assert not doors.is_open
