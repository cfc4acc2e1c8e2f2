"""`reelwise doctor`: what this machine can do."""

from __future__ import annotations

from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """Check GPU, FAISS, decoders, weights and disk of this machine."""
    from data.home import resolve_home
    from ui.machine import examine

    findings = examine(resolve_home(home))
    document = {
        "ok": all(each.ok for each in findings),
        "checks": [
            {"name": each.name, "ok": each.ok, "found": each.found, "fix": each.fix}
            for each in findings
        ],
    }
    rows = [["ok" if each.ok else "--", each.name, each.found] for each in findings]
    lines = columns(rows, indent="")
    for at, each in reversed(list(enumerate(findings))):
        if not each.ok and each.fix:
            lines.insert(at + 1, f"      fix: {each.fix}")
    return Answer(document, "\n".join(lines))
