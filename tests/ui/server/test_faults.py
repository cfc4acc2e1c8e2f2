"""What a visitor sees of a page that fails, and what the log says."""

import logging

import pytest

from data.errors import ReelwiseError
from ui.pages import plain
from ui.server import app


def test_a_fault_is_logged_and_told_without_its_details(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shown: list[str] = []
    monkeypatch.setattr("streamlit.html", shown.append)
    logger = logging.getLogger("uvicorn.error")
    caplog.set_level(logging.ERROR, logger.name)
    logger.addHandler(caplog.handler)
    try:
        assert app._show_fault(KeyError("secret"))
    finally:
        logger.removeHandler(caplog.handler)
    assert "secret" in caplog.text
    assert "fault in reelwise" in shown[0]
    assert "secret" not in shown[0]


def test_a_known_error_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr("streamlit.html", shown.append)
    error = ReelwiseError("the home <x> is locked", fix="try again")
    assert app._show_fault(error)
    assert shown == [plain.problem(error)]
