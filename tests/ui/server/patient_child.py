"""A job that waits until a file in the home lets it go on: `HOME ID`."""

import signal
import sys
import time
from pathlib import Path

from ui.library.jobs.run import JobRun
from ui.library.library import Library

if __name__ == "__main__":
    # As the real child: who runs the tests in the background may have them ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with Library(Path(sys.argv[1])) as library:
        job = library.jobs.get(int(sys.argv[2]))
        with JobRun(library, job.kind, job.arguments, job=job) as run:
            while not (library.home.root / "go on").exists():
                time.sleep(0.02)
            run.finished("went on")
