"""Names of encoders as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import constants

from data.errors import ReelwiseError
from embeddings.backbone.folders import CONFIG_FILE, WEIGHTS_FILE
from embeddings.backbone.names import parse_name
from embeddings.backbone.published import architectures


def test_a_repository_of_published_weights_is_their_name() -> None:
    assert parse_name("hf-hub:timm/PE-Core-B-16") == parse_name("PE-Core-B-16/meta")
    shared = parse_name("hf-hub:apple/DFN2B-CLIP-ViT-B-16")
    assert shared == parse_name("ViT-B-16-quickgelu/dfn2b")


def test_every_published_repository_is_understood() -> None:
    for known in architectures().values():
        for source in known.weights.values():
            repo = source.hub.rpartition("/")[0]
            if repo:
                parsed = parse_name(f"hf-hub:{repo}")
                weights = architectures()[parsed.model].weights[parsed.pretrained or ""]
                assert weights.hub.rpartition("/")[0] == repo


def test_weights_that_architectures_share_go_to_the_one_they_were_trained_for() -> None:
    """Else one could be chosen that reads them wrongly."""
    owners: dict[str, set[str]] = {}
    for name, known in architectures().items():
        for source in known.weights.values():
            if source.hub.endswith("/"):  # the usual file of the repository
                owners.setdefault(source.hub, set()).add(name)
    shared = [(hub, names) for hub, names in owners.items() if len(names) > 1]
    assert len(shared) > 5
    for hub, names in shared:
        repo = hub.rpartition("/")[0]
        of_repo = repo.partition("/")[2] in names
        assert of_repo or any(name.endswith("-quickgelu") for name in names), names
        chosen = parse_name(f"hf-hub:{repo}").model
        assert chosen == repo.partition("/")[2] or chosen.endswith("-quickgelu")


@pytest.mark.parametrize("name", ["hf-hub:someone/their-model", "hf-hub:", "hf-hub:../x/y"])
def test_any_other_repository_is_refused_with_a_way_to_use_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ReelwiseError, match="none of the repositories") as refused:
        parse_name(name)
    assert "--encoder FOLDER" in refused.value.fix


def test_a_repository_in_the_cache_is_a_model_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    repo = tmp_path / "models--someone--their-model"
    snapshot = repo / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("abc", encoding="utf-8")
    (snapshot / CONFIG_FILE).write_text("{}", encoding="utf-8")
    with pytest.raises(ReelwiseError, match="none of the repositories"):
        parse_name("hf-hub:someone/their-model")
    (snapshot / WEIGHTS_FILE).write_bytes(b"weights")
    assert parse_name("hf-hub:someone/their-model").folder == snapshot
    assert parse_name(f"local-dir:{snapshot}").folder == snapshot
    with pytest.raises(ReelwiseError, match="is no model folder"):
        parse_name("local-dir:nowhere")
