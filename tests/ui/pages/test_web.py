"""Rules of our scripts: what comes from files and people is only ever text."""

import re
from pathlib import Path

import pytest

from ui.pages.components.files import WEB
from ui.pages.components.mount import NAMES

SCRIPTS = sorted(WEB.rglob("*.js"))
FROM_TEXT = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(WEB)))
def test_no_script_makes_elements_or_code_out_of_text(script: Path) -> None:
    assert FROM_TEXT.findall(script.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(WEB)))
def test_scripts_and_styles_load_nothing_from_elsewhere(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\s\"']+", text)) <= {"http://www.w3.org/2000/svg"}
    for found in re.findall(r"""from "([^"]+)";""", text):
        assert (script.parent / found).resolve().is_file(), found


def test_every_component_has_its_script_and_its_style() -> None:
    for name in NAMES:
        assert (WEB / f"{name}.js").is_file()
        assert (WEB / f"{name}.css").read_text(encoding="utf-8").count('@import url("page.css");')
