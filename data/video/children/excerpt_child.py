"""The child process that writes parts of videos: `python -m data.video.children.excerpt_child`.

It lives as a decoding child does, see `serving`, and keeps the video of its last request open. A
request `{"path": ..., "kind": ..., "start_s": ..., "end_s": ..., "covers": [...], "out": ...}`
names the one file that it writes; the answer is `{"beat": 1}` now and then and last
`{"ending": {...}}`, with `earlier_s` of a copy.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.errors import ReelwiseError
from data.video.children.serving import FAILURES, Serving, serve_parent, why_failed
from data.video.excerpts.copying import copy_clip
from data.video.excerpts.covers import covers_from
from data.video.excerpts.encoding import write_clip, write_head, write_piece
from data.video.excerpts.source import Source
from data.video.types import Ending


class ExcerptChild(Serving):
    """Requests in, files out."""

    def __init__(self, commands: int, events: int) -> None:
        super().__init__(commands, events)
        self._opened = ExitStack()
        self._key: tuple[object, ...] = ()
        self._source: Source | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Write one part; gives how it ended."""
        answer: dict[str, Any] = {}
        try:
            source = self._open(Path(request["path"]))
            answer["earlier_s"] = self._write(source, request)
            ending = Ending("done")
        except ReelwiseError as error:
            ending = Ending("failed", getattr(error, "reason", "") or error.problem)
            answer["fix"] = error.fix
        except FAILURES as error:
            ending = Ending("failed", why_failed(error, "encoder"))
        return {**answer, "ending": asdict(ending)}

    def _open(self, path: Path) -> Source:
        """The video, as it was opened for the request before where it is the same file."""
        facts = path.stat()
        key = (path, facts.st_ino, facts.st_mtime_ns, facts.st_size)
        if self._source is None or key != self._key:
            self._opened.close()
            self._source = None
            self._source = self._opened.enter_context(Source.opened(path, self.beat))
            self._key = key
        return self._source

    def _write(self, source: Source, request: dict[str, Any]) -> float:
        kind, out = request["kind"], Path(request["out"])
        start_s, end_s = float(request["start_s"]), float(request["end_s"])
        covers = covers_from(request["covers"])
        if kind == "head":
            write_head(source, out)
        elif kind == "piece":
            write_piece(source, start_s, end_s, out, covers)
        elif kind == "copy":
            return copy_clip(source, start_s, min(end_s, source.length_s), out)
        else:
            write_clip(source, start_s, min(end_s, source.length_s), out, covers)
        return 0.0


if __name__ == "__main__":
    serve_parent(sys.argv[1:], lambda commands, events, _: ExcerptChild(commands, events).serve())
