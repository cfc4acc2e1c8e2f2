"""The explainer of an encoder of any kind."""

from embeddings.encoder import Encoder
from embeddings.explain.explainer import Explainer
from embeddings.explain.occlusion import Occlusion
from embeddings.opening.deferred import DeferredEncoder
from embeddings.starter.packaged import STARTER


def open_explainer(encoder: Encoder) -> Explainer:
    """What tells which part of a picture speaks, by gradients where the tower has them.

    The encoder's model is loaded, also of one that would encode a few frames without it.

    Raises:
        ReelwiseError: The model cannot be loaded.
    """
    model = encoder.model if isinstance(encoder, DeferredEncoder) else encoder
    if model.name == STARTER:
        from embeddings.starter.encoder import StarterEncoder

        if isinstance(model, StarterEncoder):
            from embeddings.explain.starter import StarterExplainer

            return StarterExplainer(model.network, model.device)
        return occlusion_of(encoder)
    from embeddings.explain.tower import NoGradient, TowerExplainer
    from embeddings.spatiotemporal.encoder import SpatiotemporalEncoder

    if not isinstance(model, SpatiotemporalEncoder):
        return occlusion_of(encoder)
    try:
        return TowerExplainer(model.backbone)
    except NoGradient:
        return occlusion_of(encoder)


def occlusion_of(encoder: Encoder) -> Occlusion:
    """The explainer that every encoder has."""
    return Occlusion(encoder.encode_frames, encoder.frame_spec)
