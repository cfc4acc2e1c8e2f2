"""A job that takes no notice of Ctrl-C, with a process of its own: `HOME ID`."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

from ui.library.jobs.run import JobRun
from ui.library.library import Library

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Library(Path(sys.argv[1])) as library:
        job = library.jobs.get(int(sys.argv[2]))
        with JobRun(library, job.kind, job.arguments, job=job):
            child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
            (library.home.root / "grandchild").write_text(str(child.pid))
            threading.Event().wait()
