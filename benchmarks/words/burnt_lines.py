"""Lines burnt into real frames: what is written, where it lies, how it looks."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]

LINES = {
    "en": ("The ferry leaves at nine", "Platform 9 closed today", "Please mind the gap"),
    "de": ("Größe: fünf Öfen für Übermut", "Der Zug nach Köln fällt aus", "Bitte nicht stören"),
    "fr": ("Où est la gare du Nord ?", "Le château était fermé", "Ça commence bientôt"),
    "es": ("¿Dónde está la estación?", "El niño comió piña mañana", "Salida de emergencia"),
    "pt": ("A estação não está fechada", "Coração e informações", "Atenção ao degrau"),
    "it": ("Perché la città è così bella", "Il treno è già partito", "Uscita di sicurezza"),
    "nl": ("De trein vertrekt om negen uur", "Zoë gaat naar huis", "Let op de stoep"),
    "pl": ("Żółta łódź przy nabrzeżu", "Proszę zamknąć drzwi", "Pociąg odjeżdża o ósmej"),
    "cs": ("Příliš žluťoučký kůň", "Vlak do Prahy odjíždí", "Pozor na schody"),
    "sv": ("Båten går från ön på måndag", "Kärlek är vackert", "Stäng dörren tyst"),
}
"""Three lines in each of ten languages with Latin letters."""
STYLES = ("outline", "box", "yellow", "dark")
"""White edged in black, white on a dark box, yellow edged in black, dark on a light box."""
FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf")
"""From the wheel of Matplotlib."""
SIZES_PX = (12, 14, 18, 24, 32, 48)
"""Font sizes; a small letter is half as high."""


@dataclass(frozen=True)
class Burnt:
    """A line and how it is drawn."""

    text: str
    language: str
    style: str
    font: str
    size_px: int
    at: tuple[int, int]
    """Its upper left corner."""

    def on(self, pixels: Pixels) -> Pixels:
        """A picture with the line in it."""
        picture = Image.fromarray(pixels)
        drawing = ImageDraw.Draw(picture)
        face = _face(self.font, self.size_px)
        left, top, right, bottom = drawing.textbbox(self.at, self.text, font=face)
        around = (left - 6, top - 4, right + 6, bottom + 4)
        if self.style in ("box", "dark"):
            drawing.rectangle(around, fill=(20, 20, 20) if self.style == "box" else (240, 240, 235))
        fill = {"dark": (30, 30, 60), "yellow": (255, 225, 0)}.get(self.style, (255, 255, 255))
        edge = max(1, self.size_px // 14) if self.style in ("outline", "yellow") else 0
        drawing.text(
            self.at, self.text, font=face, fill=fill, stroke_width=edge, stroke_fill="black"
        )
        return np.array(picture)


def random_line(rng: np.random.Generator, number: int, width: int, height: int) -> Burnt:
    """A line somewhere in the lower half of a picture, wholly inside it.

    Languages and styles take turns with `number`; one line in five is in capitals.
    """
    language = list(LINES)[number % len(LINES)]
    text = str(rng.choice(LINES[language]))
    text = text.upper() if number % 5 == 4 else text
    font = FONTS[number % len(FONTS)]
    size_px = int(rng.choice(SIZES_PX))
    while size_px > SIZES_PX[0] and _face(font, size_px).getlength(text) > width - 40:
        size_px -= 4
    wide = int(_face(font, size_px).getlength(text))
    x = int(rng.integers(10, max(11, width - wide - 20)))
    y = int(rng.integers(height // 2, max(height // 2 + 1, height - 2 * size_px)))
    style = STYLES[(number // len(LINES) + number) % len(STYLES)]
    return Burnt(text, language, style, font, size_px, (x, y))


@lru_cache
def _face(font: str, size_px: int) -> ImageFont.FreeTypeFont:
    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    fonts = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(str(fonts / font), size_px)
