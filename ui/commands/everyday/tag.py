"""`reelwise tag`: words for what is seen in every clip and video."""

from __future__ import annotations

from typing import Annotated

import typer

from data.printable import printable
from ui.library.labelling.tagging import TaggedLibrary, tagged_document
from ui.library.library import Library
from ui.terminal.answer import EXIT_DONE, EXIT_SOME_FILES_FAILED, Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.progress import report
from ui.terminal.text import columns, count

MOST_SHOWN = 20
"""Tags that are listed; --json lists all."""

VocabularyOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Words to tag with: one a line, or CSV with the columns tag[,prompt][,kind]; everyday "
        "for those that come with reelwise.  [default: as the last time, at first everyday]",
    ),
]


def tag(
    vocabulary: VocabularyOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> Answer:
    """Tag every clip and video with words for what is seen in it; new ones at the next index.

    The words are compared with the stored vectors: no video is decoded. A tag is given where what
    is seen fits it better than pictures of nothing do; a video of nothing known gets none.
    """
    from ui.commands.experts.train_head import rows_notice

    with Library(home) as library:
        tagged = library.tag(vocabulary, progress=report)
    code = EXIT_SOME_FILES_FAILED if tagged.troubles else EXIT_DONE
    notice = rows_notice(tagged.troubles)
    return Answer(tagged_document(tagged), "\n".join(_lines(tagged)), code, notice)


def _lines(tagged: TaggedLibrary) -> list[str]:
    labels = tagged.head.record.labels
    lines = [
        f"{count(len(tagged.head.classes), 'word')} of {printable(labels['file'])}: "
        + (f"{count(tagged.clips, 'clip')} looked at" if tagged.clips else "no clip is new"),
        f"{tagged.videos:,} of {count(tagged.of_videos, 'video')} have a tag",
    ]
    rows = [
        [each.tag, count(each.videos, "video"), count(each.clips, "clip")]
        for each in tagged.tags[:MOST_SHOWN]
    ]
    lines += columns(rows)
    if len(tagged.tags) > MOST_SHOWN:
        lines.append(f"  and {len(tagged.tags) - MOST_SHOWN:,} more; --json lists them all")
    if tagged.doubled:
        lines.append(f"{count(tagged.doubled, 'word')} stood there twice: counted once")
    return lines
