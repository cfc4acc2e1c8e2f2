"""What the documents name exists, and they can be read in a terminal."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("data", "embeddings", "indexer", "recommender", "ui")
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("embeddings/checkpoints/**/*.md")]
)
TREE = {path.name for path in ROOT.iterdir()} - {"home"}
LONGEST_LINE = 120


def named_paths(text: str) -> list[str]:
    """Paths of this repository in backticks: `room/folder/file.py`, `room/folder/`."""
    quoted = re.findall(r"`([\w./*-]+/[\w.*-]*)`", text)
    return [path for path in quoted if path.split("/")[0] in TREE]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_and_links_in_a_document_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    if document.name != "CHANGELOG.md":  # history names what was there
        missing = [path for path in named_paths(text) if not list(ROOT.glob(path.rstrip("/")))]
        assert not missing
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_prose_fits_a_terminal(document: Path) -> None:
    fenced = False
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        fenced ^= line.lstrip().startswith("```")
        table_or_code = fenced or line.lstrip().startswith("|") or line.startswith("    ")
        assert table_or_code or len(line) <= LONGEST_LINE, f"line {number} is too long"


def test_every_folder_is_on_the_map() -> None:
    folders = {
        path.parent.relative_to(ROOT)
        for room in (*ROOMS, "benchmarks")
        for path in ROOT.glob(f"{room}/**/*.py")
    }
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [str(folder) for folder in sorted(folders) if f"`{folder}/`" not in text] == []


def test_a_change_request_leads_to_a_file() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("## Where to change what")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and "---" not in line][
        1:
    ]
    assert len(rows) >= 10
    for row in rows:
        assert [path for path in named_paths(row) if path.endswith(".py")], row
