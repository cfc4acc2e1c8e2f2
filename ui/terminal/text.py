"""Numbers as people read them."""

import os
from pathlib import Path

from data.printable import printable


def clock(time_s: float) -> str:
    """A time in a video as m:ss.s, or h:mm:ss.s from one hour on; tenths are rounded down.

    A start that is rounded up would skip the first frame of a moment.
    """
    # JSON gives thousandths: both must show the same.
    tenths = int(max(round(time_s, 3), 0.0) * 10 + 1e-6)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"


def span(start_s: float, end_s: float) -> str:
    """An interval of a video, "0:04.0-0:09.5"."""
    return f"{clock(start_s)}-{clock(end_s)}"


def length(duration_s: float) -> str:
    """How long something takes: "8.3 s", "4 min 05 s", "2 h 10 min"."""
    if duration_s < 60:
        return f"{duration_s:.1f} s"
    minutes, seconds = divmod(round(duration_s), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(size_bytes: float) -> str:
    """A size in decimal units, "0 B", "12.4 MB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} B" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A counted noun: "1 video", "27 videos", "12,400 clips"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def short_path(path: Path | str) -> str:
    """The path, relative to the working folder when it lies below it; safe for a terminal."""
    text = str(path)
    return printable(text.removeprefix(str(Path.cwd()) + os.sep))


def columns(rows: list[list[str]], *, indent: str = "  ") -> list[str]:
    """Rows as aligned lines; columns of numbers or times are right-aligned.

    Each row is one line, whatever names its cells hold.
    """
    if not rows:
        return []
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    right = [all(row[at][:1].isdigit() or not row[at] for row in rows) for at in range(len(widths))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines
