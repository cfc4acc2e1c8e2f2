"""After a run every head predicts of the clips that are new."""

from __future__ import annotations

from dataclasses import dataclass, field

from data.catalogue import Catalogue
from indexer.build.progress import Meter


@dataclass(frozen=True)
class NewPredictions:
    """What heads predicted after a run."""

    clips: dict[str, int] = field(default_factory=dict)
    """By head, clips that it has predicted of."""
    notice: str = ""
    """Heads that predict of no clip, or not of all, and why; a line each."""


def predict_new(catalogue: Catalogue, meter: Meter | None = None) -> NewPredictions:
    """Let all heads predict of clips that they have not seen; nothing is loaded without heads."""
    if not catalogue.home.heads.is_dir() and not catalogue.predictions.heads():
        return NewPredictions()
    from indexer.heads.predicting import bring_up_to_date

    told = meter.note if meter is not None else lambda _: None
    predicted = bring_up_to_date(catalogue, told)
    lines = [f"the head {name} predicts nothing: {why}" for name, why in predicted.left_out.items()]
    lines += [f"the head {name} {untold}" for name, untold in predicted.untold.items()]
    return NewPredictions(predicted.clips, "\n".join(lines))
