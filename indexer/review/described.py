"""The words that a rule is, or was, described by: what its decisions add to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data.arrays import Floats
from data.review.policies import Policies, StoredPolicy
from data.review.rules import Rule
from embeddings.vocabulary import understood
from indexer.search.words.asked import without_quotes

if TYPE_CHECKING:
    from embeddings.encoder import Encoder


def words_of(policies: Policies, stored: StoredPolicy, rule: Rule) -> str | None:
    """Its description, or the last one that it had before it asked a head; None where it had none.

    Raises:
        DamagedFile: An earlier policy is not as it was written.
    """
    for version in range(stored.version, 0, -1):
        policy = stored.policy if version == stored.version else policies.version(version).policy
        earlier = policy.rule(rule.name)
        if earlier is not None and earlier.kind != "head":
            return earlier.description
        if earlier is None or earlier.head != rule.head:
            break
    return None


def vector_of(words: str, encoder: Encoder) -> Floats | None:
    """(d,) vector of a description as search has it; None where the encoder understands none."""
    asked = without_quotes(words)
    if understood(encoder.name, asked).weight <= 0:
        return None
    return np.asarray(encoder.encode_texts([asked])[0], np.float32)
