"""`reelwise status`: what is in the library and what is not."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.recommender_status import recommender_line
from ui.terminal.answer import Answer, Document
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import count, short_path, size


def status(
    failed: Annotated[
        bool, typer.Option("--failed", help="List each failed or partial file with its reason.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Show counts, encoder, index kind and recall, and failures."""
    from ui.documents import status_document
    from ui.library import Library

    with Library(home) as library:
        document = status_document(library, with_failures=failed)
    warnings = [document["warning"], document["recommender"]["warning"]]
    notice = "\n".join(one for one in warnings if one)
    return Answer(document, "\n".join(_lines(document)), notice=notice)


def _lines(document: Document) -> list[str]:
    lines = [f"library     {document['home']}"]
    if document["encoder"] is None:
        return [*lines, "            nothing is indexed yet: reelwise index FOLDER"]
    lines += [
        f"videos      {document['videos']:,}, {count(document['clips'], 'clip')}",
        f"encoder     {document['encoder']} ({document['encoder_id']})",
    ]
    if document["encoder_notice"] is not None:
        lines.append(f"            {document['encoder_notice']}")
    if document["generation"] is not None:
        lines.append(
            f"index       generation {document['generation']}, {document['index_kind']}, "
            f"recall@10 {document['recall_at_10']:.3f}"
        )
    lines += [
        f"recommends  {recommender_line(document['recommender'])}",
        f"on disk     {size(document['bytes'])}",
        f"not whole   {document['failed']:,} failed, {document['partial']:,} partial"
        + ("" if "failures" in document or not _troubled(document) else "   (status --failed)"),
    ]
    for each in document.get("failures", ()):
        lines += [
            f"  {each['state']:<11} {short_path(each['path'])}",
            f"              {each['reason']}",
        ]
    return lines


def _troubled(document: Document) -> bool:
    return bool(document["failed"] or document["partial"])
