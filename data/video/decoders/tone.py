"""HDR and wide-gamut pictures as standard ones, BT.709 on a display of 100 nits.

PQ and HLG code values become light (ITU-R BT.2100-2), BT.2020 primaries become BT.709 (BT.2087-0),
highlights are compressed by the curve of BT.2390-11 (section 5.4.1), and the display gamma of
BT.1886 makes code values again. Without this, HDR pictures are pale and dark.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorTrc
from numpy.typing import NDArray

from data.video.types import Pixels

Floats = NDArray[np.float32]

HDR = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
"""Transfer characteristics of HDR: PQ and HLG."""
WHITE_NITS = 100.0
"""White of a standard picture (ITU-R BT.2035): the brightest that compressed highlights reach."""
PEAK_NITS = 1000.0
"""Brightest point of HDR pictures that do not say theirs."""
GAMMA = 2.4
"""Display gamma of standard pictures (ITU-R BT.1886)."""
_FROM_BT2020 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)
_LUMA_BT2020 = np.array([0.2627, 0.6780, 0.0593], np.float32)
_STEPS = 4096


@dataclass(frozen=True)
class Grade:
    """How code values of one video become standard ones."""

    trc: int
    """Transfer characteristic, ITU-T H.273."""
    is_wide: bool
    """The primaries are those of BT.2020."""
    peak_nits: float
    """Brightest point of the pictures."""

    @classmethod
    def of(cls, frame: VideoFrame) -> Grade | None:
        """What a frame needs; None where it is a standard picture."""
        is_hdr = frame.color_trc in HDR
        is_wide = frame.color_primaries == ColorPrimaries.BT2020
        if not is_hdr and not is_wide:
            return None
        untagged = is_hdr and frame.color_primaries == ColorPrimaries.UNSPECIFIED
        return cls(frame.color_trc, is_wide or untagged, _peak_nits(frame) if is_hdr else 0.0)

    def apply(self, codes: NDArray[np.uint16]) -> Pixels:
        """Standard (h, w, 3) uint8 pixels of (h, w, 3) uint16 code values."""
        light = _light_of(self.trc)[codes]
        if self.trc == ColorTrc.ARIB_STD_B67:
            luma = np.maximum(light @ _LUMA_BT2020, 1e-6)
            light *= (luma ** np.float32(0.2))[..., None] * np.float32(PEAK_NITS / WHITE_NITS)
        if self.is_wide:
            light = np.maximum(light @ _FROM_BT2020.T, 0.0)
        if self.peak_nits:
            most = np.sqrt(np.minimum(light.max(axis=2) * (WHITE_NITS / self.peak_nits), 1.0))
            gains = _gains(self.peak_nits)
            light *= gains[(most * (_STEPS - 1)).astype(np.intp)][..., None]
        levels = np.minimum(light, 1.0) ** np.float32(1 / GAMMA) * 255 + 0.5
        pixels: Pixels = levels.astype(np.uint8)
        return pixels


def _peak_nits(frame: VideoFrame) -> float:
    """What the frame says: its content's brightest pixel, else that of the mastering display."""
    if frame.color_trc == ColorTrc.ARIB_STD_B67:
        return PEAK_NITS
    content = _said(frame, "CONTENT_LIGHT_LEVEL")
    peak = float(struct.unpack_from("=I", content)[0]) if len(content) >= 4 else 0.0
    mastering = _said(frame, "MASTERING_DISPLAY_METADATA")
    if not peak and len(mastering) >= 88:  # AVMasteringDisplayMetadata of FFmpeg
        over, under, _, has_luminance = struct.unpack_from("=iiii", mastering, 72)
        peak = over / under if has_luminance and under else 0.0
    return float(np.clip(peak, WHITE_NITS, 10_000.0)) if peak else PEAK_NITS


def _said(frame: VideoFrame, kind: str) -> bytes:
    data: Any = frame.side_data.get(kind)
    return b"" if data is None else bytes(data)


@cache
def _light_of(trc: int) -> Floats:
    """(65536,) light of each code value: 1.0 is white; of HLG the scene's light, at most 1."""
    codes = np.arange(65536) / 65535
    if trc == ColorTrc.SMPTE2084:
        return (_pq_nits(codes) / WHITE_NITS).astype(np.float32)
    if trc == ColorTrc.ARIB_STD_B67:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        high = (np.exp((codes - c) / a) + b) / 12
        return np.where(codes <= 0.5, codes**2 / 3, high).astype(np.float32)
    return (codes**GAMMA).astype(np.float32)


@cache
def _gains(peak_nits: float) -> Floats:
    """Factors that compress light, by the square root of light over peak in equal steps."""
    light = np.linspace(0, 1, _STEPS) ** 2 * peak_nits
    top, white = _pq_code(np.array([peak_nits, WHITE_NITS]))
    code = _pq_code(light) / top
    most = white / top
    knee = 1.5 * most - 0.5
    if most >= 1:
        return np.ones(_STEPS, np.float32)
    part = np.clip((code - knee) / (1 - knee), 0, 1)
    curve = (
        (2 * part**3 - 3 * part**2 + 1) * knee
        + (part**3 - 2 * part**2 + part) * (1 - knee)
        + (-2 * part**3 + 3 * part**2) * most
    )
    mapped = _pq_nits(np.where(code < knee, code, curve) * top)
    return (mapped / np.maximum(light, 1e-6)).clip(0, 1).astype(np.float32)


_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def _pq_nits(codes: NDArray[np.float64]) -> NDArray[np.float64]:
    power = codes ** (1 / _M2)
    nits: NDArray[np.float64] = 1e4 * (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (
        1 / _M1
    )
    return nits


def _pq_code(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    power = (nits / 1e4) ** _M1
    code: NDArray[np.float64] = ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
    return code
