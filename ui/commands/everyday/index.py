"""`reelwise index`: bring the library up to date with the videos on disk."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from data.printable import printable
from ui.library.library import Library
from ui.library.readers import WordOptions
from ui.terminal.answer import (
    EXIT_DONE,
    EXIT_SOME_FILES_FAILED,
    EXIT_STOPPED_BY_CTRL_C,
    Answer,
    refusal,
)
from ui.terminal.options import (
    ClipChangeOption,
    ClipLengthOption,
    ClipOverlapOption,
    ClipsOption,
    DeviceOption,
    HomeOption,
    IndexKindOption,
    IndexRecallOption,
    JsonOption,
    WeightsOption,
    WorkersOption,
)
from ui.terminal.progress import ProgressBar
from ui.terminal.text import count, length

if TYPE_CHECKING:
    from indexer.build.report import IndexReport
    from indexer.build.words.read_files import PassCounts
    from ui.library.jobs.run import JobRun

EncoderOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Encoder: starter, toon, NAME[/PRETRAINED] or hf-hub:REPOSITORY as in open_clip, "
        "or a model folder.  [default: the library's; else PE-Core-B-16/meta where it is here "
        "or can be downloaded, else starter]",
    ),
]
RetryFailedOption = Annotated[
    bool,
    typer.Option(
        "--retry-failed",
        help="Also try files again that failed three times, or were read only in part.",
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GLOB",
        help="Pass over files or folders of this name or path, as in a .gitignore file; "
        "repeatable, remembered with PATH.",
    ),
]
FollowLinksOption = Annotated[
    bool | None,
    typer.Option(
        "--follow-links/--no-follow-links",
        help="Follow links that lead out of PATH; remembered with it.  [default: not]",
    ),
]

SpeechOption = Annotated[
    str,
    typer.Option(
        "--speech",
        metavar="auto|off|MODEL",
        help="Transcribe speech: auto with the model of the last time, at first one that is here; "
        "off; or a Whisper model by name or folder.",
    ),
]
SpeechLanguageOption = Annotated[
    str | None,
    typer.Option(
        "--speech-language",
        metavar="CODE|auto",
        help="The language that is spoken, as en or de, which is remembered; auto finds it for "
        "each video.  [default: as the last time, at first auto]",
    ),
]
ScreenTextOption = Annotated[
    str,
    typer.Option(
        "--screen-text",
        metavar="auto|off|SCRIPT,...",
        help="Read the text in the picture: auto in the scripts of the last time, at first Latin "
        "letters; off; or in these: latin, han, kana. Other letters are left out.",
    ),
]

SentencesOption = Annotated[
    str,
    typer.Option(
        "--sentences",
        metavar="auto|off|minilm|FOLDER",
        help="Encode what lines mean: auto as the library does, at first with MiniLM where it is "
        "here; off; minilm; or with a sentence-transformers folder, which is remembered.",
    ),
]


def index(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Folders or video files to index.")
    ],
    encoder: EncoderOption = None,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
    engine: Annotated[Literal["local"], typer.Option(hidden=True)] = "local",
    retry_failed: RetryFailedOption = False,
    speech: SpeechOption = "auto",
    speech_language: SpeechLanguageOption = None,
    screen_text: ScreenTextOption = "auto",
    sentences: SentencesOption = "auto",
    exclude: ExcludeOption = None,
    follow_links: FollowLinksOption = None,
    clips: ClipsOption = None,
    clip_length: ClipLengthOption = None,
    clip_overlap: ClipOverlapOption = None,
    clip_change: ClipChangeOption = None,
    index_kind: IndexKindOption = None,
    index_recall: IndexRecallOption = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Drop the videos of a folder that is suddenly empty.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Add new and changed videos below PATH, and remove those that are gone.

    Unchanged files are not read again; files that failed are tried three times. It is safe to stop
    it and run it again.
    """
    from data.video.clips.rule import ClipChange
    from indexer.build.files.roots import RuleChange
    from indexer.store.segments.building import IndexChange
    from ui.library.jobs.run import JobRun

    rules = RuleChange(tuple(exclude or ()), follow_links)
    words = WordOptions(speech, speech_language, screen_text, sentences)
    words.check()
    cut = ClipChange(clips, clip_length, clip_overlap, clip_change)
    wish = IndexChange(index_kind, index_recall)
    wanted = {"encoder": encoder, "workers": workers, "retry_failed": retry_failed, "rules": rules}
    with Library(
        home, weights=weights, device=device, words=words, clips=cut, index=wish
    ) as library:
        asked = {
            "paths": [str(path.absolute()) for path in paths],
            "retry_failed": retry_failed,
            "encoder": encoder,
            "words": dataclasses.asdict(words),
        }
        return _as_a_job(library, paths, JobRun(library, "index", asked), wanted, yes=yes)


def _as_a_job(
    library: Library, paths: list[Path], run: JobRun, wanted: dict[str, Any], *, yes: bool
) -> Answer:
    """Index as a job that other processes see, and may stop."""
    from ui.library.jobs.work import index_summary

    try:
        with ProgressBar(yes=yes) as bar, run:
            report = library.index(paths, progress=run.listener(bar), **wanted)
            run.finished(*index_summary(library, report, run))
    except KeyboardInterrupt:
        return _stopped("Ctrl-C" if run.wish is None else f"a request to {run.wish} it")
    return index_answer(report)


