"""`reelwise evaluate texts`: how well texts and videos of a public set find each other."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from data.errors import ReelwiseError
from ui.commands.everyday.index import EncoderOption
from ui.library.library import Library
from ui.library.texts import texts_document
from ui.terminal.answer import EXIT_DONE, EXIT_SOME_FILES_FAILED, Answer
from ui.terminal.options import DeviceOption, HomeOption, JsonOption
from ui.terminal.progress import ProgressBar
from ui.terminal.texts import text_lines, unused_texts_notice

if TYPE_CHECKING:
    from data.text_sets.text_set import TextSet

TextsOption = Annotated[
    Path,
    typer.Option(
        metavar="FILE|FOLDER",
        help="A list of the set as it is published (CSV or JSON), or a folder with one.",
    ),
]
SetOption = Annotated[
    Literal["auto", "msr-vtt", "didemo", "negbench", "rtime"],
    typer.Option(
        "--set",
        metavar="auto|msr-vtt|didemo|negbench|rtime",
        help="Which set it is; auto tells it by the columns or fields of FILE.",
    ),
]
VideosOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Folder of the videos; those that the library has are found by name as well.  "
        "[default: folder of --dataset]",
    ),
]
PartOption = Annotated[
    str, typer.Option(metavar="NAME", help="Part of MSR-VTT's JSON: train, validate or test.")
]
MissingOption = Annotated[
    bool,
    typer.Option(
        "--count-missing",
        help="Questions about missing or broken videos count as not found.  [default: left out]",
    ),
]
IndexTextsOption = Annotated[
    bool,
    typer.Option(
        "--index", help="First index FOLDER, as reelwise index does, where that was not done."
    ),
]


def measure_texts(
    dataset: TextsOption,
    set_: SetOption = "auto",
    videos: VideosOption = None,
    part: PartOption = "test",
    count_missing: MissingOption = False,
    index: IndexTextsOption = False,
    encoder: EncoderOption = None,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Measure texts and videos on MSR-VTT, DiDeMo, NegBench or RTime.

    Videos found by texts and texts by videos; and as the set asks, choices, reversed videos and
    moments, on stored vectors.
    """
    from data.text_sets.read import read_text_set
    from indexer.texts.evaluate import evaluate_texts

    texts = read_text_set(dataset, videos, set_, part)
    folder = videos or (dataset if dataset.is_dir() else dataset.absolute().parent)
    with Library(home, device=device) as library:
        if index and not _is_indexed(library, texts):
            with ProgressBar() as bar:
                library.index([folder], encoder=encoder, progress=bar)
        measured = evaluate_texts(
            library.catalogue,
            lambda: library.encoder,
            texts,
            count_missing=count_missing,
            partly=index,
            index=_indexing(folder, home),
        )
    unused = measured.unused
    return Answer(
        texts_document(measured),
        "\n".join(text_lines(measured)),
        EXIT_SOME_FILES_FAILED if unused else EXIT_DONE,
        unused_texts_notice(unused, counted=count_missing),
    )


def _is_indexed(library: Library, texts: TextSet) -> bool:
    """Whether the library has, or could not read, every video of the set that has a file."""
    from indexer.texts.known import known_videos

    try:
        catalogue = library.catalogue
    except ReelwiseError:
        return False
    return catalogue.encoder is not None and not known_videos(catalogue, texts.videos).unindexed


def _indexing(folder: Path, home: Path | None) -> str:
    """The command that indexes the videos of a set."""
    command = f"reelwise index {shlex.quote(str(folder))}"
    return command if home is None else f"{command} --home {shlex.quote(str(home))}"
