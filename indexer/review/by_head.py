"""Rules of heads: what was predicted of each clip, as the catalogue has it."""

from __future__ import annotations

import numpy as np

from data.catalogue import Catalogue
from data.catalogue.predictions import KnownHead
from data.catalogue.records import IS_LIVE
from data.catalogue.values import sql
from data.errors import ReelwiseError
from data.review.rules import Rule
from indexer.review.found import NO_CLIPS, FoundClips

_FOUND = sql(
    "SELECT e.video_id, c.start_s, c.end_s, p.score FROM predictions p"
    " JOIN clips c ON c.id = p.clip_id JOIN embeddings e ON e.id = c.embedding_id"
    f" WHERE p.head_id = :head AND p.label = :label AND p.score >= :least AND c.id > :after"
    f" AND {IS_LIVE}"
)


def head_of(catalogue: Catalogue, rule: Rule) -> tuple[KnownHead, str]:
    """The head that a rule asks, and the label.

    Raises:
        ReelwiseError: There is no such head or label, or it predicts of no clip.
    """
    heads = catalogue.predictions.heads()
    head = heads.get((rule.head or "").strip().casefold())
    fix = "reelwise heads lists the heads; correct the policy and set it again"
    if head is None:
        raise ReelwiseError(f"there is no head {rule.head!r}", fix=fix)
    if head.needs or head.encoder_id != catalogue.encoder:
        raise ReelwiseError(f"the head {head.name} predicts of no clip of this library", fix=fix)
    if rule.label is None:
        if head.classes:
            told = f"the head {head.name} has the labels {', '.join(head.classes)}"
            raise ReelwiseError(f"{told}: the rule names none", fix="label = ...")
        return head, ""
    named = rule.label.casefold()
    label = next((each for each in head.classes if each.casefold() == named), None)
    if label is None:
        known = ", ".join(head.classes) or "none: it is a number"
        told = f"the head {head.name} knows no {rule.label!r}; it knows {known}"
        raise ReelwiseError(told, fix=fix)
    return head, label


def find_by_head(catalogue: Catalogue, rule: Rule, after: int) -> FoundClips:
    """The clips with a number above `after` that reach the threshold of a rule.

    Raises:
        ReelwiseError: As `head_of`.
    """
    head, label = head_of(catalogue, rule)
    values = {"head": head.id, "label": label, "least": rule.threshold, "after": after}
    with catalogue.reading() as connection:
        rows = connection.execute(_FOUND, {**values, "encoder": head.encoder_id}).all()
    if not rows:
        return NO_CLIPS
    videos, starts_s, ends_s, scores = zip(*rows, strict=True)
    return FoundClips(
        np.array(videos, np.int64), np.array(starts_s), np.array(ends_s), np.array(scores)
    )
