"""`reelwise encoders`: which encoders can be used here."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns, size

if TYPE_CHECKING:
    from embeddings.opening.listing import EncoderListing


def encoders(
    fetch: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Get the weights of this encoder now, so that later commands need no network.",
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """List the encoders, the recommended ones first: size, and whether present here."""
    from embeddings.opening.listing import list_encoders

    if fetch is not None:
        return _fetched(fetch)
    listings = list_encoders()
    document = {"encoders": [dataclasses.asdict(each) for each in listings]}
    advised = [each for each in listings if each.advice]
    advised.sort(key=lambda each: (not each.default, each.name == "toon"))
    others = [each for each in listings if not each.advice]
    others.sort(key=lambda each: (not each.present, each.name))
    lines = columns([_row(each) for each in (*advised, *others)], indent="")
    lines.insert(len(advised), f"\n{len(others)} more published models of open_clip:")
    lines.insert(0, "Choose one of these (length of a vector, frame, weights, size):")
    return Answer(document, "\n".join(lines))


def _fetched(name: str) -> Answer:
    """Load it once: that downloads what is missing, and compares checksums."""
    from embeddings.opening.choice import check_weights, load_encoder

    here = check_weights(name, None)
    encoder = load_encoder(name, device="cpu")
    document = {"encoder": encoder.name, "encoder_id": encoder.id, "fetched": not here}
    how = "was here already" if here else "is here now"
    return Answer(document, f"{encoder.name} {how} and can be loaded: {encoder.dim}-d")


def _row(each: EncoderListing) -> list[str]:
    known = each.parameters_millions is not None
    return [
        each.name,
        f"{each.dim}-d",
        f"{each.image_px} px",
        f"{each.parameters_millions:,.0f} M weights" if known else "",
        size(each.size_bytes) if each.size_bytes is not None else "",
        "here" if each.present else "",
        each.advice,
    ]
