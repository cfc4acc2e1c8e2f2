"""The name of the scripts changes with them, as browsers keep what they have under it."""

from pathlib import Path

from ui.pages.components.files import digest_of


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
