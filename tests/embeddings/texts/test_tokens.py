"""Tokens without open_clip are open_clip's tokens."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from embeddings.backbone.configs import open_clip_package
from embeddings.backbone.folders import BPE_FILE, TOON_FOLDER
from embeddings.backbone.loading import build_tokenizer
from embeddings.texts.tokens import BytePairTokenizer

PUBLISHED = BytePairTokenizer(open_clip_package() / "bpe_simple_vocab_16e6.txt.gz", 77)
TOON = BytePairTokenizer(TOON_FOLDER / BPE_FILE, 32)
THEIRS = {
    77: build_tokenizer("ViT-B-32"),
    32: build_tokenizer(f"local-dir:{TOON_FOLDER}"),
}


def same_tokens(ours: BytePairTokenizer, context: int, text: str) -> bool:
    tokens = ours.tokens(text)
    padded: list[int] = THEIRS[context]([text])[0].tolist()
    return tokens + [0] * (context - len(tokens)) == padded


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=60))
@example(text="")
@example(text="it's 123 dogs' &amp;amp; caf\u00e9 \u2019 \u041a\u043e\u0448\u043a\u0430!!")
@example(text="a <end_of_text> b <start_of_text>")
@example(text="very " * 90)
def test_any_text_has_the_tokens_that_open_clip_gives(text: str) -> None:
    assert same_tokens(PUBLISHED, 77, text)
    assert same_tokens(TOON, 32, text)


def test_the_file_of_merges_is_found_without_importing_open_clip() -> None:
    assert isinstance(open_clip_package(), Path)
    assert (open_clip_package() / "bpe_simple_vocab_16e6.txt.gz").is_file()
