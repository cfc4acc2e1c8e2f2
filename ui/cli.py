"""The command line: it registers the commands, runs one, and writes its answer or its error.

Commands import the heavy libraries inside their functions, so that `reelwise --help` answers in
under half a second.
"""

import contextlib
import gc
import io
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from data.disk_errors import known_error
from data.printable import as_json, printable_lines
from ui.commands.everyday import (
    cut,
    demo,
    explain,
    index,
    mcp,
    search,
    serve,
    status,
    tag,
    tags,
    users,
)
from ui.commands.experts import (
    compress,
    evaluate,
    evaluate_actions,
    evaluate_texts,
    heads,
    oddities,
    predict,
    train_head,
    train_spatiotemporal,
    train_toon,
)
from ui.commands.labels import annotate
from ui.commands.maintain import doctor, duplicates, encoders, jobs, rebuild, roots, verify
from ui.commands.recommend import (
    history,
    history_import,
    history_list,
    recommend,
    train_recommender,
)
from ui.commands.reviews import cases, deciding, learning, policy
from ui.terminal.answer import (
    EXIT_KNOWN_ERROR,
    EXIT_STOPPED_BY_CTRL_C,
    EXIT_WRONG_USAGE,
    Answer,
    refusal,
)
from ui.terminal.options import examples
from ui.terminal.streams import leave_stdout, open_closed_streams
from ui.terminal.values import CheckedCommand

EVERYDAY = "Everyday commands"
RECOMMEND = "Recommendation commands"
MAINTAIN = "Maintenance commands"
MODERATION = "Moderation commands"
EXPERTS = "Expert commands"


class GroupedCommands(TyperGroup):
    """A command group whose plain help lists commands under the title of their panel."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section a panel."""
        panels: dict[str, list[str]] = {}
        for name in self.list_commands(ctx):
            panel = getattr(self.get_command(ctx, name), "rich_help_panel", None)
            panels.setdefault(panel or "Commands", []).append(name)
        for panel, names in panels.items():
            with formatter.section(panel):
                formatter.write_dl(
                    [(name, self.commands[name].get_short_help_str(limit=1000)) for name in names]
                )


