"""What the component of the Annotate page is told, and when the page is offered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.home import resolve_home
from tests.indexer.made import store
from ui.library.library import Library
from ui.pages.annotate.page import page_data
from ui.pages.frame import is_annotated


@pytest.mark.parametrize(
    ("given", "name", "missing"),
    [({}, "", ""), ({"set": " Animals"}, "animals", "Animals"), ({"set": "../x"}, "", "../x")],
)
def test_an_address_names_a_set_or_one_that_is_not_there(
    tmp_path: Path, given: dict[str, str], name: str, missing: str
) -> None:
    home = resolve_home(tmp_path / "home")
    with Library(home.root) as library:
        told = page_data(library, given)
        assert (told["indexed"], is_annotated(library)) == (False, False)
    home.make()
    store(home, {"a.mp4": np.eye(8, dtype=np.float32)[:2]})
    with Library(home.root) as library:
        told = page_data(library, given)
        assert (told["set"], told["no_set"], told["indexed"]) == ("", missing, True)
        assert not is_annotated(library)
        library.annotating.annotations.make("animals")
        assert is_annotated(library)
        told = page_data(library, given)
        assert (told["set"], told["no_set"]) == (name, "" if name else missing)
