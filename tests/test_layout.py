"""Folders export what other rooms import, and load nothing heavy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("data", "embeddings", "indexer", "recommender", "ui", "reelwise")
HEAVY = {"torch", "faiss", "av", "decord", "streamlit", "open_clip", "cv2"}
MODULES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def exports(init: Path) -> list[str]:
    """The names in `__all__` of a folder; none where it exports nothing."""
    for node in ast.parse(init.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


EXPORTS = {
    ".".join(path.parent.relative_to(ROOT).parts): names
    for path in MODULES
    if path.name == "__init__.py" and path.parent.parent != ROOT and (names := exports(path))
}


def test_there_are_folders_that_export() -> None:
    assert {"data.catalogue", "data.history", "ui.library"} <= EXPORTS.keys()


def test_two_files_of_tests_may_have_one_name() -> None:
    """A folder without `__init__.py` gives its files names that another folder's files may have."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [str(each) for each in folders if not (each / "__init__.py").exists()] == []


def test_another_rooms_names_come_from_the_folder_that_exports_them() -> None:
    past_the_folder = []
    for path in MODULES:
        room = path.relative_to(ROOT).parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            if node.module.partition(".")[0] != room:
                exported = EXPORTS.get(node.module.rpartition(".")[0], [])
                names = {alias.name for alias in node.names} & set(exported)
                past_the_folder += [f"{path}: {node.module}.{name}" for name in names]
    assert past_the_folder == []


@pytest.mark.parametrize("folder", EXPORTS)
def test_a_folder_that_exports_loads_nothing_heavy(folder: str) -> None:
    code = f"import sys, {folder}; print(*sorted({HEAVY} & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == []
