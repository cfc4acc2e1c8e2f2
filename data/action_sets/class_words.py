"""Names of classes as words that a text encoder knows."""

import re

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def class_words(label: str) -> str:
    """`ApplyEyeMakeup`, `brush_hair` and `Holding something` as lower-case words."""
    words = label if re.search(r"\s", label.strip()) else _HUMP.sub(" ", label)
    return " ".join(words.replace("_", " ").split()).lower()
