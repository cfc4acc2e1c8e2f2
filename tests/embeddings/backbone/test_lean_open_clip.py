"""Encoders are imported without what only others need."""

import json
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from embeddings.backbone import lean_open_clip
from embeddings.backbone.lean_open_clip import LateName, late_imports

ROOT = Path(__file__).resolve().parents[3]
LOADED = """
import json, sys
import numpy as np
from embeddings.starter.encoder import StarterEncoder
side = StarterEncoder.frame_spec.width_px
seen = StarterEncoder("cpu").encode_frames(np.zeros((1, side, side, 3), np.uint8))
of_starter = sorted({"timm", "torchvision", "open_clip", "torch._dynamo"} & set(sys.modules))
from embeddings.spatiotemporal.encoder import load_spatiotemporal
encoder = load_spatiotemporal("toon")
side = encoder.frame_spec.width_px
rows = encoder.encode_frames(np.zeros((2, side, side, 3), np.uint8))
texts = encoder.encode_texts(["a red car"])
heavy = sorted({"timm", "transformers", "torch._dynamo"} & set(sys.modules))
print(json.dumps([seen.shape, of_starter, rows.shape, texts.shape, heavy]))
"""


def test_a_plain_model_loads_no_package_that_only_others_need() -> None:
    command = [sys.executable, "-c", LOADED]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == [[1, 1128], [], [2, 256], [1, 256], []]


def test_a_late_name_does_what_the_real_one_does() -> None:
    late = LateName("fractions", "Fraction")
    assert late(1, 3) == Fraction(1, 3)
    assert late.from_float(0.5) == Fraction(1, 2)
    assert isinstance(Fraction(1, 3), late)  # type: ignore[arg-type]  # as a class is used
    assert not isinstance("1/3", (late, int))  # type: ignore[arg-type]
    with pytest.raises(ModuleNotFoundError):
        LateName("no_such_module", "name")()


def test_only_open_clip_and_torchvision_get_late_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lean_open_clip, "LATE", ("json", "fractions"))
    theirs: dict[str, Any] = {"__name__": "torchvision.ops.roi_align"}
    others: dict[str, Any] = {"__name__": "transformers"}
    lines = "import json.decoder; from fractions import Fraction; from collections import Counter"
    with late_imports():
        exec(lines, theirs)
        exec(lines, others)
        with pytest.raises(ImportError, match="without fractions"):
            exec("import fractions", {"__name__": "open_clip.coca_model"})
    late = [isinstance(name, LateName) for name in (theirs["json"].loads, theirs["Fraction"])]
    assert (late, theirs["json"].loads("[1]"), theirs["Fraction"](2)) == ([True, True], [1], 2)
    assert (others["json"], others["Fraction"]) == (json, Fraction)
    assert theirs["Counter"] is others["Counter"] is Counter
    exec(lines, theirs)
    assert theirs["Fraction"] is Fraction
