"""Standard input and output as a command finds and leaves them."""

import io
import os
import sys


def open_closed_streams() -> None:
    """Let streams that the caller closed (`<&-`, `>&-`) lead nowhere.

    Else the next file that is opened gets the number of one, and messages are written into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
            os.set_inheritable(descriptor, True)  # children need one as well
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8"))


def leave_stdout() -> None:
    """Let what Python flushes at its end go nowhere."""
    sys.stdout = io.TextIOWrapper(io.FileIO(os.open(os.devnull, os.O_WRONLY), "w"))
