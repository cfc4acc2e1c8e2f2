"""`python -m ui.cli_docs > docs/cli.md`: the page of the command line, made from its own --help.

A test compares the page with what this prints, so it cannot fall behind.
"""

import contextlib
import io
import os
import sys

import typer

from ui.cli import build_app, run

WIDTH_COLUMNS = "100"

HEAD = """\
# The command line

Made by `python -m ui.cli_docs > docs/cli.md` from the commands' own help; do not edit by hand.

Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 known error (two lines:
`error: ...` and `  fix: ...`), 2 wrong usage, 3 done but some files failed, 130 stopped by Ctrl-C.
With `--json` exactly one JSON document is printed; after an error it has `error` and `fix`.
"""


def docs_page() -> str:
    """The whole page as Markdown."""
    sections = [HEAD]
    for name in ("", *command_names()):
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            run([*name.split(), "--help"])
        title = f"reelwise {name}".rstrip()
        sections.append(f"## {title}\n\n```text\n{shown.getvalue().rstrip()}\n```\n")
    return "\n".join(sections)


def command_names() -> list[str]:
    """Every command as it is typed after `reelwise`."""
    root = typer.main.get_command(build_app())
    names: list[str] = []
    for name, command in getattr(root, "commands", {}).items():
        members = getattr(command, "commands", {})
        if not members or getattr(command, "invoke_without_command", False):
            names.append(name)
        names += [f"{name} {member}" for member in members]
    return names


def print_page() -> None:
    """Print the page."""
    # Help is wrapped at the width of the terminal: a fixed one keeps the page the same for all.
    os.environ["COLUMNS"] = WIDTH_COLUMNS
    sys.stdout.write(docs_page())


if __name__ == "__main__":
    print_page()
