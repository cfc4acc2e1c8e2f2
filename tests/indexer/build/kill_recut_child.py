"""Cuts the clips of a library anew, and is killed by `test_recut_kills`."""

from pathlib import Path
from typing import Any

from benchmarks.trust.kill_child import Report, serve
from data.durable import arm_crash
from data.home import resolve_home
from data.video.clips.rule import ClipRule
from indexer.build.pipeline import RebuildOptions, rebuild
from indexer.build.recording import record
from tests.fakes import ColourEncoder


def run_recut(job: dict[str, Any], say: Report) -> None:
    record.FLUSH_VIDEOS = 2
    arm_crash(job.get("crash_at"))
    home = resolve_home(Path(job["home"]))
    generation = rebuild(home, RebuildOptions(ColourEncoder(), ClipRule.read(job["rule"])))
    say("published", generation.manifest.clips)


if __name__ == "__main__":
    serve(run_recut)
