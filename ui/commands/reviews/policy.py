"""`reelwise review policy` and `review scan`: the rules, and letting them look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.commands.reviews.options import OwnByOption, OwnWhyOption, who
from ui.library.library import Library
from ui.terminal.answer import EXIT_DONE, EXIT_SOME_FILES_FAILED, Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.progress import report
from ui.terminal.text import columns, count

if TYPE_CHECKING:
    from data.review.policies import StoredPolicy
    from indexer.review.scan import ScanReport
    from ui.library.documents import Document
    from ui.library.labelling.reviewing import Reviews


def policy(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|show|remove|restore",
            help="A policy in TOML or JSON to hold from now on; or show, remove or restore.",
        ),
    ],
    version: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="show, restore: this version.  [default: the one that holds]"
        ),
    ] = None,
    by: OwnByOption = None,
    why: OwnWhyOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Set the rules of moderation, show or remove them; new rules look at the whole past at once.

    Every version is kept. A file that is called show, remove or restore is named as ./show.
    """
    with Library(home) as library:
        reviews = library.reviews
        if what == "show":
            return _shown(_wanted(reviews, version))
        if what == "remove":
            gone = reviews.policies.remove(by=who(by), why=why)
            text = f"version {gone} does not hold any more; decisions stay"
            return Answer({"removed": gone}, text)
        if what == "restore":
            if version is None:
                raise typer.BadParameter("restore needs --version N")
            stored = reviews.restore_policy(version, by=who(by), why=why)
        else:
            stored = reviews.set_policy(Path(what), by=who(by), why=why)
        found = None
        if library.catalogue.encoder is not None:
            found = reviews.scan(afresh=False, told=report)
    return _set(stored, found)


def scan(
    new: Annotated[bool, typer.Option("--new", help="Only what no rule has looked at.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Let every rule look at the whole library; `index` lets them look at what is new."""
    with Library(home) as library:
        found = library.reviews.scan(afresh=not new, told=report)
    return Answer(_scan_document(found), "\n".join(_scan_lines(found)), *_left_out(found))


def _wanted(reviews: Reviews, version: int | None) -> StoredPolicy:
    from data.review.policies import no_policy

    stored = reviews.policies.current() if version is None else reviews.policies.version(version)
    if stored is None:
        raise no_policy()
    return stored


def _shown(stored: StoredPolicy) -> Answer:
    from ui.library.labelling.reviewing import policy_document

    return Answer(policy_document(stored), "\n".join(_policy_lines(stored)))


def _policy_lines(stored: StoredPolicy) -> list[str]:
    set_at = f"{stored.set_at:%Y-%m-%d %H:%M} UTC"
    lines = [f"version {stored.version}, set {set_at}, from {stored.file}"]
    rows = [["rule", "action", "from", "looks for", "answers for it"]]
    rows += [
        [rule.name, rule.action, f"{rule.threshold:g}", rule.looks_for[:60], rule.owner]
        for rule in stored.policy.rules
    ]
    return lines + columns(rows)


def _set(stored: StoredPolicy, found: ScanReport | None) -> Answer:
    from ui.library.labelling.reviewing import policy_document

    document = policy_document(stored)
    lines = _policy_lines(stored)
    if found is None:
        lines.append("nothing is indexed yet; what is indexed will be looked at")
        return Answer(document | {"scan": None}, "\n".join(lines))
    document["scan"] = _scan_document(found)
    return Answer(document, "\n".join(lines + _scan_lines(found)), *_left_out(found))


def _scan_document(found: ScanReport) -> Document:
    return {
        "policy": found.policy,
        "new": found.new,
        "rules": {
            name: {"new": each.new, "withdrawn": each.withdrawn}
            for name, each in found.rules.items()
        },
        "left_out": found.left_out,
    }


def _scan_lines(found: ScanReport) -> list[str]:
    lines = [
        f"{name}: {count(each.new, 'new case')}"
        + (f", {each.withdrawn:,} found no more" if each.withdrawn else "")
        for name, each in found.rules.items()
    ]
    return lines or ["every rule has looked at everything"]


def _left_out(found: ScanReport) -> tuple[int, str]:
    """Exit code and notice where rules could not look."""
    if not found.left_out:
        return EXIT_DONE, ""
    lines = [
        f"the rule {name} did not look at everything: {why}" for name, why in found.left_out.items()
    ]
    return EXIT_SOME_FILES_FAILED, "\n".join(lines)