def build_app() -> typer.Typer:
    """The whole command line as a Typer application; `main` runs it and writes the answers."""
    app = typer.Typer(
        name="reelwise",
        cls=GroupedCommands,
        help="Find moments in a video library by meaning, and what to watch next.",
        epilog=examples("reelwise index ~/Videos", 'reelwise search "a dog runs on the beach"'),
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback()(_root)
    _register_commands(app)
    return app


def _register_commands(app: typer.Typer) -> None:
    """Add every command, in the order in which a new user needs them."""
    red_car = 'reelwise search "a red car drives to the left"'
    commands: list[tuple[str, Callable[..., Answer], list[str]]] = [
        (EVERYDAY, demo.demo, ["reelwise demo --home /tmp/demo"]),
        (EVERYDAY, index.index, ["reelwise index ~/Videos", "reelwise index . --encoder toon"]),
        (EVERYDAY, search.search, [red_car, "reelwise search --like clip.mp4@3-8 --not snow -k 5"]),
        (EVERYDAY, search.similar, ["reelwise similar lake.mp4@12-20"]),
        (
            EVERYDAY,
            cut.cut,
            [
                'reelwise cut "lake.mp4@12.5-20" kite.mp4',
                "reelwise cut 9@1:02-1:10 kite.mkv --fast",
            ],
        ),
        (EVERYDAY, tag.tag, ["reelwise tag", "reelwise tag --vocabulary words.txt"]),
        (
            EVERYDAY,
            explain.explain,
            [
                'reelwise explain lake.mp4@12-20 --text "a kite" --out why.png',
                "reelwise explain 9 --head action --label jump",
                "reelwise explain 9 --tag beach",
            ],
        ),
        (EVERYDAY, status.status, ["reelwise status --failed"]),
        (EVERYDAY, serve.serve, ["reelwise serve --port 8080"]),
        (EVERYDAY, mcp.mcp, ["reelwise mcp --home ~/library"]),
        (RECOMMEND, recommend.recommend, ["reelwise recommend anna -k 5 --explain"]),
        (MAINTAIN, roots.roots, ["reelwise roots"]),
        (MAINTAIN, roots.remove, ["reelwise remove ~/Videos/old"]),
        (MAINTAIN, duplicates.duplicates, ["reelwise duplicates --under ~/Videos"]),
        (MAINTAIN, rebuild.rebuild, ["reelwise rebuild"]),
        (MAINTAIN, verify.verify, ["reelwise verify --deep --repair"]),
        (MAINTAIN, encoders.encoders, ["reelwise encoders"]),
        (MAINTAIN, doctor.doctor, ["reelwise doctor"]),
        (
            EXPERTS,
            annotate.annotate,
            [
                "reelwise annotate animals --labels dog,cat,bird",
                "reelwise annotate animals --next 20 --json",
                "reelwise annotate animals --export animals.csv",
            ],
        ),
        (EXPERTS, oddities.oddities, ["reelwise oddities --quiet yard.mp4@0-600"]),
        (EXPERTS, predict.predict, ["reelwise predict clicks --rows impressions.csv"]),
        (EXPERTS, compress.compress, ["reelwise compress toon --how bf16 --out small"]),
    ]
    for panel, function, lines in commands:
        app.command(cls=CheckedCommand, rich_help_panel=panel, epilog=examples(*lines))(function)
    _register_groups(app)


def _register_groups(app: typer.Typer) -> None:
    """Add the commands that have a name of two words."""
    events = _group(
        "Import, export, list, add and delete watch events.",
        (history_import.import_events, "reelwise history import events.csv"),
        (history.export_events, "reelwise history export --user anna"),
        (history.export_impressions, "reelwise history impressions"),
        (history.forget, "reelwise history forget anna"),
        (history.add, "reelwise history add anna lake.mp4 --watched 42"),
        (history_list.list_events, "reelwise history list anna"),
        (history_list.remove_event, "reelwise history remove anna 12"),
    )
    app.add_typer(events, name="history", rich_help_panel=RECOMMEND)
    named = _group(
        "Tag videos with names of your own, for search --tag.",
        (tags.add_tags, 'reelwise tags add lake.mp4 "summer holidays" kite'),
        (tags.remove_tags, "reelwise tags remove lake.mp4 kite"),
        (tags.list_tags, "reelwise tags list"),
    )
    app.add_typer(named, name="tags", rich_help_panel=EVERYDAY)
    signing_in = _group(
        "Users who may sign in to reelwise serve --users.",
        (users.add_user, "reelwise users add anna --role owner --users users.json"),
        (users.remove_user, "reelwise users remove anna --users users.json"),
        (users.list_users, "reelwise users list --users users.json"),
    )
    app.add_typer(signing_in, name="users", rich_help_panel=EVERYDAY)
    queue = _group(
        "What is indexed, rebuilt, trained or compared now, here and from the page.",
        (jobs.list_jobs, "reelwise jobs list"),
        (jobs.pause, "reelwise jobs pause 12"),
        (jobs.resume, "reelwise jobs resume 12"),
        (jobs.stop, "reelwise jobs stop 12"),
    )
    app.add_typer(queue, name="jobs", rich_help_panel=MAINTAIN)
    _register_reviews(app)
    _register_measuring(app)


def _register_reviews(app: typer.Typer) -> None:
    """Add what moderates."""
    decided = '--by ann --why "a stranger\'s face"'
    reviews = _group(
        "Moderate: rules that look for what should not be shown, and people who decide.",
        (policy.policy, "reelwise review policy rules.toml"),
        (policy.scan, "reelwise review scan"),
        (cases.list_cases, "reelwise review list --worst"),
        (cases.show_case, "reelwise review show 12"),
        (cases.next_case, "reelwise review next --by ann"),
        (deciding.allow, f"reelwise review allow 12 {decided}"),
        (deciding.block, f"reelwise review block 12 {decided}"),
        (deciding.relabel, f"reelwise review relabel 12 --to crowds {decided}"),
        (deciding.unsure, f"reelwise review unsure 12 {decided}"),
        (deciding.undo, "reelwise review undo 12"),
        (deciding.appeal, 'reelwise review appeal 12 --why "it is my own face"'),
        (cases.show_log, "reelwise review log --csv"),
        (learning.learn, "reelwise review learn fights --misses 0.05"),
    )
    app.add_typer(reviews, name="review", rich_help_panel=MODERATION)


def _register_measuring(app: typer.Typer) -> None:
    """Add what trains and measures."""
    captions = "--captions captions.csv --out my-encoder"
    train = _group(
        "Train heads for labels, the recommender and encoders.",
        (train_head.head, "reelwise train head action --labels actions.csv"),
        (train_recommender.recommender, "reelwise train recommender"),
        (train_spatiotemporal.spatiotemporal, f"reelwise train spatiotemporal {captions}"),
        (train_toon.toon, "reelwise train toon --out my-toon --seed 1"),
    )
    app.add_typer(train, name="train", rich_help_panel=EXPERTS)
    learned = _group(
        "List what was learned by reelwise train head, or remove it.",
        (heads.remove_head, "reelwise heads remove action"),
    )
    learned.callback(
        invoke_without_command=True, no_args_is_help=False, epilog=examples("reelwise heads")
    )(heads.list_heads)
    app.add_typer(learned, name="heads", rich_help_panel=EXPERTS)
    files = "--train train.csv --test test.csv --items vectors.npz"
    measure = _group(
        "Measure search, recommendation and action recognition on your own files or public sets.",
        (evaluate.measure_search, "reelwise evaluate search --queries queries.csv"),
        (evaluate.measure_recommend, f"reelwise evaluate recommend {files}"),
        (evaluate_actions.measure_actions, "reelwise evaluate actions --dataset UCF101"),
        (
            evaluate_texts.measure_texts,
            "reelwise evaluate texts --dataset MSRVTT_JSFUSION_test.csv --videos MSRVTT",
        ),
    )
    app.add_typer(measure, name="evaluate", rich_help_panel=EXPERTS)


def _group(help_text: str, *commands: tuple[Callable[..., Answer], str]) -> typer.Typer:
    """Commands of one group, each with an example, which begins with `reelwise GROUP NAME`."""
    group = typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode=None)
    for function, example in commands:
        name = example.split()[2]
        group.command(name, cls=CheckedCommand, epilog=examples(example))(function)
    return group


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"reelwise {version('reelwise')}\n")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Find moments in a video library by meaning, and what to watch next."""


def main() -> None:
    """The console script: run the command that was typed and leave with its exit code."""
    code = run(sys.argv[1:])
    # What is left goes with the process: looking through all of it takes a second after torch.
    # Triton alone wants its own to be gone first, and else counts it on stderr line by line.
    if "triton" not in sys.modules:
        gc.freeze()
    sys.exit(code)


def run(args: Sequence[str]) -> int:
    """Run one command line, write its answer, and return the exit code."""
    json_wanted = _json_wanted(args)
    open_closed_streams()
    stdout = sys.stdout
    # With --json only the document may reach stdout, whatever a library prints.
    with contextlib.redirect_stdout(sys.stderr if json_wanted else stdout):
        answer = _answer(args)
    try:
        _write(answer, stdout, json_wanted=json_wanted)
    except BrokenPipeError:
        # `reelwise search ... | head -1` closed the pipe: that is no error.
        leave_stdout()
    except OSError as error:
        # `reelwise history export > file` on a full disk.
        leave_stdout()
        with contextlib.suppress(OSError):
            sys.stderr.write(f"error: the answer cannot be written: {error.strerror}\n")
            sys.stderr.write("  fix: free some disk, or send the answer elsewhere\n")
        return EXIT_KNOWN_ERROR
    return answer.exit_code


def _json_wanted(args: Sequence[str]) -> bool:
    options = args[: args.index("--")] if "--" in args else args
    return "--json" in options


def _answer(args: Sequence[str]) -> Answer:
    """The command's answer; an error of any kind becomes an answer with its exit code."""
    try:
        outcome = build_app()(list(args), prog_name="reelwise", standalone_mode=False)
    except typer.TyperException as wrong:
        return _usage_answer(wrong)
    except (KeyboardInterrupt, typer.Abort):
        outcome = EXIT_STOPPED_BY_CTRL_C
    except Exception as error:  # noqa: BLE001 - the edge: --json must stay one document
        known = known_error(error)
        return refusal(known.problem, known.fix) if known else _unexpected_answer(error)
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
    """Wrong usage in Typer's words: the usage line, then the problem."""
    shown = io.StringIO()
    show = getattr(wrong, "show", None)
    if show is not None:
        show(file=shown)
    problem = wrong.format_message() or "wrong usage"
    return Answer(
        document={"error": problem, "fix": "reelwise --help"},
        text="",
        exit_code=EXIT_WRONG_USAGE,
        notice=shown.getvalue().rstrip() or f"error: {problem}\n  fix: reelwise --help",
    )


def _unexpected_answer(error: Exception) -> Answer:
    """A fault of reelwise itself: the traceback goes to stderr, where a report can copy it."""
    trace = "".join(traceback.format_exception(error)).rstrip()
    answer = refusal(
        f"unexpected {type(error).__name__}: {error}",
        "this is a fault in reelwise: please report it with the lines above",
    )
    return replace(answer, notice=f"{trace}\n{answer.notice}")


def _write(answer: Answer, stdout: TextIO, *, json_wanted: bool) -> None:
    if answer.notice:
        sys.stderr.write(printable_lines(answer.notice) + "\n")
        sys.stderr.flush()
    if json_wanted and answer.document:
        stdout.write(as_json(answer.document) + "\n")
    elif answer.text and not json_wanted:
        _write_text(answer, stdout)
    stdout.flush()


def _write_text(answer: Answer, stdout: TextIO) -> None:
    """Names never reach a terminal as they are; a table keeps even bytes that are no text."""
    if not answer.is_data or stdout.isatty():
        stdout.write(printable_lines(answer.text) + "\n")
        return
    if isinstance(stdout, io.TextIOWrapper):
        stdout.reconfigure(errors="surrogateescape")
    stdout.write(answer.text + "\n")


if __name__ == "__main__":
    main()
