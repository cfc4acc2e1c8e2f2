"""`reelwise history import`: add the events of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from data.errors import ReelwiseError
from data.printable import printable
from ui.library.library import Library
from ui.terminal.answer import EXIT_SOME_FILES_FAILED, Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import count, short_path

if TYPE_CHECKING:
    from data.history import ImportReport

MAX_ROWS_SHOWN = 20
"""Bad rows listed one by one; the rest are counted."""

FileArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="Events: CSV or Parquet with the columns user, video[, at][, watched_s]"
        "[, duration_s][, kind]; or a viewing history as Netflix gives it.",
    ),
]
FormatOption = Annotated[
    Literal["auto", "reelwise", "netflix"],
    typer.Option(
        "--format",
        metavar="auto|reelwise|netflix",
        help="Whose format it is; auto tells it from the names of the columns.",
    ),
]
UserOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Who watched, where the file does not say it.")
]
DatesOption = Annotated[
    Literal["auto", "day-first", "month-first"],
    typer.Option(
        metavar="auto|day-first|month-first",
        help="What 5/6/2024 means in a viewing history; auto tells it from all dates of it.",
    ),
]
EncodingOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Encoding of a text file, as in windows-1252.  [default: UTF-8 or UTF-16]",
    ),
]


def import_events(
    file: FileArgument,
    format_: FormatOption = "auto",
    user: UserOption = None,
    dates: DatesOption = "auto",
    encoding: EncodingOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be added; write nothing.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Add the events of a file; importing it again changes nothing.

    Each row is added, known already, or refused by the number of its line.
    """
    from data.catalogue.guard.copies import copy_if_due
    from data.history import HowToRead, check_events

    if not file.is_file():
        raise ReelwiseError(
            f"{file} is no file" if file.exists() else f"there is no file {file}",
            fix="reelwise history import FILE   (CSV or Parquet: user,video[,at][,watched_s])",
        )
    how = HowToRead(format_, user, encoding, dates)
    with Library(home) as library:
        if not dry_run:
            check_events(file, how)  # a file that cannot be imported makes no home
            library.make()
        report = library.history.import_file(file, how, dry_run=dry_run)
        if not dry_run:
            copy_if_due(library.home)
    notice = "\n".join(map(printable, _notices(report)))
    code = EXIT_SOME_FILES_FAILED if report.bad_rows else 0
    return Answer(
        _document(report, file), "\n".join(map(printable, _lines(report, file))), code, notice
    )


def _document(report: ImportReport, file: Path) -> dict[str, object]:
    return {
        "file": str(file),
        "read_as": report.told,
        "dry_run": report.dry_run,
        "rows": report.rows,
        "added": report.added,
        "duplicates": report.duplicates,
        "passed_over": dict(report.passed_over),
        "unresolved": report.unresolved,
        "over_length": report.over_length,
        "bad_rows": [{"line": line, "reason": reason} for line, reason in report.bad_rows],
    }


def _lines(report: ImportReport, file: Path) -> list[str]:
    """What became of the rows: the numbers of the second line add up to that of the first."""
    would = "would be " if report.dry_run else ""
    parts = [
        f"{count(report.added, 'event')} {would}added",
        f"{report.duplicates:,} known already",
        *(f"{n:,} passed over ({kind})" for kind, n in sorted(report.passed_over.items())),
        f"{len(report.bad_rows):,} refused",
    ]
    lines = [
        f"{count(report.rows, 'row')} in {short_path(file)} ({report.told})",
        ", ".join(parts),
    ]
    if report.unresolved:
        refs = ", ".join(repr(ref) for ref in report.unresolved_refs)
        lines.append(
            f"{count(report.unresolved, 'event')} of videos that are not indexed (yet), or whose "
            "name fits several" + (f", as {refs}" if refs else "") + ": kept, and counted as soon "
            "as just one is called so"
        )
    return lines


def _notices(report: ImportReport) -> list[str]:
    lines = []
    if report.over_length:
        lines.append(
            f"{count(report.over_length, 'event')} with more seconds than the video is long: "
            "counted as the whole video"
        )
    if report.bad_rows:
        lines.append(f"{count(len(report.bad_rows), 'row')} refused:")
        lines += [f"  line {line}: {why}" for line, why in report.bad_rows[:MAX_ROWS_SHOWN]]
    if len(report.bad_rows) > MAX_ROWS_SHOWN:
        lines.append(f"  and {len(report.bad_rows) - MAX_ROWS_SHOWN:,} more; --json lists them all")
    return lines
