"""The one root of every error that a user of reelwise can repair."""


class ReelwiseError(Exception):
    """A problem that a user can repair: what is wrong, and what to do about it.

    Library code raises it; only the edges (command line, server) catch it and print both lines.

    Args:
        problem: What is wrong and what was needed, one line, without a final full stop.
        fix: What to do now, one line; a command where there is one.
    """

    def __init__(self, problem: str, *, fix: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix

    def __reduce__(self) -> tuple[object, ...]:
        """Keep both lines, and every field of a subclass, when the error crosses processes."""
        return (_rebuild, (type(self), self.problem, self.fix), self.__dict__)


class NoSuchVideo(ReelwiseError):
    """No indexed video has this id, path or name."""


class CannotWrite(ReelwiseError):
    """The disk or its rights refuse a write; what is there can still be read."""


class DamagedFile(ReelwiseError):
    """A file of the home holds other bytes than were written."""


class UnreadableVideo(ReelwiseError):
    """A file from which no frame can be decoded.

    Args:
        reason: What is wrong with the file, without its name.
        final: True where no other decoder could do better (empty, text, encrypted, too large).
    """

    def __init__(self, reason: str, *, final: bool = True, fix: str | None = None) -> None:
        super().__init__(reason, fix=fix or "play the file in a video player; replace or remove it")
        self.reason = reason
        self.final = final


def _rebuild(kind: type[ReelwiseError], problem: str, fix: str) -> ReelwiseError:
    error = kind.__new__(kind)
    ReelwiseError.__init__(error, problem, fix=fix)
    return error
