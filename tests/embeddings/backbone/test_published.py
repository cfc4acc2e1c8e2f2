"""The table of published models, beside open_clip itself."""

import json
from pathlib import Path

import pytest

from data.errors import ReelwiseError
from embeddings.backbone import published
from embeddings.backbone.names import not_here, parse_name


def test_the_table_is_what_open_clip_publishes() -> None:
    table = json.loads(published.TABLE.read_text(encoding="utf-8"))
    sizes = {name: row[2] for name, row in table["models"].items()}
    assert json.loads(json.dumps(published.made(sizes))) == table
    assert sizes["ViT-S-32"] == published.count_parameters("ViT-S-32")


def test_with_another_version_of_open_clip_the_table_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "published.json"
    old.write_text(json.dumps({"version": "0", "models": {"ViT-B-32": [1, 2, 151.3, {}]}}))
    monkeypatch.setattr(published, "TABLE", old)
    published.architectures.cache_clear()
    try:
        models = published.architectures()
    finally:
        published.architectures.cache_clear()
    assert len(models) > 100
    assert models["ViT-B-32"].dim == 512
    assert models["ViT-B-32"].parameters_millions == 151.3


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ViT-B-32/openai", ["patch32_clip_224.openai", "about 0.6 GB"]),
        ("RN50/yfcc15m", ["https://", "about 0.4 GB"]),
        ("xlm-roberta-base-ViT-B-32", ["CLIP-ViT-B-32-xlm-roberta-base"]),
    ],
)
def test_missing_weights_are_told_with_file_and_size(name: str, told: list[str]) -> None:
    error = not_here(parse_name(name))
    assert isinstance(error, ReelwiseError)
    assert all(each.lower() in error.fix.lower() for each in told), error.fix
