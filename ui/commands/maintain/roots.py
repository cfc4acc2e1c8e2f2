"""`reelwise roots` and `reelwise remove`: the folders of a library."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from data.printable import printable
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns, count


def roots(home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """List the indexed folders: videos, whether they are here, gone or empty, and patterns."""
    with Library(home) as library:
        files = library.catalogue.files
        rows, cells = [], []
        for path, rules in files.root_rules().items():
            known = files.known([path])
            options = [f"--exclude {pattern}" for pattern in rules.excludes]
            options += ["--follow-links"] if rules.follow_links else []
            rows.append(
                {
                    "path": str(path),
                    "videos": len({file.video_id for file in known.values()} - {None}),
                    "state": _state(path, known),
                    "exclude": list(rules.excludes),
                    "follow_links": rules.follow_links,
                }
            )
            cells.append(
                [str(rows[-1]["videos"]), str(rows[-1]["state"]), str(path), " ".join(options)]
            )
    return Answer({"roots": rows}, "\n".join(columns(cells, indent="")) or "no folder is indexed")


def _state(root: Path, known: Iterable[Path]) -> str:
    """Here; gone: the path does not exist; empty: it does and none of its videos."""
    if not root.exists():
        return "gone"
    files = list(known)
    return "here" if not files or any(file.exists() for file in files) else "empty"


def remove(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Indexed folders or files, also ones that are gone."),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Drop folders or files from the library; the files themselves are not touched."""
    from indexer.build.removal import remove_paths

    with Library(home) as library:
        removed = remove_paths(library.home, paths)
    lines = []
    for each in removed:
        line = f"{each.path}: {count(each.videos, 'video')} removed from the library"
        if each.elsewhere:
            line += f", {each.elsewhere:,} stay: they lie elsewhere too"
        if each.passed_over_by is not None:
            line += f"; reelwise index {each.passed_over_by} passes it over from now on"
        lines.append(line)
    document = {
        "removed": [
            {"path": str(each.path), "videos": each.videos, "elsewhere": each.elsewhere}
            for each in removed
        ]
    }
    return Answer(document, "\n".join(map(printable, lines)))
