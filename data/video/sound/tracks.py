"""Which sound stream of a file is listened to, best first.

The rule: what is spoken in the film comes before what is spoken about it (commentary, descriptions
for the blind, music alone); then the stream that is marked as the default or the original; of
several one as long as the longest; and then the first of the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from data.video.decoders.demuxing.packets import SoundPackets

ASIDE = (
    Disposition.comment
    | Disposition.visual_impaired
    | Disposition.descriptions
    | Disposition.karaoke
    | Disposition.clean_effects
    | Disposition.non_diegetic
    | Disposition.metadata
    | Disposition.dependent
)
"""Marks of streams beside the film's own sound."""
_ASIDE_TITLE = re.compile(
    r"comment|kommentar|comentari|commento|descri|deskrip|beschreib|isolated|karaoke", re.IGNORECASE
)
SAME_LENGTH = 0.9
"""A stream this long, as a share of the longest, counts as being as long."""


def tracks_of(container: InputContainer, packets: Mapping[int, SoundPackets]) -> list[AudioStream]:
    """The sound streams that FFmpeg knows and that have a packet, best first."""
    known = [
        stream for stream in container.streams.audio if stream.index in packets and is_known(stream)
    ]
    length_s = {s.index: packets[s.index].ticks * float(s.time_base or 0) for s in known}
    longest_s = max(length_s.values(), default=0.0)

    def standing(stream: AudioStream) -> tuple[bool, bool, bool, int]:
        return (
            is_aside(stream),
            not stream.disposition & (Disposition.default | Disposition.original),
            length_s[stream.index] < SAME_LENGTH * longest_s,
            stream.index,
        )

    return sorted(known, key=standing)


def is_known(stream: AudioStream) -> bool:
    """Whether FFmpeg has a decoder for it."""
    return stream.codec_context is not None


def is_aside(stream: AudioStream) -> bool:
    """Whether its marks or its title say that it is not the film's own sound."""
    title = str(stream.metadata.get("title", "") or stream.metadata.get("handler_name", ""))
    return bool(stream.disposition & ASIDE) or _ASIDE_TITLE.search(title) is not None
