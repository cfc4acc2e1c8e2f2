"""One answer from all channels: what was seen, said and written, by calibrated scores.

Each channel gives a probability that what it found is what was meant. Its surprise,

    s = -log(1 - relevance)

adds up over channels that do not know of each other (the probability that at least one of them is
right is 1 - exp(-sum of s), the noisy-or of Pearl 1988), and leaves the order of each channel as it
was. A channel that found nothing adds nothing: a video without speech is not punished. Ranks are
never compared: the tenth of one channel may be worth more than the first of another.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from data.catalogue import Video
from data.lines import Channel
from indexer.search.result import Hit, Match
from indexer.search.words.found import FoundWords

ELSEWHERE = 0.5
"""Weight of what a channel found elsewhere in the same video, or of the video as a whole."""

TOUCH_S = 3.0
"""What lies closer together than this in one video is one moment."""

LONGEST_S = 60.0
"""A moment of lines does not grow beyond this by joining further ones."""

MATCHES_SHOWN = 5
"""Lines that a hit shows, the best first."""

MOST_SURPRISE = 14.0
"""More certain than one in a million is nobody."""

_TIE = 1e-7


@dataclass
class _Moment:
    """A stretch of one video with what was found in it."""

    video_id: int
    start_s: float
    end_s: float
    seen: Hit | None = None
    surprises: dict[Channel, float] = field(default_factory=dict)
    found: list[FoundWords] = field(default_factory=list)

    @property
    def own(self) -> float:
        return sum(self.surprises.values())

    def add(self, each: FoundWords) -> None:
        # A tag that was seen is no second witness beside the picture.
        channel = Channel.PICTURE if each.is_seen else each.line.channel
        s = surprise(each.relevance)
        self.surprises[channel] = max(s, self.surprises.get(channel, 0.0))
        self.found.append(each)


def surprise(relevance: float) -> float:
    """How much a relevance (0 to 1) says: 0 for none, ever more towards 1."""
    return min(-math.log1p(-min(relevance, 1.0 - 1e-12)), MOST_SURPRISE)


def fuse(
    seen: Sequence[Hit], found: Sequence[FoundWords], videos: Mapping[int, Video], k: int
) -> list[Hit]:
    """The k best hits of all channels, the best first.

    Args:
        seen: Hits of the picture, the best first.
        found: Lines, the best first.
        videos: The videos that may be found, by id.
        k: Most hits.
    """
    moments = _seen_moments(seen)
    whole: dict[int, _Moment] = {}
    for each in found:
        video = videos.get(each.video_id)
        if video is None:
            continue
        if each.is_whole:
            moment = whole.setdefault(video.id, _Moment(video.id, 0.0, video.duration_s))
            moment.add(each)
        else:
            _place(each, moments.setdefault(video.id, []))
    scored: list[tuple[float, _Moment]] = []
    for video_id in moments.keys() | whole.keys():
        scored += _of_video(moments.get(video_id, []), whole.get(video_id))
    scored.sort(key=lambda pair: (-pair[0], pair[1].video_id, pair[1].start_s))
    return [
        _hit(rank, score, moment, videos[moment.video_id])
        for rank, (score, moment) in enumerate(scored[:k], start=1)
    ]


def _seen_moments(seen: Sequence[Hit]) -> dict[int, list[_Moment]]:
    """The moments of the picture; of equal relevance each stays behind the one before it."""
    moments: dict[int, list[_Moment]] = {}
    least = MOST_SURPRISE
    for hit in seen:
        least = max(min(surprise(hit.relevance), least - _TIE), 0.0)
        moment = _Moment(hit.video_id, hit.start_s, hit.end_s, hit, {Channel.PICTURE: least})
        moments.setdefault(hit.video_id, []).append(moment)
    return moments


def _place(each: FoundWords, moments: list[_Moment]) -> None:
    """Put a line into the moment that it touches, else into one of its own."""
    line = each.line
    for moment in moments:
        start_s, end_s = min(moment.start_s, line.start_s), max(moment.end_s, line.end_s)
        touches = line.start_s <= moment.end_s + TOUCH_S and line.end_s >= moment.start_s - TOUCH_S
        if touches and (end_s - start_s <= LONGEST_S or line.end_s <= moment.end_s):
            moment.add(each)
            if moment.seen is None:
                moment.start_s, moment.end_s = start_s, end_s
            return
    moment = _Moment(each.video_id, line.start_s, line.end_s)
    moment.add(each)
    moments.append(moment)


def _of_video(moments: list[_Moment], whole: _Moment | None) -> list[tuple[float, _Moment]]:
    """Score the moments of one video; what the rest of the video adds goes to the best of them."""
    if not moments:
        return [] if whole is None else [(whole.own, whole)]
    best = max(moments, key=lambda moment: (moment.own, -moment.start_s))
    added: dict[Channel, float] = {} if whole is None else dict(whole.surprises)
    for moment in moments:
        for channel, s in moment.surprises.items():
            if channel not in best.surprises:
                added[channel] = max(s, added.get(channel, 0.0))
    total = best.own + ELSEWHERE * sum(added.values())
    if whole is not None:
        best.found += whole.found
        if whole.own > best.own:
            # The name was meant more than any moment: nothing is taken off what it says.
            total += (1 - ELSEWHERE) * whole.own
            if best.own < _WORTH_SHOWING:
                best.start_s, best.end_s = whole.start_s, whole.end_s
    others = [(moment.own, moment) for moment in moments if moment is not best]
    return [(total, best), *others]


_WORTH_SHOWING = surprise(0.2)


def _hit(rank: int, total: float, moment: _Moment, video: Video) -> Hit:
    lines = sorted(moment.found, key=lambda each: (-each.relevance, -each.score))
    start_s, end_s = _interval(moment, lines)
    spoken = _best(each for each in lines if each.line.channel != Channel.TAG)
    tagged = _best(each for each in lines if each.line.channel == Channel.TAG)
    seen = moment.seen
    return Hit(
        rank=rank,
        video_id=video.id,
        path=video.path,
        title=video.title,
        start_s=start_s,
        end_s=end_s,
        score=total / (1.0 + total),
        relevance=1.0 - math.exp(-total),
        why={"visual": None if seen is None else seen.score, "text": spoken}
        | ({} if tagged is None else {"tag": tagged}),
        clip_ids=() if seen is None else seen.clip_ids,
        matched=(*_seen_match(seen), *(_match(each) for each in lines[:MATCHES_SHOWN])),
    )


def _best(lines: Iterable[FoundWords]) -> float | None:
    return max((each.relevance for each in lines), default=None)


def _interval(moment: _Moment, lines: Sequence[FoundWords]) -> tuple[float, float]:
    """Start and end from the channel that found it: the most certain one that knows of a time."""
    timed = [each for each in lines if not each.is_whole]
    if not timed:
        return moment.start_s, moment.end_s
    best = timed[0]
    if moment.seen is not None and moment.surprises[Channel.PICTURE] >= surprise(best.relevance):
        return moment.start_s, moment.end_s
    if best.by_meaning:
        return best.line.start_s, best.line.end_s
    near = [each.line for each in timed if each.relevance >= 0.5 * best.relevance]
    near = [line for line in near if line.channel == best.line.channel]
    return min(line.start_s for line in near), max(line.end_s for line in near)


def _seen_match(seen: Hit | None) -> Iterable[Match]:
    if seen is None or seen.relevance <= 0:
        return ()
    return (Match(Channel.PICTURE, "", seen.start_s, seen.end_s, seen.relevance, ()),)


def _match(each: FoundWords) -> Match:
    line = each.line
    times = (line.start_s, line.end_s)
    return Match(line.channel, line.text, *times, each.relevance, each.marks, each.by_meaning)


def with_picture_matches(hits: Iterable[Hit]) -> list[Hit]:
    """Hits of the picture alone, each saying so."""
    return [replace(hit, matched=tuple(_seen_match(hit))) for hit in hits]
