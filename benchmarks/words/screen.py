"""Words in the picture: lines burnt into real frames, what is invented, and the cost.

Lines in ten languages are burnt into ten seconds of real clips and of photographs; each has to come
back as one row with its letters and its interval. The cost is CPU seconds of reading the real clips
against decoding and encoding them for `index`, clip by clip in turns.
"""

from __future__ import annotations

import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import timm
import torch
from sklearn.datasets import load_sample_images

from benchmarks.made.videos import real_videos
from benchmarks.words.burnt_lines import Burnt, Pixels, random_line
from data.errors import ReelwiseError
from data.lines import Line
from data.video.children.pool import DecodePool
from data.video.types import DecodeRequest, FrameBatch, FrameSpec
from embeddings.opening.choice import load_encoder
from embeddings.words.screen.networks.detection import Detector
from embeddings.words.screen.networks.recognition import Recogniser, cut_out
from embeddings.words.screen.networks.weights import DETECTION, RECOGNITION, open_network
from embeddings.words.screen.reader import load_screen_reader, spec_of
from embeddings.words.screen.rows import join_rows
from embeddings.words.screen.scripts import is_kept
from embeddings.words.screen.shown import alike, letters_of
from embeddings.words.screen.video import VideoText

N_LINES = {"small": 80, "full": 300}
EVERY_CLIP = {"small": 3, "full": 1}
"""Each of so many real clips is read for the cost, which takes a minute a dozen."""
SHOWN_S = 10
BEFORE_S = 3
"""Frames of the clip before the line comes, and after it went."""
CLIP_S = BEFORE_S + SHOWN_S + 2
BATCH_FRAMES = 64
"""Frames that `index` encodes in one call."""
NETWORK = "tf_efficientnet_lite2"
LEAST_WIDTH_PX = 300
"""Smaller clips have no room for a line."""


def run(size: str) -> dict[str, Any]:
    """Every figure; keys of the real clips are there where there are any."""
    networks = Detector(open_network(DETECTION)), Recogniser(open_network(RECOGNITION))
    figures = _burnt(networks, N_LINES[size]) | _invented(networks)
    videos = real_videos()
    return figures | (_cost(videos[:: EVERY_CLIP[size]]) if videos else {})


def _burnt(networks: tuple[Detector, Recogniser], n: int) -> dict[str, Any]:
    """How many burnt-in lines come back, of each size and language."""
    rng = np.random.default_rng(11)
    scenes = list(_scenes())
    found: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    missed = []
    for number in range(n):
        frames = scenes[number % len(scenes)]
        line = random_line(rng, number, frames.shape[2], frames.shape[1])
        rows = _read(networks, frames, line)
        said = [row for row in rows if _letters(row.text) == _letters(line.text)]
        kinds = (line.language, f"{line.size_px} px", line.style)
        tried.update(kinds)
        found.update(kinds if said else ())
        found["exact"] += any(row.text == line.text for row in said)
        found["one row, right second"] += len(rows) == 1 and any(_is_in_time(row) for row in said)
        found["all"] += bool(said)
        if not said:
            missed.append(f"{line.text} ({line.size_px} px, {line.style}): {rows[:1]}")
    shares = {kind: round(found[kind] / count, 3) for kind, count in sorted(tried.items())}
    total = {k: round(found[k] / n, 3) for k in ("all", "exact", "one row, right second")}
    return {
        "lines": n,
        "recall": total["all"],
        "found": total,
        "found_of": shares,
        "missed": missed[:10],
    }


def _scenes() -> Iterator[Pixels]:
    """Frames (t, h, w, 3), one a second: of real clips, and of photographs that move slowly."""
    for picture in load_sample_images().images:
        wide = cv2.resize(picture, (1000, 667))
        moved = (wide[8 * i : 8 * i + 500, 10 * i : 10 * i + 800] for i in range(CLIP_S))
        yield np.stack(list(moved)).astype(np.uint8)
    with DecodePool(1) as pool:
        for video in real_videos():
            probe = [r for _, r in pool.run([DecodeRequest(video, FrameSpec(8, 8), most_frames=1)])]
            info = getattr(probe[-1], "info", None)
            if info is None or info.width_px < LEAST_WIDTH_PX or info.duration_s < CLIP_S:
                continue
            request = DecodeRequest(video, spec_of(info), fps=1.0, most_frames=CLIP_S)
            batches = [r.pixels for _, r in pool.run([request]) if isinstance(r, FrameBatch)]
            yield np.concatenate(batches)


def _read(networks: tuple[Detector, Recogniser], frames: Pixels, line: Burnt) -> list[Line]:
    """The rows of a clip in which a line is shown for ten seconds."""
    text = VideoText(*networks, scripts=("latin",), sample_s=1.0)
    for second, pixels in enumerate(frames):
        shown = BEFORE_S <= second < BEFORE_S + SHOWN_S
        text.feed(line.on(pixels) if shown else pixels, float(second))
    return text.lines(float(len(frames)))


