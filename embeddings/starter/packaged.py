"""The weights of the `starter` encoder, as packages carry them."""

from embeddings.starter.networks.kept_network import NETWORK
from embeddings.words.sentences import MINILM_TOKENIZER, MINILM_WEIGHTS

STARTER = "starter"
PACKAGED = (NETWORK, MINILM_WEIGHTS, MINILM_TOKENIZER)
