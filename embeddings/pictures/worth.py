"""How many frames are computed in numpy before loading the model would have cost less."""

from embeddings.encoder import NeedsModel

LOADING_FLOP = 8e11
"""What numpy computes while torch, open_clip and a model are loaded: 9 s of processor time. Torch
computes a frame in 0.4 to 1.2 of numpy's time, measured with ViT-B-32, ViT-B-16 and RN50."""


def most_frames(flop: float) -> int:
    """For floating-point operations of a frame.

    Raises:
        NeedsModel: Not even one is worth it.
    """
    most = int(LOADING_FLOP / flop)
    if not most:
        raise NeedsModel("its image tower is so large that loading the model costs less")
    return most
