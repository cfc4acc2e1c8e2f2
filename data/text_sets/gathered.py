"""Videos of a set in the order in which its files name them, each once."""

from data.text_sets.text_set import SetVideo


class Gathered:
    """Gives each video that is named a place."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._videos: list[SetVideo] = []

    def place(self, name: str, *others: str, end_s: float | None = None) -> int:
        """The place of a video; `others` are what its file may be called besides."""
        if name not in self._places:
            self._places[name] = len(self._videos)
            self._videos.append(SetVideo(name, (name, *others), end_s))
        return self._places[name]

    @property
    def videos(self) -> tuple[SetVideo, ...]:
        """All of them."""
        return tuple(self._videos)
