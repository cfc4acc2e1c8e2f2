"""The name of the scripts changes with them, as browsers keep what they have under it."""

import re
from pathlib import Path

import pytest

from ui.pages import PAGES
from ui.pages.components.files import KEPT_UNDER, WEB, digest_of, early_links


def test_another_content_or_another_name_makes_another_digest(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    script = tmp_path / "shared" / "a.js"
    script.write_text("one")
    first = digest_of(tmp_path)
    assert digest_of(tmp_path) == first
    script.write_text("two")
    second = digest_of(tmp_path)
    script.write_text("one")
    script.rename(tmp_path / "shared" / "b.js")
    assert len({first, second, digest_of(tmp_path)}) == 3


@pytest.mark.parametrize("page", ["", *PAGES])
def test_a_page_names_every_script_that_its_components_import(page: str) -> None:
    linked = re.findall(rf'modulepreload" href="{KEPT_UNDER}(\w+)/([^"]+)"', early_links(page))
    assert len(set(linked)) == len(linked)
    for component, name in linked:
        script = WEB / name
        for each in re.findall(r' from "(\.[^"]+)";', script.read_text(encoding="utf-8")):
            imported = (script.parent / each).resolve().relative_to(WEB.resolve()).as_posix()
            assert (component, imported) in linked
    assert ("frame", "frame.js") in linked
    assert len({component for component, _ in linked}) == 2
