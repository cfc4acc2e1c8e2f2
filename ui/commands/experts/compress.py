"""`reelwise compress`: a smaller or faster encoder, and what that costs."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ui.terminal.answer import EXIT_DONE, EXIT_SOME_FILES_FAILED, Answer, Document
from ui.terminal.options import HomeOption, JsonOption, WeightsOption
from ui.terminal.text import columns, length
from ui.terminal.troubles import troubles_document, troubles_notice

if TYPE_CHECKING:
    from embeddings.compress.clips import OwnClips
    from embeddings.compress.judge import ClipSource

How = Literal[
    "bf16", "int8", "int8-dynamic", "int8-torchao", "onnx", "torch-export", "prune", "distil"
]
TOONS_TO_JUDGE = 200


def compress(
    encoder: Annotated[
        str,
        typer.Argument(
            metavar="ENCODER",
            help="Encoder to compress: toon, NAME[/PRETRAINED] or a model folder.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="New folder to write the compressed model to."),
    ],
    how: Annotated[How, typer.Option("--how", help="Method of compression.")],
    tower: Annotated[
        Literal["image", "text"], typer.Option("--tower", help="prune: tower to remove parts from.")
    ] = "image",
    blocks: Annotated[
        int, typer.Option("--blocks", metavar="N", min=0, help="prune: number of blocks to remove.")
    ] = 0,
    channels: Annotated[
        float,
        typer.Option(
            "--channels",
            metavar="SHARE",
            min=0,
            max=0.95,
            help="prune: share of MLP channels to remove.",
        ),
    ] = 0.0,
    student: Annotated[
        str | None,
        typer.Option(
            "--student",
            metavar="NAME|FILE.json",
            help="distil: open_clip architecture or configuration file of the student.  "
            "[default: half as wide]",
        ),
    ] = None,
    steps: Annotated[
        int,
        typer.Option(
            "--steps", metavar="N", min=0, help="distil, prune: number of training batches."
        ),
    ] = 0,
    captions: Annotated[
        Path | None,
        typer.Option(
            "--captions",
            metavar="FILE",
            help="Captioned clips to calibrate and evaluate on: CSV with the columns video, "
            "start_s, end_s, and caption or query.",
        ),
    ] = None,
    videos: Annotated[
        Path | None,
        typer.Option(
            "--videos",
            metavar="DIR",
            help="Folder of the videos named in --captions, or of uncaptioned videos.",
        ),
    ] = None,
    weights: WeightsOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Make an encoder smaller or faster, and report speed, size and quality before and after.

    The result is a model folder for --encoder. Quality is measured on held-out clips: every second
    clip of --captions or --videos, or generated cartoons.
    """
    from embeddings.backbone.backbone import load_backbone
    from embeddings.compress.judge import Contender, compare, halves
    from embeddings.compress.run import Request
    from embeddings.compress.run import compress as make
    from embeddings.model_folder import folder_bytes, open_source, start_folder

    start_folder(out)
    began = time.perf_counter()
    source = open_source(encoder, weights=weights)
    request = Request(how, tower, blocks, channels, student, steps)
    own = _own_clips(captions, videos)
    seen = None if own is None else halves(own(source.backbone.frame_spec))[0]
    folder = make(source, out.absolute(), request, seen, _report)
    made_s = time.perf_counter() - began
    served, smaller = source.as_served(), load_backbone(str(folder))
    figures = compare(
        {
            "original in fp32": Contender(source.encoder(), source.backbone, source.size_bytes),
            "original here": Contender(source.encoder(served), served, source.size_bytes),
            "compressed": Contender(source.encoder(smaller), smaller, folder_bytes(folder)),
        },
        _to_judge(own, encoder),
    )
    troubles = [] if own is None else own.troubles
    document: Document = {
        "out": folder,
        "how": how,
        "encoder_id": source.encoder(smaller).id,
        "seconds": made_s,
        "judged_by": _judged_by(own is not None, encoder),
        **_ratios(figures["original in fp32"], figures["original here"], figures["compressed"]),
        "figures": figures,
        **troubles_document(troubles),
    }
    lines = [*_table(figures), f"judged by {document['judged_by']}; made in {length(made_s)}"]
    lines.append(f"reelwise index FOLDER --encoder {folder}")
    code = EXIT_SOME_FILES_FAILED if troubles else EXIT_DONE
    return Answer(document, "\n".join(lines), code, troubles_notice(troubles))


def _own_clips(captions: Path | None, videos: Path | None) -> OwnClips | None:
    from embeddings.compress.clips import described_clips, video_clips

    if captions is not None:
        return described_clips(captions, videos=videos)
    return None if videos is None else video_clips(videos)


def _to_judge(own: OwnClips | None, encoder: str) -> ClipSource:
    from embeddings.compress.judge import halves, toon_clips, without_words

    if own is not None:
        return lambda spec: halves(own(spec))[1]
    toons = toon_clips(TOONS_TO_JUDGE, seed=500)
    return toons if encoder == "toon" else without_words(toons)


def _judged_by(own: bool, encoder: str) -> str:
    if own:
        return "every second clip of yours"
    if encoder == "toon":
        return f"{TOONS_TO_JUDGE} cartoons of combinations that were never trained"
    return f"agreement on {TOONS_TO_JUDGE} cartoons; name your own with --captions or --videos"


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
    names = list(dict.fromkeys(name for each in figures.values() for name in each))
    rows = [["", *figures]]
    for name in names:
        cells = [each.get(name) for each in figures.values()]
        told = ["" if cell is None else f"{cell:.4g}" for cell in cells]
        rows.append([name.replace("_", " "), *told])
    return columns(rows, indent="")


def _report(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
