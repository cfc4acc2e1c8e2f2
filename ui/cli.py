"""The command line: one module per command, every outcome and every error written in one place.

Commands import the heavy libraries inside their functions, so that `reelwise --help` answers in
under half a second.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import TextIO

import typer

from data.errors import ReelwiseError
from ui import commands
from ui.terminal.answer import (
    EXIT_KNOWN_ERROR,
    EXIT_STOPPED_BY_CTRL_C,
    EXIT_WRONG_USAGE,
    Answer,
    as_json,
    refusal,
)


def build_app() -> typer.Typer:
    """The whole command line as a Typer application; `main` runs it and writes the answers."""
    app = typer.Typer(
        name="reelwise",
        help="Find moments in a video library by meaning, and what to watch next.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    commands.register(app)
    return app


def main() -> None:
    """The console script: run the command that was typed and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(args: Sequence[str]) -> int:
    """Run one command line, write its answer, and return the exit code."""
    json_wanted = _json_wanted(args)
    stdout = sys.stdout
    # With --json nothing but the document may reach stdout, whatever a library prints.
    with contextlib.redirect_stdout(sys.stderr if json_wanted else stdout):
        answer = _answer(args)
    try:
        _write(answer, stdout, json_wanted=json_wanted)
    except BrokenPipeError:
        # `reelwise search ... | head -1` closed the pipe: nothing left to say to anyone.
        sys.stdout = io.TextIOWrapper(io.FileIO(os.open(os.devnull, os.O_WRONLY), "w"))
    return answer.exit_code


def _json_wanted(args: Sequence[str]) -> bool:
    options = args[: args.index("--")] if "--" in args else args
    return "--json" in options


def _answer(args: Sequence[str]) -> Answer:
    """What the command answered; an error of any kind becomes an answer with its exit code."""
    try:
        outcome = build_app()(list(args), prog_name="reelwise", standalone_mode=False)
    except typer.TyperException as wrong:
        return _usage_answer(wrong)
    except ReelwiseError as error:
        return refusal(error.problem, error.fix)
    except (KeyboardInterrupt, typer.Abort):
        outcome = EXIT_STOPPED_BY_CTRL_C
    except OSError as error:
        return _operating_system_answer(error)
    except Exception as error:  # noqa: BLE001 - the edge: --json must stay one document
        return _unexpected_answer(error)
    if outcome == EXIT_STOPPED_BY_CTRL_C:
        return refusal(
            "stopped by Ctrl-C",
            "run the same command again; it goes on where it stopped",
            exit_code=EXIT_STOPPED_BY_CTRL_C,
        )
    if isinstance(outcome, Answer):
        return outcome
    return Answer({}, "", exit_code=outcome if isinstance(outcome, int) else 0)


def _usage_answer(wrong: typer.TyperException) -> Answer:
    """Wrong usage, told as Typer tells it (the usage line, then what was wrong)."""
    told = io.StringIO()
    show = getattr(wrong, "show", None)
    if show is not None:
        show(file=told)
    problem = wrong.format_message() or "wrong usage"
    return Answer(
        document={"error": problem, "fix": "reelwise --help"},
        text="",
        exit_code=EXIT_WRONG_USAGE,
        notice=told.getvalue().rstrip() or f"error: {problem}\n  fix: reelwise --help",
    )


def _operating_system_answer(error: OSError) -> Answer:
    """A full disk or a locked folder is a known error, though no code of ours raised it."""
    where = f": {error.filename}" if error.filename else ""
    fixes = {
        errno.ENOSPC: "free some disk, then run the same command again",
        errno.EACCES: "change the permissions there, then run the same command again",
        errno.EROFS: "use a home that can be written: --home DIR",
    }
    fix = fixes.get(error.errno or 0, "check that disk and folder, then run the command again")
    return refusal(f"{(error.strerror or str(error)).lower()}{where}", fix)


def _unexpected_answer(error: Exception) -> Answer:
    """A fault of reelwise itself: the traceback goes to stderr, where a report can copy it."""
    trace = "".join(traceback.format_exception(error)).rstrip()
    answer = refusal(
        f"unexpected {type(error).__name__}: {error}",
        "this is a fault in reelwise: please report it with the lines above",
        exit_code=EXIT_KNOWN_ERROR,
    )
    return Answer(answer.document, "", answer.exit_code, f"{trace}\n{answer.notice}")


def _write(answer: Answer, stdout: TextIO, *, json_wanted: bool) -> None:
    if answer.notice:
        sys.stderr.write(answer.notice + "\n")
        sys.stderr.flush()
    if json_wanted and answer.document:
        stdout.write(as_json(answer.document) + "\n")
    elif answer.text and not json_wanted:
        stdout.write(answer.text + "\n")
    stdout.flush()


if __name__ == "__main__":
    main()
