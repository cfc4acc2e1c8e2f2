"""Files of a model folder, and the folder of the embedded encoder. Imports no torch."""

from pathlib import Path

TOON_FOLDER = Path(__file__).parents[1] / "checkpoints" / "toon"
CONFIG_FILE = "open_clip_config.json"
WEIGHTS_FILE = "open_clip_model.safetensors"
RECIPE_FILE = "compression.json"
BPE_FILE = "bpe_merges.txt.gz"


def folder_of(encoder_name: str) -> Path | None:
    """The model folder that a name means: `toon`, or a folder; None for anything else."""
    folder = TOON_FOLDER if encoder_name == "toon" else Path(encoder_name)
    return folder if (folder / CONFIG_FILE).is_file() else None
