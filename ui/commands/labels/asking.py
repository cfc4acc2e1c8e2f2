"""Asking for one label after another in a terminal: what is typed is kept at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.annotations.annotations import Said
from data.annotations.records import number_label
from data.errors import ReelwiseError
from data.labels.kinds import NONE_OF_THEM, Task
from data.printable import printable, printable_lines
from ui.commands.labels.pictures import with_pictures
from ui.terminal.labels import curve_lines, numbers_line, proposal_lines
from ui.terminal.text import count

if TYPE_CHECKING:
    from indexer.annotation.annotator import Annotator, Proposal
    from ui.library.labelling.annotating import Annotating

AT_ONCE = 5
"""Proposals that are chosen together; then the head has learned from them."""
CURVE_EVERY = 20
"""Labels between two learning curves that are shown unasked."""
NEW = "+"
"""Before a word that the set has not offered so far."""
HELP_NUMBER = (
    "a number: what it is, as in 0.7",
    "u: take back   s: skip   c: learning curve   q: end   ?: this help",
)
HELP = (
    "a number or a word: the label; of several labels some, as in 1,3 or dog,beach",
    "+word: a new label   -: none of them (of several labels)",
    "u: take back   s: skip   c: learning curve   q: end   ?: this help",
)


class Asking:
    """One sitting of one person.

    Args:
        work: The library's annotation.
        name: The set.
        by: Who labels.
        pictures: Folder of pictures of proposals; None for none.
    """

    def __init__(self, work: Annotating, name: str, by: str, pictures: Path | None) -> None:
        self._work = work
        self._set = work.annotations.get(name)
        self._annotator: Annotator = work.annotator(name)
        self._by = by
        self._pictures = pictures
        self._proposals: list[Proposal] = []
        self._said: dict[str, int] = {"labelled": 0, "skipped": 0, "undone": 0}
        self._help = HELP_NUMBER if self._set.task is Task.NUMBER else HELP

    def run(self) -> dict[str, Any]:
        """Ask until the end; gives how much was labelled, skipped and taken back."""
        self._tell(*self._help)
        proposal = self._next()
        while proposal is not None:
            self._show(proposal)
            typed = self._read()
            if typed is None or typed == "q":
                break
            proposal = self._answered(proposal, typed)
        else:
            self._tell("every stretch is labelled or skipped")
        self._work.keep()
        return dict(self._said)

    def _answered(self, proposal: Proposal, typed: str) -> Proposal | None:
        """Do what was typed; gives what is asked next, the same again where it was no answer."""
        if typed in ("?", ""):
            self._tell(*self._help)
            return proposal
        try:
            if typed == "c":
                self._curve()
                return proposal
            if typed == "u":
                return self._undone(proposal)
            labels = () if typed == "s" else self.labels_of(typed)
        except ReelwiseError as error:
            self._tell(error.problem, f"  {error.fix}")
            return proposal
        said = Said(proposal.video_id, proposal.start_s, proposal.end_s, labels)
        self._work.annotations.say(self._set.name, said, by=self._by, source="terminal")
        self._set = self._work.annotations.get(self._set.name)
        self._said["labelled" if labels else "skipped"] += 1
        if labels and self._said["labelled"] % CURVE_EVERY == 0:
            self._curve()
        return self._next()

    def labels_of(self, typed: str) -> tuple[str, ...]:
        """The labels that were typed, as places or words; in a set of numbers the number.

        Raises:
            ReelwiseError: One of them is none that the set offers, or it is no number.
        """
        if self._set.task is Task.NUMBER:
            return (number_label(typed),)
        offered, found = self._set.labels, list[str]()
        for word in map(str.strip, typed.split(",")):
            if word.isascii() and word.isdigit() and 1 <= int(word) <= len(offered):
                found.append(offered[int(word) - 1])
            elif word in offered or (word == NONE_OF_THEM and self._set.task is Task.SEVERAL):
                found.append(word)
            elif word.startswith(NEW) and word[1:].strip():
                found.append(word[1:].strip())
            elif word:
                raise ReelwiseError(
                    f"{word[:80]!r} is no label of this set", fix=f"+{word[:80]} adds it"
                )
        if not found:
            raise ReelwiseError("that is no label", fix="? tells what may be typed")
        return tuple(dict.fromkeys(found))

    def _undone(self, proposal: Proposal) -> Proposal:
        rows = self._work.annotations.undo(self._set.name, by=self._by)
        self._said["undone"] += len(rows)
        self._tell(f"taken back: {', '.join(rows[-1].labels) or 'skipped'}")
        self._proposals.insert(0, proposal)
        return self._again(rows[-1])

    def _again(self, row: Any) -> Proposal:
        from indexer.annotation.annotator import Proposal

        return Proposal(row.video_id, row.start_s, row.end_s, "different", 1.0)

    def _next(self) -> Proposal | None:
        """The next proposal; a new handful once these are answered."""
        if not self._proposals:
            first = self._said["labelled"] == 0
            found = self._annotator.propose(AT_ONCE, waits=first)
            if first and found.notice:
                self._tell(found.notice)
            self._proposals = list(found.items)
        return self._proposals.pop(0) if self._proposals else None

    def _show(self, proposal: Proposal) -> None:
        from indexer.annotation.annotator import Proposed

        documents = self._work.proposed_documents(Proposed([proposal], ""))
        number = self._said["labelled"] + 1
        for each in with_pictures(documents, self._pictures):
            self._tell("", *proposal_lines(each, number))
        if self._set.task is Task.NUMBER:
            numbers = self._work.set_document(self._set.name)["numbers"]
            self._tell(f"numbers so far: {numbers_line(numbers)}" if numbers else "no number yet")
            return
        offered = "  ".join(f"[{at}] {label}" for at, label in enumerate(self._set.labels, 1))
        self._tell(offered or "no label yet: +word adds one")

    def _curve(self) -> None:
        try:
            points = self._annotator.curve()
        except ReelwiseError as error:
            self._tell(error.problem)
            return
        from ui.library.labelling.annotating import curve_document

        labelled = count(points[-1].labels if points else 0, "label")
        self._tell(f"{labelled}:", *curve_lines(curve_document(points)))

    def _read(self) -> str | None:
        """What is typed; None at the end of the input."""
        sys.stderr.write("> ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        return printable(line.strip()) if line else None

    def _tell(self, *lines: str) -> None:
        sys.stderr.write(printable_lines("\n".join(lines)) + "\n")
        sys.stderr.flush()
