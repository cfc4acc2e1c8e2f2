"""`reelwise compress`: make an encoder smaller or faster, and report what that costs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import ReelwiseError
from embeddings.compress.request import How, Request, TowerName
from ui.library.documents import Document
from ui.terminal.answer import (
    EXIT_DONE,
    EXIT_SOME_FILES_FAILED,
    Answer,
    troubles_document,
    troubles_notice,
)
from ui.terminal.options import HomeOption, JsonOption, WeightsOption
from ui.terminal.progress import report
from ui.terminal.text import columns, length

if TYPE_CHECKING:
    from embeddings.compress.clips import UserClips
    from embeddings.compress.judge import ClipSource
    from embeddings.model_folder import SourceModel

TOONS_TO_JUDGE = 200

EncoderArgument = Annotated[
    str,
    typer.Argument(
        metavar="ENCODER", help="Encoder to compress: toon, NAME[/PRETRAINED] or a model folder."
    ),
]
OutOption = Annotated[
    Path, typer.Option(metavar="DIR", help="New folder to write the compressed model to.")
]
HowOption = Annotated[
    How,
    typer.Option(
        help="bf16: half the size. int8, int8-dynamic, onnx: run by onnxruntime, int8 with ranges "
        "measured on clips. prune: remove parts. distil: train a smaller student."
    ),
]
TowerOption = Annotated[TowerName, typer.Option(help="prune: tower to remove parts from.")]
BlocksOption = Annotated[
    int, typer.Option(metavar="N", min=0, help="prune: number of blocks to remove.")
]
ChannelsOption = Annotated[
    float,
    typer.Option(metavar="SHARE", min=0, max=0.95, help="prune: share of MLP channels to remove."),
]
StudentOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE.json",
        help="distil: open_clip architecture or configuration file of the student.  "
        "[default: half as wide]",
    ),
]
StepsOption = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        show_default=False,
        help="distil, prune: number of training batches.  [default: 400 for distil, 0 for prune]",
    ),
]
CaptionsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Captioned clips to calibrate and evaluate on: CSV with the columns video, "
        "start_s, end_s, and caption or query.",
    ),
]
VideosOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder of the videos named in --captions, or of uncaptioned videos."
    ),
]


def compress(
    encoder: EncoderArgument,
    out: OutOption,
    how: HowOption,
    tower: TowerOption = "image",
    blocks: BlocksOption = 0,
    channels: ChannelsOption = 0.0,
    student: StudentOption = None,
    steps: StepsOption = 0,
    captions: CaptionsOption = None,
    videos: VideosOption = None,
    weights: WeightsOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Make an encoder smaller or faster, and report speed, size and quality before and after.

    The result is a model folder for --encoder. Quality is measured on held-out clips: every second
    clip of --captions or --videos, or generated cartoons.
    """
    from embeddings.backbone.names import parse_name
    from embeddings.new_folder import require_new
    from embeddings.opening.choice import check_weights

    request = Request(how, tower, blocks, channels, student, steps)
    request.check()
    require_new(out)
    check_weights(encoder, weights)
    request.check_blocks(parse_name(encoder, weights=weights))
    clips = _user_clips(captions, videos)
    from embeddings.compress.run import compress_encoder
    from embeddings.model_folder import open_source_model

    began = time.perf_counter()
    source = open_source_model(encoder, weights=weights)
    typical = None if clips is None else clips(source.encoder.frame_spec)[::2]
    folder = compress_encoder(source, out.absolute(), request, typical, report)
    return _answer(source, folder, how, clips, seconds=time.perf_counter() - began)


def _answer(
    source: SourceModel, folder: Path, how: How, clips: UserClips | None, *, seconds: float
) -> Answer:
    """The compressed model beside its source."""
    from embeddings.compress.judge import compare
    from embeddings.model_folder import folder_bytes
    from embeddings.spatiotemporal.encoder import load_spatiotemporal

    compressed = load_spatiotemporal(str(folder), device="cpu")
    judged, judged_by = _judged(clips, source.encoder.name)
    figures = compare(
        {
            "original in fp32": (source.encoder, source.size_bytes),
            "original here": (source.served(), source.size_bytes),
            "compressed": (compressed, folder_bytes(folder)),
        },
        judged,
    )
    troubles = [] if clips is None else clips.troubles
    document: Document = {
        "out": folder,
        "how": how,
        "encoder_id": compressed.id,
        "seconds": seconds,
        "judged_by": judged_by,
        **_ratios(figures["original in fp32"], figures["original here"], figures["compressed"]),
        "figures": figures,
        **troubles_document(troubles),
    }
    lines = [*_table(figures), f"judged by {judged_by}; made in {length(seconds)}"]
    lines.append(f"reelwise index FOLDER --encoder {folder}")
    code = EXIT_SOME_FILES_FAILED if troubles else EXIT_DONE
    return Answer(document, "\n".join(lines), code, troubles_notice(troubles))


def _user_clips(captions: Path | None, videos: Path | None) -> UserClips | None:
    for path, option in ((captions, "--captions"), (videos, "--videos")):
        if path is not None and not path.exists():
            raise ReelwiseError(f"there is no {path}", fix=f"check the path of {option}")
    if captions is None and videos is None:
        return None
    from embeddings.compress.clips import described_clips, video_clips

    if captions is not None:
        return described_clips(captions, videos=videos)
    assert videos is not None
    return video_clips(videos)


def _judged(clips: UserClips | None, encoder: str) -> tuple[ClipSource, str]:
    """The clips to evaluate on, and what they are in words."""
    from embeddings.compress.judge import toon_clips, without_words

    if clips is not None:
        return lambda spec: clips(spec)[1::2], "every second clip of yours"
    toons, cartoons = toon_clips(TOONS_TO_JUDGE, seed=500), f"{TOONS_TO_JUDGE} cartoons"
    if encoder == "toon":
        return toons, f"{cartoons} of combinations that were never trained"
    advice = "name your own with --captions or --videos"
    return without_words(toons), f"agreement on {cartoons}; {advice}"


def _ratios(
    full: dict[str, float], served: dict[str, float], smaller: dict[str, float]
) -> dict[str, float]:
    ratios = {
        "frame_speed_ratio": smaller["frames_per_cpu_s"] / served["frames_per_cpu_s"],
        "frame_speed_ratio_to_fp32": smaller["frames_per_cpu_s"] / full["frames_per_cpu_s"],
        "text_speed_ratio": smaller["texts_per_cpu_s"] / served["texts_per_cpu_s"],
        "size_ratio": smaller["megabytes"] / full["megabytes"],
    }
    if "recall_at_1" in full:
        ratios["recall_at_1_before"] = full["recall_at_1"]
        ratios["recall_at_1_after"] = smaller["recall_at_1"]
    return ratios


def _table(figures: dict[str, dict[str, float]]) -> list[str]:
    rows = [["", *figures]]
    for name in dict.fromkeys(name for each in figures.values() for name in each):
        cells = [f"{each[name]:.4g}" if name in each else "" for each in figures.values()]
        rows.append([name.replace("_", " "), *cells])
    return columns(rows, indent="")
