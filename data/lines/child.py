"""The child process that reads subtitles: `python -m data.lines.child` and five numbers.

It lives as a decoding child does, see `data.video.children.serving`. Requests and lines go as JSON:
`{"request": {...}, "cpu_s": limit}` to the child; `{"lines": [...]}`, `{"beat": 1}` and last
`{"ending": {...}}` from it.
"""

import sys
from pathlib import Path
from typing import Any

from data.lines.line import Line
from data.lines.subtitles import read_words
from data.video.children.serving import FAILURES, Serving, serve_parent, why_failed
from data.video.children.wire import send

LINES_AT_ONCE = 100
"""Lines of one message, which has to stay below the limit of the wire."""


class WordsChild(Serving):
    """Requests in, lines out."""

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Read the subtitles of one video; gives how it ended."""
        try:
            return {"ending": self._read(request)}
        except FAILURES as error:
            return {"ending": {"state": "failed", "reason": why_failed(error, "reader")}}

    def _read(self, request: dict[str, Any]) -> dict[str, Any]:
        words = read_words(
            Path(request["path"]),
            [Path(each) for each in request["sidecars"]],
            fps=float(request["fps"]),
            on_progress=self.beat,
        )
        for first in range(0, len(words.lines), LINES_AT_ONCE):
            some = words.lines[first : first + LINES_AT_ONCE]
            send(self.events, {"lines": [_fields(line) for line in some]})
        return {
            "state": "done" if words.is_whole else "partial",
            "reason": "; ".join(words.notes)[:1000],
            "title": words.title[:1000],
        }


def _fields(line: Line) -> list[str | float]:
    return [line.start_s, line.end_s, line.text, line.language]


if __name__ == "__main__":
    serve_parent(sys.argv[1:], lambda commands, events, _: WordsChild(commands, events).serve())