def _stopped(by: str) -> Answer:
    return refusal(
        f"stopped by {by}; every video that was reported as indexed is kept",
        "run the same command again; it goes on where it stopped",
        exit_code=EXIT_STOPPED_BY_CTRL_C,
    )


def index_answer(report: IndexReport) -> Answer:
    """The report as an answer; exit code 3 when some files failed or were read only in part."""
    pictures_s = max(report.pictures_s, 1e-9)
    document = dataclasses.asdict(report) | {
        "held_back": {str(folder): n for folder, n in report.held_back.items()},
        "encoder_notice": report.encoder_notice or None,
        "clips_per_s": report.clips / pictures_s,
        "times_real_time": report.video_s / pictures_s,
    }
    gone = report.missing or report.held_back or report.empty
    troubled = report.failed or report.partial or gone
    code = EXIT_SOME_FILES_FAILED if troubled else EXIT_DONE
    return Answer(
        document, "\n".join(_lines(report)), code, "\n".join(map(printable, _notices(report)))
    )


SEVERAL = {
    "bin or system folder": "bin or system folders",
    "camera proxy": "camera proxies",
    "unfinished download": "unfinished downloads",
    "link that leads out of the folder": "links that lead out of the folder",
    "home of a library": "homes of libraries",
    "pipe or device": "pipes or devices",
    "video format that is not read": "videos of a format that is not read",
}
"""What several things are called that were passed over for one reason, where it differs."""


def _lines(report: IndexReport) -> list[str]:
    words = ("indexed", "resumed", "moved", "removed", "failed", "partial", "unchanged")
    numbers = [(getattr(report, word), word) for word in words]
    counts = ", ".join(f"{number:,} {word}" for number, word in numbers if number)
    lines = [f"files: {counts or 'none'}"]
    left_out = [
        count(number, reason, SEVERAL.get(reason, reason))
        for reason, number in report.passed_over.items()
        if reason != "not a video"
    ]
    if left_out:
        lines.append(f"passed over: {', '.join(left_out)}   (--json lists them)")
    if report.clips:
        lines.append(
            f"{count(report.clips, 'clip')} from {length(report.video_s)} of video "
            f"in {length(report.pictures_s)}: {report.clips / report.pictures_s:.1f} clips/s, "
            f"{report.video_s / report.pictures_s:.1f}x real time"
        )
    if report.recut.videos:
        lines.append(
            f"cut anew: {count(report.recut.videos, 'video')} into "
            f"{count(report.recut.clips, 'clip')}"
        )
    if report.duplicates:
        new = count(report.duplicates, "new video shares", "new videos share")
        lines.append(f"{new} a stretch with another: reelwise duplicates")
    if report.review_cases:
        found = count(sum(report.review_cases.values()), "new case")
        lines.append(f"{found} for review: reelwise review list")
    return lines + [_words(each) for each in report.words if each.videos or each.failed]


def _words(counts: PassCounts) -> str:
    what = {"subtitle": "titles and subtitles", "screen": "text in the picture"}
    parts = [f"{count(counts.lines, 'line')} in {count(counts.videos, 'video')}"]
    parts += [f"{counts.partial:,} read only in part"] if counts.partial else []
    parts += [f"{counts.failed:,} failed"] if counts.failed else []
    parts += [f"{counts.left_out:,} have subtitles"] if counts.left_out else []
    return f"{what.get(counts.channel, counts.channel)}: {', '.join(parts)}"


def _notices(report: IndexReport) -> list[str]:
    lines = list(
        filter(
            None,
            (
                report.encoder_notice,
                report.words_notice,
                report.heads_notice,
                report.duplicates_notice,
                report.review_notice,
            ),
        )
    )
    for path in report.missing:
        lines.append(
            f"{path} is gone; its videos stay in the library. If it is no disk that is unplugged: "
            f"reelwise remove {shlex.quote(str(path))}"
        )
    lines += [f"no video was found below {folder}" for folder in report.empty]
    for folder, number in report.held_back.items():
        lines.append(
            f"all or most videos below {folder} are suddenly gone: {count(number, 'file')} "
            f"{'stays' if number == 1 else 'stay'} in the library. "
            "If they are deleted and no disk is unplugged, run it again with --yes"
        )
    lines += _about_damage(report)
    if report.failed or report.partial:
        lines.append(
            f"{report.failed:,} failed, {report.partial:,} read only in part: "
            "reelwise status --failed lists the reasons"
        )
    if report.changed_meanwhile:
        lines.append(f"{count(report.changed_meanwhile, 'file')} changed meanwhile: index again")
    if report.recut.without_keyframes:
        lines.append(
            f"{count(len(report.recut.without_keyframes), 'video')} could not be cut at key "
            "frames, which an older version did not store: reelwise rebuild --reencode"
        )
    if not report.switched:
        lines.append(
            "the library is searched with its old encoder until this one has embedded every video"
        )
    return lines


def _about_damage(report: IndexReport) -> list[str]:
    lines = []
    if report.taken_in:
        lines.append(
            f"{count(report.taken_in, 'video')} had vectors that the catalogue had lost: taken in "
            "without decoding"
        )
    if report.damaged:
        lines.append(
            f"the stored vectors of {count(report.damaged, 'video')} were damaged: embedded again "
            "where the file is here"
        )
    if report.lost_commits:
        lines.append(
            f"the catalogue lacked the library's last {report.lost_commits:,} changes (an older "
            "copy was brought back, or its log was damaged): index every folder of the library "
            "again; watch events that were recorded since are lost"
        )
    return lines
