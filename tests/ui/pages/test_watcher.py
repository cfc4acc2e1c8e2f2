"""Who is watching: chosen on the device or signed in, and never named by an address."""

import json
from types import SimpleNamespace

import pytest
import streamlit as st

from ui.pages import watcher


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the browser and the server say of a visit."""
    visit = SimpleNamespace(cookies={}, headers={}, locale="en")
    monkeypatch.setattr(st, "context", visit)
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "query_params", {})
    return visit


def signs_in(visit: SimpleNamespace, name: str, role: str) -> None:
    visit.headers[watcher.VISITOR_HEADER] = json.dumps({"name": name, "role": role})


def test_nobody_is_taken_until_somebody_says_so(browser: SimpleNamespace) -> None:
    assert watcher.watching() == ""
    assert not watcher.has_chosen()
    assert watcher.to_keep() is None
    st.query_params["who"] = "anna"
    assert watcher.watching() == "", "an address only chooses what is shown"
    assert watcher.shown() == "anna"


def test_the_device_remembers_the_person(browser: SimpleNamespace) -> None:
    browser.cookies[watcher.COOKIE] = "Zo%C3%AB"
    assert watcher.watching() == "Zo\u00eb"
    st.session_state.clear()
    browser.cookies[watcher.COOKIE] = watcher.GUEST
    assert watcher.is_guest()
    assert watcher.watching() == ""


def test_each_choice_is_kept_once(browser: SimpleNamespace) -> None:
    watcher.choose("anna")
    first = watcher.to_keep()
    assert first == watcher.to_keep()
    watcher.choose("anna")
    assert watcher.to_keep() != first
    assert watcher.watching() == "anna"
    watcher.choose("")
    assert not watcher.has_chosen()


def test_who_signed_in_watches_as_themselves(browser: SimpleNamespace) -> None:
    browser.cookies[watcher.COOKIE] = "anna"
    signs_in(browser, "zoe", "viewer")
    assert watcher.watching() == "zoe"
    assert watcher.to_keep() == {"name": "zoe", "choice": "signed in as zoe"}
    watcher.choose("anna")
    st.query_params["who"] = "anna"
    assert (watcher.watching(), watcher.shown()) == ("zoe", "zoe"), "a viewer is nobody else"
    signs_in(browser, "zoe", "owner")
    assert (watcher.watching(), watcher.shown()) == ("anna", "anna")
    st.session_state.clear()
    assert watcher.watching() == "zoe"
