"""What holds for every test: one thread per process, whatever else the machine does.

OpenMP's threads spin while they wait for one another; on a busy machine two of them take minutes
for what one does in seconds. The variables are set before anything heavy is imported, and every
process that a test starts inherits them.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
