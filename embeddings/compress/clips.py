"""The user's clips, to compress an encoder with and to evaluate it on."""

from collections.abc import Sequence
from pathlib import Path

from data.cores import cores
from data.errors import ReelwiseError
from data.video.children.pool import decode_each
from data.video.scan import scan
from data.video.types import SAMPLE_FPS, DecodeRequest, FrameSpec
from embeddings.compress.judge import ClipFrames
from embeddings.training.captions import CaptionRow, Stretch, Trouble, find_beside, read_captions

MOST_S = 10.0
"""Of a longer stretch of video the beginning is taken."""
MOST_VIDEOS = 200
NO_FRAME = "no frame in this stretch"
LEAST_CLIPS = 4
"""Half are compressed with, and comparing rankings takes two of the others."""
TEXT_COLUMNS = ("caption", "query")


class UserClips:
    """Clips of videos, decoded once for each frame size.

    Args:
        rows: Stretches of videos with their texts, which may be empty.
        troubles: Lines that could not be used.
    """

    def __init__(self, rows: Sequence[CaptionRow], troubles: Sequence[Trouble] = ()) -> None:
        self._rows = list(rows)
        self._troubles = dict.fromkeys(troubles)
        self._kept: dict[FrameSpec, list[ClipFrames]] = {}

    @property
    def troubles(self) -> list[Trouble]:
        """Lines and videos that could not be used, or only in part, each once."""
        return list(self._troubles)

    def __call__(self, spec: FrameSpec) -> list[ClipFrames]:
        """The clips in an encoder's frame size, in the order of the rows.

        Raises:
            ReelwiseError: Fewer than four clips can be used.
        """
        if spec not in self._kept:
            self._kept[spec] = self._decode(spec)
        return self._kept[spec]

    def _decode(self, spec: FrameSpec) -> list[ClipFrames]:
        requests = [_request(key, row.stretch, spec) for key, row in enumerate(self._rows)]
        clips: dict[int, ClipFrames] = {}
        workers = cores()
        for key, (pixels, times_s, ending) in decode_each(requests, workers=workers):
            row = self._rows[key]
            if len(pixels):
                clips[key] = ClipFrames(pixels, times_s, row.text)
            if ending.state != "done" or not len(pixels):
                where = f"{row.stretch.path} from {row.stretch.start_s:g} s"
                reason = f"{ending.state}: {ending.reason}"
                self._troubles[Trouble(where, reason if ending.reason else NO_FRAME)] = None
        if len(clips) < LEAST_CLIPS:
            why = "".join(f"; {each.where}: {each.reason}" for each in self.troubles[:1])
            raise ReelwiseError(
                f"{len(clips)} of your clips can be used, and {LEAST_CLIPS} are needed{why}",
                fix="name more with --captions or --videos, or leave out both to use cartoons",
            )
        return [clips[key] for key in sorted(clips)]


def _request(key: int, stretch: Stretch, spec: FrameSpec) -> DecodeRequest:
    end_s = min(stretch.end_s, stretch.start_s + MOST_S)
    return DecodeRequest(stretch.path, spec, SAMPLE_FPS, stretch.start_s, end_s, key=key)


def described_clips(file: Path, *, videos: Path | None = None) -> UserClips:
    """The clips of a captions or queries file with their texts; of equal clips, the first line.

    Args:
        file: As `read_captions` takes it, with `caption` or `query`; times may be left out.
        videos: Folder in which videos are looked up before the folder of the file.

    Raises:
        ReelwiseError: The file cannot be read, or has no line that can be used.
    """
    table = read_captions(file, find_beside(file, videos=videos), words=TEXT_COLUMNS, timed=False)
    rows: dict[tuple[Path, float], CaptionRow] = {}
    for row in table.rows:
        rows.setdefault((row.stretch.path, row.stretch.start_s), row)
    return UserClips(list(rows.values()), table.troubles)


def video_clips(folder: Path) -> UserClips:
    """The beginnings of the first 200 videos below a folder, without texts.

    Raises:
        ReelwiseError: There is no video.
    """
    stretches = [Stretch(file.path, 0.0, MOST_S) for file in scan([folder])][:MOST_VIDEOS]
    if not stretches:
        raise ReelwiseError(f"there is no video below {folder}", fix="check the path of --videos")
    return UserClips([CaptionRow(stretch, "", None, None) for stretch in stretches])
