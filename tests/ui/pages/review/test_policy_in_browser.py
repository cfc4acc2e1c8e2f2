"""An owner gives a policy on a phone: what is wrong with it is told, then its rules look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import serving
from tests.ui.pages.conftest import PHONE_PX, phone_at

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.long(20)]
GOOD = """[[rules]]
name = "likeness"
owner = "ben"
action = "hide"
threshold = 0.5
examples = ["toon-0001.mp4"]
"""
BAD = GOOD.replace('"hide"', '"burn"').replace("0.5", '"high"')


def test_a_policy_is_given_on_the_page(browser: Browser, own_home: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "house.toml", tmp_path / "slips.toml"
    good.write_text(GOOD, encoding="utf-8")
    bad.write_text(BAD, encoding="utf-8")
    with serving(own_home, "--refit-every", "off") as server, phone_at(browser, server) as page:
        page.goto(f"{server.url}/review")
        main = page.get_by_role("main")
        main.get_by_role("heading", name="No policy holds").wait_for()
        choose = main.get_by_text("Take the next case, or choose one from the list.")
        assert not choose.is_visible()

        main.get_by_label("File of the policy").set_input_files(bad)
        main.get_by_role("button", name="Let it hold").tap()
        told = main.get_by_role("alert").filter(has_text="slips.toml is not set:")
        told.get_by_text("line 4: action is one of").wait_for()
        told.get_by_text("line 5: threshold is no number").wait_for()
        assert server.ask("/api/v1/review/policy")[0] == 404

        main.get_by_label("File of the policy").set_input_files(good)
        main.get_by_role("button", name="Let it hold").tap()
        choose.wait_for()
        main.locator(".cases li").first.wait_for()
        main.get_by_text("Policy 1: house.toml").wait_for()
        # Nothing is said of keys under a thumb, and nothing reaches over the edge.
        assert not main.get_by_text("Keys: a allow").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE_PX
