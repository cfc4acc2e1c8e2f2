"""Pictures of proposals, as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ReelwiseError

if TYPE_CHECKING:
    from data.video.types import FrameSpec
    from ui.library.documents import Document
    from ui.server.media.frames import FrameSource

HEIGHT_PX = 360
WIDTH_PX = 640


def with_pictures(proposals: Sequence[Document], folder: Path | None) -> list[Document]:
    """Proposals with `picture`, a PNG file of the middle of each; null where none can be decoded.

    Without a folder they are given back as they are.

    Raises:
        ReelwiseError: The folder cannot be written.
    """
    if folder is None:
        return list(proposals)
    from data.video.types import FrameSpec
    from ui.server.media.frames import FrameSource

    frames = FrameSource()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        spec = FrameSpec(WIDTH_PX, HEIGHT_PX, "pad")
        return [{**each, "picture": _drawn(frames, spec, each, folder)} for each in proposals]
    except OSError as error:
        raise ReelwiseError(
            f"{folder} cannot be written: {error.strerror or error}", fix="name another folder"
        ) from error
    finally:
        frames.close()


def _drawn(frames: FrameSource, spec: FrameSpec, each: Document, folder: Path) -> str | None:
    from PIL import Image

    if each["path"] is None or not Path(each["path"]).exists():
        return None
    middle_s = (each["start_s"] + each["end_s"]) / 2
    pixels = frames.at(Path(each["path"]), spec, middle_s)
    if pixels is None:
        return None
    file = folder / f"{each['video_id']}-{each['start_s']:.3f}.png"
    Image.fromarray(pixels).save(file, "PNG")
    return str(file.absolute())
