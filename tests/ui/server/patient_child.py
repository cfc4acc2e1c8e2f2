"""A job that waits until a file in the home lets it go on: `HOME ID`."""

import sys
import time
from pathlib import Path

from ui.library.jobs.run import JobRun
from ui.library.library import Library

if __name__ == "__main__":
    with Library(Path(sys.argv[1])) as library:
        job = library.jobs.get(int(sys.argv[2]))
        with JobRun(library, job.kind, job.arguments, job=job) as run:
            while not (library.home.root / "go on").exists():
                time.sleep(0.02)
            run.finished("went on")
