"""The process that runs one queued job for a server: `python -m ui.library.jobs.child HOME ID`."""

import signal
import sys
from pathlib import Path

from data.errors import ReelwiseError
from ui.library.jobs.run import JobRun
from ui.library.jobs.work import do_work
from ui.library.library import Library
from ui.library.opened import OpenedLibrary
from ui.library.readers import WordOptions


def run_queued(home: Path, job_id: int) -> int:
    """Run a job that waits, and say in the queue how it ended; gives the exit code."""
    with OpenedLibrary(home) as opened:
        job = opened.jobs.get(job_id)
    words = WordOptions(**job.arguments.get("words", {}))
    with Library(home, words=words) as library:
        try:
            with JobRun(library, job.kind, job.arguments, job=job) as run:
                do_work(library, job.kind, job.arguments, run)
        except (ReelwiseError, KeyboardInterrupt):
            return 1  # the queue knows why
    return 0


if __name__ == "__main__":
    # Who starts a server in the background may have it ignore Ctrl-C; its jobs must not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run_queued(Path(sys.argv[1]), int(sys.argv[2])))
