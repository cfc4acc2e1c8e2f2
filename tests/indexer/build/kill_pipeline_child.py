"""The real pipeline with a fake encoder, killed as `benchmarks.trust.kill_child` is."""

import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.trust.kill_child import Report, serve
from data.home import resolve_home
from indexer.build import embed as embedding
from indexer.build import progress, publisher
from indexer.build.pipeline import index_library
from indexer.build.progress import Snapshot
from indexer.build.recording import record
from tests.fakes import ColourEncoder
from tests.indexer.made import paint

SLOWLY_S = 0.06
ONE_AT_A_TIME = threading.Lock()


class Slow(ColourEncoder):
    """Takes its time, however many cores there are, so that kills fall between videos."""

    def encode_clips(self, vectors: Any, times_s: Any, spans: Any) -> Any:
        with ONE_AT_A_TIME:
            time.sleep(SLOWLY_S)
        return super().encode_clips(vectors, times_s, spans)


class Told:
    def __init__(self, say: Report) -> None:
        self.say = say
        self.current = ""

    def update(self, now: Snapshot) -> None:
        if now.phase == "indexing" and now.current != self.current:
            self.current = now.current
            self.say("video", now.current)

    def note(self, message: str) -> None:
        self.say("note", message)


def run_pipeline(job: dict[str, Any], say: Report) -> None:
    say("lives")
    record.FLUSH_VIDEOS = 2
    publisher.PUBLISH_EVERY_S = 0.1
    embedding.BATCH_FRAMES, embedding.CLOSE_FRAMES = 4, 1
    progress.UPDATE_EVERY_S = 0.0
    report = index_library(
        resolve_home(Path(job["home"])),
        [Path(job["videos"])],
        Slow(),
        workers=2,
        progress=Told(say),
    )
    say("whole", report.done)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        paint(Path(folder) / "videos" / "warm.mp4", ("red", 1))
        job = {"home": str(Path(folder) / "home"), "videos": str(Path(folder) / "videos")}
        run_pipeline(job, lambda *_words: None)
    serve(run_pipeline)
