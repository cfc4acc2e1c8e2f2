"""The sentence encoder in numpy against the published one in torch, and its files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from data.errors import DamagedFile, ReelwiseError
from embeddings import packages
from embeddings.words.sentences import (
    MINILM_TOKENIZER,
    MINILM_WEIGHTS,
    Sentences,
    open_sentences,
)

TEXTS = [
    "a man riding a bicycle",
    "Zürich: Über-größe, naïve café №5 - ok?",
    "中文字幕 and ภาษาไทย",
    "word " * 400,
    "",
]
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": 384,
    "intermediate_size": 1536,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "layer_norm_eps": 1e-12,
    "vocab_size": 30522,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
}


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    return open_sentences()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The packaged model as a sentence-transformers folder."""
    shutil.copy(MINILM_WEIGHTS.path(), tmp_path / "model.safetensors")
    shutil.copy(MINILM_TOKENIZER.path(), tmp_path / "tokenizer.json")
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}')
    return tmp_path


def test_vectors_are_those_of_the_published_model(sentences: Sentences, folder: Path) -> None:
    from transformers import AutoTokenizer, BertModel  # 3 s of processor time

    bert = BertModel.from_pretrained(folder)
    bert.train(False)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    wanted = []
    for text in TEXTS:
        given = tokenizer(text, truncation=True, max_length=256, return_tensors="pt")
        with torch.no_grad():
            mean = bert(**given).last_hidden_state[0].mean(dim=0)
        wanted.append(torch.nn.functional.normalize(mean, dim=0).numpy())
    assert np.abs(sentences.encode(TEXTS) - np.stack(wanted)).max() < 1e-5


def test_like_meanings_lie_closer_than_like_words(sentences: Sentences) -> None:
    asked, meant, spelt = sentences.encode(
        ["a child is sleeping", "the baby takes a nap", "a child is running"]
    )
    assert asked @ meant > asked @ spelt - 0.1 > 0
    other = sentences.encode(["quarterly tax returns"])[0]
    assert asked @ meant > asked @ other + 0.3


def test_a_question_that_is_asked_again_is_encoded_once(
    sentences: Sentences, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sentences.encode(["a ferry leaves", "a quiet harbour"])
    monkeypatch.setattr(sentences, "_step", None)
    again = sentences.encode(["a quiet harbour", "a ferry leaves"])
    assert again.tolist() == first[::-1].tolist()
    again[0] = 0  # the caller's own
    assert sentences.encode(["a quiet harbour"])[0].tolist() == first[1].tolist()


def test_no_text_gives_no_row(sentences: Sentences) -> None:
    assert sentences.encode([]).shape == (0, sentences.dim) == (0, 384)


def test_a_folder_is_opened_as_the_package_is(sentences: Sentences, folder: Path) -> None:
    again = open_sentences(folder)
    assert again.id == sentences.id
    assert np.array_equal(again.encode(TEXTS[:1]), sentences.encode(TEXTS[:1]))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", json.dumps({**CONFIG, "model_type": "mpnet"})),
        ("1_Pooling/config.json", '{"pooling_mode_cls_token": true}'),
        ("config.json", "[]"),
        ("model.safetensors", "no weights"),
        ("tokenizer.json", "{}"),
    ],
)
def test_another_kind_of_model_is_refused(folder: Path, file: str, content: str) -> None:
    (folder / file).write_text(content)
    with pytest.raises(ReelwiseError, match="no sentence encoder"):
        open_sentences(folder)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + b"\0" * 18])
def test_a_damaged_archive_is_told(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "kept_models", lambda: tmp_path / "kept")
    (tmp_path / "model.zip").write_bytes(content)
    monkeypatch.setattr(packages.PackagedFile, "_inside", lambda self: tmp_path / "model.zip")
    with pytest.raises(DamagedFile, match="not the published file"):
        MINILM_TOKENIZER.path()


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    monkeypatch.setattr(packages, "kept_models", lambda: Path("nowhere"))
    assert not MINILM_WEIGHTS.present()
    with pytest.raises(ReelwiseError, match=r"91 MB, sha256 53aa51172.*all-minilm") as raised:
        MINILM_WEIGHTS.path()
    assert "reelwise[offline]" in raised.value.fix
