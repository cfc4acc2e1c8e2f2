"""`reelwise review list`, `show`, `next` and `log`: what waits, and what was done."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from data.printable import printable
from ui.commands.reviews.options import (
    CaseArgument,
    OwnByOption,
    RuleOption,
    WorstOption,
    who,
)
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns, span

if TYPE_CHECKING:
    from data.review.records import LogRow
    from ui.library.documents import Document
    from ui.library.labelling.reviewing import Reviews

StateOption = Annotated[
    Literal["waiting", "open", "unsure", "appealed", "allowed", "blocked", "withdrawn", "all"],
    typer.Option(
        metavar="STATE",
        help="Cases that are waiting (open, unsure or appealed), open, unsure, appealed, allowed, "
        "blocked, withdrawn (their rule is gone or finds them no more), or all.",
    ),
]


def list_cases(
    state: StateOption = "waiting",
    rule: RuleOption = None,
    video: Annotated[
        str | None,
        typer.Option(metavar="VIDEO", help="Only cases of this video: path, file name or id."),
    ] = None,
    oldest: Annotated[
        bool, typer.Option("--oldest", help="The oldest first, the default.")
    ] = False,
    worst: WorstOption = False,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, max=10_000, help="Most cases.")] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """List cases: what a rule found, where, how sure it is, and what became of it."""
    from data.review.cases import Wanted

    if oldest and worst:
        raise typer.BadParameter("give one of --oldest and --worst")
    with Library(home) as library:
        video_id = None if video is None else library.catalogue.video(video).id
        wanted = Wanted(state, rule, video_id, "worst" if worst else "oldest")
        reviews = library.reviews
        cases = reviews.documents(reviews.cases.some(wanted, n=k))
        total, counts = reviews.cases.count(wanted), reviews.cases.counts()
    lines = columns([_HEAD, *map(_row, cases)]) if cases else [f"no case is {state}"]
    if total > len(cases):
        lines.append(f"and {total - len(cases):,} more: -k {total}")
    return Answer({"total": total, "counts": counts, "cases": cases}, "\n".join(lines))


_HEAD = ["case", "state", "rule", "score", "video", "", "effect"]


def _row(case: Document) -> list[str]:
    state = case["state"] + (", appealed" if case["appealed"] else "")
    place = span(case["start_s"], case["end_s"])
    title = case["title"] or f"video {case['video_id']}"
    effect = "" if case["effect"] == "none" else case["effect"]
    return [str(case["id"]), state, case["label"], f"{case['score']:.2f}", title, place, effect]


def show_case(number: CaseArgument, home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """Show a case: why it was found, what the rule says, and everything that was done with it."""
    with Library(home) as library:
        return _whole(library.reviews, number)


def _whole(reviews: Reviews, number: int) -> Answer:
    from ui.library.labelling.reviewing import log_document

    case = reviews.documents([reviews.cases.get(number)])[0]
    rows = reviews.cases.log(number)
    current = reviews.policies.current()
    rule = None if current is None else current.policy.rule(case["label"])
    document = case | {
        "about": "" if rule is None else rule.about,
        "owner": "" if rule is None else rule.owner,
        "log": [log_document(row) for row in rows],
    }
    lines = [*columns([_HEAD, _row(case)])]
    lines.append(
        f"found by {case['rule']}: score {case['score']:.3f}, from {case['threshold']:g} on, "
        f"policy {case['policy']}"
    )
    if rule is not None:
        lines.append(f"{rule.name} ({rule.action}; {rule.owner}): {rule.about or rule.looks_for}")
    if case["path"] is not None:
        lines.append(f"look at it: {case['path']}")
    return Answer(document, "\n".join(map(printable, lines + _log_lines(rows))))


def next_case(
    by: OwnByOption = None,
    rule: RuleOption = None,
    worst: WorstOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Take a case that nobody else looks at; yours for ten minutes, or until you decide."""
    with Library(home) as library:
        reviews = library.reviews
        order: Literal["oldest", "worst"] = "worst" if worst else "oldest"
        case = reviews.cases.next(who(by), rule=rule, order=order)
        if case is None:
            return Answer({"case": None}, "no case waits for you")
        shown = _whole(reviews, case.id)
    return Answer({"case": shown.document}, shown.text)


def show_log(
    number: Annotated[
        int | None, typer.Argument(metavar="[CASE]", min=1, help="Only of this case.")
    ] = None,
    policy: Annotated[bool, typer.Option("--policy", help="Only changes of the policy.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Show who did what, when and why; this log is only ever added to."""
    from ui.library.labelling.reviewing import log_document

    with Library(home) as library:
        if number is not None:
            library.reviews.cases.get(number)
        rows = library.reviews.cases.log(number, policy=policy)
    document: Document = {"log": [log_document(row) for row in rows]}
    if as_csv:
        return Answer(document, _csv(document["log"]), is_data=True)
    return Answer(document, "\n".join(_log_lines(rows)) or "nothing was done yet")


def _csv(rows: list[Document]) -> str:
    from ui.library.labelling.reviewing import LOG_COLUMNS

    written = io.StringIO()
    table = csv.DictWriter(written, fieldnames=LOG_COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return written.getvalue().rstrip("\n")


def _cell(value: object) -> object:
    """A text that a spreadsheet would run as a formula begins with an apostrophe there."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t") else value


def _log_lines(rows: list[LogRow]) -> list[str]:
    return columns(
        [
            [
                f"{row.at:%Y-%m-%d %H:%M:%S}",
                row.who,
                row.action,
                "" if row.case_id is None else f"case {row.case_id}",
                row.why,
            ]
            for row in rows
        ]
    )
