import os
import subprocess
import sys
from pathlib import Path

from ui.cli_docs import command_names

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_the_command_line_is_what_help_says() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "ui.cli_docs"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "REELWISE_HOME"},
        check=True,
    )
    kept = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert made.stdout == kept, "run: python -m ui.cli_docs > docs/cli.md"


def test_the_page_has_every_command() -> None:
    kept = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name in command_names():
        assert f"## reelwise {name}\n" in kept
