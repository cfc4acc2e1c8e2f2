"""`reelwise encoders`: which backbones can be used here."""

from __future__ import annotations

from ui.answer import Answer
from ui.options import HomeOption, JsonOption
from ui.readable import columns


def encoders(home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """List the backbones: size, dimensions, and whether present here."""
    from embeddings.encoder import list_encoders

    listings = list_encoders()
    document = {
        "encoders": [
            {
                "name": each.name,
                "pretrained": each.pretrained,
                "dim": each.dim,
                "size_mb": each.size_mb,
                "present": each.present,
            }
            for each in listings
        ]
    }
    rows = [
        [
            f"{each.name}/{each.pretrained}" if each.pretrained else each.name,
            f"{each.dim}-d" if each.dim else "",
            f"{each.size_mb:,.0f} MB" if each.size_mb else "",
            "here" if each.present else "",
        ]
        for each in sorted(listings, key=lambda each: (not each.present, each.name))
    ]
    return Answer(document, "\n".join(columns(rows, indent="")))
