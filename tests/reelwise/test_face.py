"""The public face: what it exports, what importing it loads, and the examples of its documents."""

import inspect
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import reelwise
from data.toons.library import write_library

pytestmark = pytest.mark.long(9)

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "python-api.md"
EXPORTED = {
    "Because",
    "Event",
    "Hit",
    "IndexReport",
    "Item",
    "Library",
    "Recommendations",
    "ReelwiseError",
    "SearchResult",
}
HEAVY = {"torch", "faiss", "streamlit", "pandas", "sqlalchemy", "av", "cv2", "numpy", "typer"}


def test_the_exported_names_are_these() -> None:
    assert set(reelwise.__all__) == EXPORTED
    for name in EXPORTED:
        assert inspect.isclass(getattr(reelwise, name)), name
    with pytest.raises(AttributeError, match="Searcher"):
        getattr(reelwise, "Searcher")  # noqa: B009 - mypy would refuse the attribute


def test_the_version_is_that_of_the_command_line() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "ui.cli", "--version"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert printed.stdout == f"reelwise {reelwise.__version__}\n"


def test_importing_it_loads_nothing_heavy() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", "import sys, reelwise; reelwise.Library; print(*sys.modules)"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in printed.stdout.split()}
    assert loaded & HEAVY == set()
    assert "reelwise" in loaded


def blocks(page: Path) -> list[str]:
    """The Python code of a page of Markdown, between fences or indented."""
    text = page.read_text(encoding="utf-8")
    indented = re.findall(r"(?:^    .*\n|^\n)*^    from reelwise.*\n(?:^    .*\n|^\n)*", text, re.M)
    fenced = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    return fenced + [textwrap.dedent(block).strip() + "\n" for block in indented]


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home folder and working folder, with a folder of cartoons in place of /videos."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return write_library(tmp_path / "videos", 6, seed=3).folder


def play(code: str, films: Path, names: dict[str, object]) -> None:
    """Run a block as it is written, but for the folder and the default encoder's weights."""
    code = re.sub(r'index\(\["[^"]+"\]', f'index(["{films}"]', code)
    code = code.replace(f'index(["{films}"])', f'index(["{films}"], encoder="toon")')
    exec(compile(code, "example", "exec"), names)


def test_every_example_of_the_page_runs(
    films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = blocks(PAGE)
    assert len(code) >= 5
    names: dict[str, object] = {}
    for block in code:
        play(block, films, names)
    printed = capsys.readouterr().out
    assert printed.count(str(films)) >= 10
    assert "0 added" in printed
    assert "found itself: " in printed
    assert "fix: " in printed
    assert (tmp_path / "films" / "catalogue.db").is_file()


def test_the_example_of_the_package_is_that_of_the_page_and_of_the_readme(
    films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = blocks(PAGE)[0]
    assert inspect.cleandoc(reelwise.__doc__ or "").partition("\n\n")[2] == first.rstrip()
    shown = [block for block in blocks(ROOT / "README.md") if "from reelwise" in block]
    for block in shown or [first]:
        play(block, films, {})
        assert str(films) in capsys.readouterr().out
