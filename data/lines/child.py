"""The child process that reads subtitles: `python -m data.lines.child` and five numbers.

It lives as a decoding child does, see `data.video.children.child`. Requests and lines go as JSON:
`{"request": {...}, "cpu_s": limit}` to the child; `{"lines": [...]}`, `{"beat": 1}` and last
`{"ending": {...}}` from it.
"""

import sys
import time
from pathlib import Path
from typing import Any

from data.lines.line import Line
from data.lines.subtitles import read_words
from data.video.children.child import BEAT_S, limit_cpu, serve_parent
from data.video.children.wire import LineReader, send
from data.video.types import UnreadableVideo

LINES_AT_ONCE = 100
"""Lines of one message, which has to stay below the limit of the wire."""


class WordsChild:
    """Requests in, lines out, one request at a time."""

    def __init__(self, commands: int, events: int) -> None:
        self._requests = LineReader(commands)
        self._events = events
        self._last_beat = 0.0

    def serve(self) -> None:
        """Take requests until the parent closes the pipe."""
        send(self._events, {"ready": 1})
        for message in self._requests:
            if "request" in message:
                limit_cpu(float(message["cpu_s"]))
                send(self._events, {"ending": self._read(message["request"])})

    def _read(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            words = read_words(
                Path(request["path"]),
                [Path(each) for each in request["sidecars"]],
                fps=float(request["fps"]),
                on_progress=self._beat,
            )
            for first in range(0, len(words.lines), LINES_AT_ONCE):
                some = words.lines[first : first + LINES_AT_ONCE]
                send(self._events, {"lines": [_fields(line) for line in some]})
        except UnreadableVideo as error:
            return {"state": "failed", "reason": error.reason}
        except MemoryError:
            return {"state": "failed", "reason": "needs more memory than a reader may have"}
        except (OSError, ValueError, RuntimeError, ArithmeticError, LookupError) as error:
            return {"state": "failed", "reason": f"{type(error).__name__}: {error}"[:300]}
        return {
            "state": "done" if words.is_whole else "partial",
            "reason": "; ".join(words.notes)[:1000],
            "title": words.title[:1000],
        }

    def _beat(self) -> None:
        now_s = time.monotonic()
        if now_s - self._last_beat >= BEAT_S:
            self._last_beat = now_s
            send(self._events, {"beat": 1})


def _fields(line: Line) -> list[str | float]:
    return [line.start_s, line.end_s, line.text, line.language]


if __name__ == "__main__":
    serve_parent(sys.argv[1:], lambda commands, events, _: WordsChild(commands, events).serve())
