"""`reelwise index`: bring the library up to date with what lies on the disk."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from data.errors import ReelwiseError
from ui.terminal.answer import (
    EXIT_DONE,
    EXIT_SOME_FILES_FAILED,
    EXIT_STOPPED_BY_CTRL_C,
    Answer,
    Document,
    refusal,
)
from ui.terminal.options import DeviceOption, HomeOption, JsonOption, WeightsOption
from ui.terminal.text import count, length

if TYPE_CHECKING:
    from indexer.build.report import IndexReport


def index(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Folders or files.")],
    encoder: Annotated[
        str | None,
        typer.Option(
            "--encoder", metavar="NAME", help="toon, or NAME[/PRETRAINED] as open_clip writes it."
        ),
    ] = None,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", min=1, help="Decoding processes; default: cores."),
    ] = None,
    engine: Annotated[
        Literal["local"], typer.Option("--engine", metavar="local", help="Where the work runs.")
    ] = "local",
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try files again that failed before.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Bring the library up to date with what lies below PATH; safe to stop and rerun.

    What is new or changed is added, what is gone is dropped, the rest costs nothing.
    """
    from embeddings.encoder import choose_encoder, load_encoder
    from indexer.build.pipeline import index_library
    from ui.library import Library
    from ui.terminal.progress import ProgressBar

    check_paths(paths)
    with Library(home) as library:
        name, file = choose_encoder(library.catalogue, encoder, weights)
        model = load_encoder(name, weights=file, device=device)
        try:
            with ProgressBar() as bar:
                report = index_library(
                    library.home,
                    [path.absolute() for path in paths],
                    model,
                    workers=workers,
                    retry_failed=retry_failed,
                    progress=bar,
                )
        except KeyboardInterrupt:
            return refusal(
                "stopped by Ctrl-C; every video that was reported as indexed is kept",
                "run the same command again; it goes on where it stopped",
                exit_code=EXIT_STOPPED_BY_CTRL_C,
            )
    return index_answer(report, model.name, notice=getattr(model, "notice", ""))


def check_paths(paths: list[Path]) -> None:
    """Refuse names under which nothing lies, before anything is loaded.

    Raises:
        ReelwiseError: A path does not exist.
    """
    for path in paths:
        if not path.exists():
            raise ReelwiseError(
                f"there is no file or folder {path}",
                fix="reelwise index FOLDER   (check the spelling, and that the disk is plugged in)",
            )


def index_answer(report: IndexReport, encoder_name: str, *, notice: str = "") -> Answer:
    """The report as an answer; exit code 3 when some files failed or were read only in part.

    Args:
        report: What was done.
        encoder_name: With which encoder.
        notice: What a person must know of it.
    """
    wall_s = max(report.wall_s, 1e-9)
    document: Document = dataclasses.asdict(report) | {
        "encoder": encoder_name,
        "encoder_notice": notice or None,
        "clips_per_s": report.clips / wall_s,
        "times_real_time": report.video_s / wall_s,
    }
    code = EXIT_SOME_FILES_FAILED if report.failed or report.partial else EXIT_DONE
    notices = [*([notice] if notice else []), *_notices(report)]
    return Answer(document, "\n".join(_lines(report)), code, "\n".join(notices))


def _lines(report: IndexReport) -> list[str]:
    words = ("added", "edited", "moved", "copies", "touched", "removed", "unchanged")
    numbers = [(getattr(report, word), word) for word in words]
    told = ", ".join(f"{number:,} {word}" for number, word in numbers if number)
    lines = [f"files: {told or 'none found'}"]
    if report.clips:
        lines.append(
            f"{count(report.clips, 'clip')} from {length(report.video_s)} of video "
            f"in {length(report.wall_s)}: {report.clips / report.wall_s:.1f} clips/s, "
            f"{report.video_s / report.wall_s:.1f}x real time"
        )
    return lines


def _notices(report: IndexReport) -> list[str]:
    told = []
    if report.failed or report.partial:
        told.append(
            f"{report.failed:,} failed, {report.partial:,} read only in part: "
            "reelwise status --failed tells why"
        )
    if report.changed_meanwhile:
        told.append(f"{count(report.changed_meanwhile, 'file')} changed meanwhile: index again")
    if not report.switched:
        told.append("the library is still served with its old encoder until this one has it all")
    return told
