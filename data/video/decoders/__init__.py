"""From a file to frames: opening, planning, PyAV and decord."""
