"""`reelwise encoders`: which encoders can be used here."""

import dataclasses

from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns


def encoders(home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """List the encoders: dimensions, frame size, number of weights, and whether present here."""
    from embeddings.listing import list_encoders

    listings = list_encoders()
    document = {"encoders": [dataclasses.asdict(each) for each in listings]}
    rows = [
        [
            each.name,
            f"{each.dim}-d",
            f"{each.image_px} px",
            f"{each.parameters_millions:,.0f} M weights" if each.parameters_millions else "",
            "here" if each.present else "",
        ]
        for each in sorted(listings, key=lambda each: (not each.present, each.name))
    ]
    return Answer(document, "\n".join(columns(rows, indent="")))
