"""Lines: what is said, written or named in a video, with the time at which it is."""

from data.lines.languages import language_code
from data.lines.line import Channel, Line, LineReader, Reading, ReadState

__all__ = ["Channel", "Line", "LineReader", "ReadState", "Reading", "language_code"]
