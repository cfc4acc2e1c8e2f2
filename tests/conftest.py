"""What holds for every test: one thread per process, whatever else the machine does.

OpenMP's threads spin while they wait for one another; on a busy machine two of them take minutes
for what one does in seconds. The variables are set before anything heavy is imported, and every
process that a test starts inherits them.
"""

import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: no process of the run works at one alone while the others have ended."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
