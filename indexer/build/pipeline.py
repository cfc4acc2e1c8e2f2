"""From folders to a searchable library: scan, plan, decode, encode, store, publish."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home, nothing_indexed, require_library
from data.lines import LineReader
from data.video.clips.rule import ClipRule
from embeddings.opening.choice import encoder_notice
from indexer.build.files.roots import absolute_paths, existing_roots
from indexer.build.interrupt import Interrupt, interruptible
from indexer.build.predict import predict_new
from indexer.build.progress import Listener, Meter
from indexer.build.publisher import Publisher
from indexer.build.recording.record import tidy, writing_session
from indexer.build.recut import recut
from indexer.build.report import IndexReport
from indexer.build.run import Run, every_video
from indexer.build.words.encode_lines import LineEncoder
from indexer.store.generations import Generation, drop_damaged, open_generation
from indexer.store.publishing import publish
from indexer.store.segments.building import building_of

if TYPE_CHECKING:
    from embeddings.encoder import Encoder
    from embeddings.words.sentences import SentenceEncoder
    from indexer.store.rows.row_index import CellTrainer


@dataclass(frozen=True)
class RunOptions:
    """How a run goes about its work."""

    workers: int | None = None
    """Decoding processes; None takes one per core."""
    retry_failed: bool = False
    """Also try again what failed, more than twice, or was read only in part."""
    progress: Listener | None = None
    """Shows how far the run is."""
    readers: Sequence[LineReader] | None = None
    """What reads words, each in a pass of its own after the visual one has published; names and
    subtitles come first. None leaves out all words."""
    sentences: SentenceEncoder | None = None
    """What encodes the meaning of lines; None leaves it as it is."""
    sentence_folder: Path | None = None
    """Its folder; None for the one that comes as a package."""
    clip_rule: ClipRule | None = None
    """How videos are cut into clips from now on; None as the library does."""
    trainer: CellTrainer | None = None
    """What trains and fills the cells of indexes on a GPU; None for the CPU."""


def index_library(
    home: Home,
    paths: Sequence[Path],
    encoder: Encoder,
    *,
    workers: int | None = None,
    retry_failed: bool = False,
    progress: Listener | None = None,
) -> IndexReport:
    """Bring a library's pictures up to date, as `index_with`; words are left alone."""
    return index_with(home, paths, encoder, RunOptions(workers, retry_failed, progress))


def index_with(
    home: Home, paths: Sequence[Path], encoder: Encoder, options: RunOptions
) -> IndexReport:
    """Bring a library up to date with the files below some folders.

    Only what is new or changed is decoded. Files that are gone from these folders drop out of
    search. Videos whose clips were cut by another rule than the library's get new ones, from their
    stored frames. With another encoder than before, the whole library is embedded anew beside the
    old vectors, which serve until that is complete.

    Args:
        home: The library.
        paths: Folders and files; each must exist.
        encoder: Turns frames into vectors.
        options: How.

    Raises:
        ReelwiseError: No path exists (an unplugged disk is no deletion), or another process
            is writing. KeyboardInterrupt: Ctrl-C, after everything that was embedded is stored; a
            later run goes on from there.
    """
    roots = existing_roots(paths)
    began_s = time.monotonic()
    with writing_session(home) as catalogue, interruptible() as stop:
        if options.clip_rule is not None:
            catalogue.set_clip_rule(options.clip_rule)
        run = Run(catalogue, encoder, stop, options.progress, options.trainer)
        run.report.missing = [path for path in absolute_paths(paths) if path not in roots]
        pending = run.update_files(roots, retry_failed=options.retry_failed)
        run.embed(pending, workers=options.workers)
        run.cut_again()
        run.finish()
        run.report.pictures_s = time.monotonic() - began_s
        new = predict_new(catalogue)
        run.report.predicted, run.report.heads_notice = new.clips, new.notice
        if options.readers is not None:
            encoding = None
            if options.sentences is not None:
                encoding = LineEncoder(catalogue, options.sentences, options.sentence_folder)
            run.read_lines(options.readers, encoding, retry_failed=options.retry_failed)
        run.report.encoder = encoder.name
        only = encoder_notice(catalogue, encoder.name, encoder.id)
        notices = [getattr(encoder, "notice", ""), only]
        run.report.encoder_notice = "\n".join(filter(None, notices))
    run.report.wall_s = time.monotonic() - began_s
    return run.report


@dataclass(frozen=True)
class RebuildOptions:
    """How a new generation is made."""

    encoder: Encoder | None = None
    """What made the stored vectors, to cut clips anew with; None leaves clips as they are."""
    clip_rule: ClipRule | None = None
    """How videos are cut into clips from now on; None as the library does."""
    progress: Listener | None = None
    """Shows how far it has come."""
    trainer: CellTrainer | None = None
    """What trains and fills the cells of indexes on a GPU; None for the CPU."""


def rebuild(home: Home, options: RebuildOptions | None = None) -> Generation:
    """Make and publish a new index generation from the stored vectors.

    With an encoder, videos whose clips were cut by another rule than the library's get new ones
    first, from their stored frames; a later run goes on where this one is stopped.

    Raises:
        ReelwiseError: Nothing was indexed yet, or another process is writing.
    """
    options = options or RebuildOptions()
    with _rebuilding(home, options) as (catalogue, stop, encoder_id):
        if options.encoder is not None:
            meter = Meter(options.progress)
            publisher = Publisher(catalogue, options.encoder, stop, meter, options.trainer)
            recut(catalogue, options.encoder, stop, meter, publisher.publish_if_due)
        with stop.shielded():
            building = building_of(catalogue, options.trainer)
            published = publish(home, catalogue, encoder_id, building=building, whole=True)
            drop_damaged(home)
            tidy(home, catalogue)  # parts that only old clips lay in
        predict_new(catalogue)
        return published


def reencode(
    home: Home,
    encoder: Encoder,
    options: RebuildOptions | None = None,
    *,
    workers: int | None = None,
) -> Generation:
    """Embed every video again, and publish the new vectors.

    Raises:
        ReelwiseError: As `rebuild`; or a video could not be embedded again.
    """
    options = options or RebuildOptions()
    with _rebuilding(home, options) as (catalogue, stop, _):
        run = Run(catalogue, encoder, stop, options.progress, options.trainer)
        run.embed(every_video(catalogue), workers=workers)
        run.cut_again()
        run.finish(changed=True)
        if not run.report.switched:
            raise ReelwiseError(
                "some videos that the library has could not be embedded again, so its old vectors "
                "are still searched",
                fix="connect the disks of `reelwise roots`, or remove what is gone, then reelwise "
                "rebuild --reencode",
            )
        generation = open_generation(home)
        predict_new(catalogue)
    if generation is None:
        raise ReelwiseError(
            "no video of the library could be embedded", fix="reelwise status --failed tells why"
        )
    return generation


@contextmanager
def _rebuilding(home: Home, options: RebuildOptions) -> Iterator[tuple[Catalogue, Interrupt, str]]:
    """The catalogue to write with, its rule for clips set, and the encoder that it is served with.

    Raises:
        ReelwiseError: Nothing was indexed yet, or another process is writing.
    """
    require_library(home)
    with writing_session(home) as catalogue, interruptible() as stop:
        if catalogue.encoder is None:
            raise nothing_indexed(home)
        if options.clip_rule is not None:
            catalogue.set_clip_rule(options.clip_rule)
        yield catalogue, stop, catalogue.encoder