def _is_in_time(row: Line) -> bool:
    """Whether a row's interval is right to a second."""
    return abs(row.start_s - BEFORE_S) <= 1 and abs(row.end_s - BEFORE_S - SHOWN_S) <= 1


def _letters(text: str) -> str:
    """Letters and digits without case and marks, as the search compares them."""
    for one, other in (("ł", "l"), ("ß", "ss"), ("ø", "o"), ("æ", "ae")):
        text = text.casefold().replace(one, other)
    return "".join(c for c in unicodedata.normalize("NFKD", text) if c.isalnum())


def _invented(networks: tuple[Detector, Recogniser]) -> dict[str, Any]:
    """What is believed of text that cannot be read, and of the pictures without any.

    What is like the line itself is not counted: large letters can be read though they are blurred.
    """
    rng = np.random.default_rng(5)
    pictures = load_sample_images().images
    views: dict[str, Callable[[Pixels], Pixels]] = {
        "mirrored": lambda p: p[:, ::-1],
        "upside down": lambda p: p[::-1, ::-1],
        "quarter turn": np.rot90,
        "blurred": lambda p: cv2.GaussianBlur(p, (0, 0), 5).astype(np.uint8),
    }
    invented: dict[str, Any] = {
        "nothing written": [text for p in pictures for text in _believed(networks, p)]
    }
    for name, view in views.items():
        texts = []
        for number in range(20):
            picture = pictures[number % 2]
            line = random_line(rng, number, picture.shape[1], picture.shape[0])
            read = _believed(networks, view(line.on(picture)))
            texts += [text for text in read if not alike(letters_of(text), letters_of(line.text))]
        invented[name] = texts
    return {"invented_in_20": invented}


def _believed(networks: tuple[Detector, Recogniser], pixels: Pixels) -> list[str]:
    """All that is read in a whole picture, without any gate."""
    detect, read = networks
    pixels = np.ascontiguousarray(pixels)
    texts = read([cut_out(pixels, box) for box in join_rows(detect(pixels))])
    return [t.text for t in texts if is_kept(t.text, t.confidence, ("latin",))]


def _cost(videos: Sequence[Path]) -> dict[str, Any]:
    """CPU seconds of reading the clips against those of their visual pass, clip by clip."""
    reader, (name, spec, encode) = load_screen_reader(), _visual_encoder()
    reader.read(videos[0], lambda: None)
    encode(np.zeros((8, spec.height_px, spec.width_px, 3), np.uint8))
    visual_s = screen_s = 0.0
    counts: Counter[str] = Counter()
    read: list[str] = []
    waiting: list[Pixels] = []
    with DecodePool(1) as pool:
        list(pool.run([DecodeRequest(videos[0], spec, most_frames=1)]))
        for video in videos:
            before_s = _cpu_s()
            results = pool.run([DecodeRequest(video, spec)])
            batches = [r.pixels for _, r in results if isinstance(r, FrameBatch)]
            waiting += [frame for pixels in batches for frame in pixels]
            while len(waiting) >= BATCH_FRAMES or (waiting and video == videos[-1]):
                encode(np.stack(waiting[:BATCH_FRAMES]))
                del waiting[:BATCH_FRAMES]
            visual_s += (middle_s := _cpu_s()) - before_s
            lines = reader.read(video, lambda: None).lines
            screen_s += _cpu_s() - middle_s
            counts.update(asdict(reader.counts))
            read += [f"{video.name} {x.start_s:g}-{x.end_s:g} s: {x.text}" for x in lines]
    return {
        "clips": len(videos),
        "visual_encoder": name,
        "visual_cpu_s": round(visual_s, 1),
        "screen_cpu_s": round(screen_s, 1),
        "screen_of_visual": round(screen_s / visual_s, 3),
        "gates": dict(counts),
        "read_in_clips": read,
    }


def _cpu_s() -> float:
    """CPU seconds of this process and its children so far."""
    children = (child.cpu_times() for child in psutil.Process().children())
    return time.process_time() + sum(times.user + times.system for times in children)


def _visual_encoder() -> tuple[str, FrameSpec, Callable[[Pixels], object]]:
    """The encoder that works offline; where it cannot be loaded, its network untrained.

    What a network costs does not depend on its weights.
    """
    try:
        encoder = load_encoder("starter")
    except ReelwiseError:
        network = timm.create_model(NETWORK, pretrained=False).eval()
        network = network.to(torch.bfloat16).to(memory_format=torch.channels_last)

        def encode(pixels: Pixels) -> object:
            frames = torch.from_numpy(pixels).permute(0, 3, 1, 2).to(torch.bfloat16)
            with torch.inference_mode():
                return network(frames.contiguous(memory_format=torch.channels_last))

        return f"{NETWORK}, untrained, bf16", FrameSpec(260, 260, "crop"), encode
    return encoder.name, encoder.frame_spec, encoder.encode_frames
