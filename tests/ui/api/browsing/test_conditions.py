"""What conditions of a search can be on, as the API lists it."""

from data.catalogue.predictions import KnownHead, Prediction
from tests.ui.api.conftest import Client
from ui.api.served import Visitor
from ui.library.library import Library


def test_heads_come_with_their_labels_and_fields_with_how_they_compare(
    client: Client, library: Library
) -> None:
    encoder = library.catalogue.encoder
    assert encoder is not None
    predictions = library.catalogue.predictions
    clip = int(library.catalogue.clips_of(encoder, [3]).ids[0])
    words = ("boat", "tree")
    try:
        predictions.begin(KnownHead(0, "action", "r", encoder, "classes", ("jump", "run"), ()))
        tags = predictions.begin(KnownHead(0, "tags", "r", encoder, "several", words, ()))
        assert "tags" not in _names(client)
        predictions.put(tags, [Prediction(clip, "boat", 0.75, chosen=True)])
        found = client(Visitor("ben", "viewer")).get("/conditions").json()["items"]
    finally:
        for name in ("action", "tags"):
            predictions.drop(name)
    action, seen, *fields = found
    assert (action["name"], action["kind"], action["of"]) == ("action", "label", "clip")
    assert action["operators"] == ["=", "!="]
    assert [each["label"] for each in action["labels"]] == ["jump", "run"]
    # Of the thousand words that tags may be, those that were seen.
    assert seen["labels"] == [{"label": "boat", "german": None}]
    kinds = {each["name"]: each["kind"] for each in fields}
    assert (kinds["duration"], kinds["date"], kinds["title"]) == ("number", "date", "text")
    assert _names(client) == [*kinds]


def _names(client: Client) -> list[str]:
    return [each["name"] for each in client().get("/conditions").json()["items"]]
