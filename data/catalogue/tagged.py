"""What the head `tags` says of videos: their tags, and the moments that show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data.catalogue.database import Database
from data.catalogue.predictions import KnownHead
from data.catalogue.records import IS_LIVE
from data.catalogue.values import id_text, sql

_OF_LIVE = (
    "FROM predictions p JOIN clips c ON c.id = p.clip_id JOIN embeddings e ON e.id = c.embedding_id"
    f" WHERE p.head_id = :head AND {IS_LIVE}"
)
# SQLite takes start and end from the row of the highest score.
_OF_VIDEOS = sql(
    "SELECT e.video_id, p.label, MAX(p.score) AS best, SUM(p.score) AS total, c.start_s, c.end_s,"
    " (SELECT count(*) FROM clips WHERE embedding_id = e.id) AS clips"
    f" {_OF_LIVE} AND e.video_id IN (SELECT value FROM json_each(:videos))"
    " GROUP BY e.video_id, p.label HAVING SUM(p.chosen) > 0"
)
_MOMENTS = (
    "SELECT e.video_id, p.label, p.score, c.start_s, c.end_s"
    f" {_OF_LIVE} AND p.label = :label AND p.chosen = 1"
)
_BEST = " ORDER BY p.score DESC LIMIT :most"
_MOMENTS_IN = sql(f"{_MOMENTS} AND e.video_id IN (SELECT value FROM json_each(:videos)){_BEST}")
_MOMENTS_ANYWHERE = sql(f"{_MOMENTS}{_BEST}")
_COUNTS = sql(
    "SELECT p.label, count(DISTINCT e.video_id) AS videos, count(*) AS clips"
    f" {_OF_LIVE} AND p.chosen = 1 GROUP BY p.label ORDER BY videos DESC, clips DESC, p.label"
)
_COUNT_VIDEOS = sql(f"SELECT count(DISTINCT e.video_id) {_OF_LIVE} AND p.chosen = 1")


@dataclass(frozen=True)
class TaggedMoment:
    """A stretch of a video that a tag was given for."""

    video_id: int
    """The video."""
    tag: str
    """The tag."""
    score: float
    """Probability of the tag in the clip that shows it best, 0 to 1."""
    start_s: float
    """Start of that clip."""
    end_s: float
    """End of it."""


@dataclass(frozen=True)
class VideoTag(TaggedMoment):
    """A tag of a video, with the clip that shows it best."""

    strength: float
    """Half the best score and half the mean over all its clips: by this its tags are ordered."""


@dataclass(frozen=True)
class TagCount:
    """How often a tag was given."""

    tag: str
    """The tag."""
    videos: int
    """Live videos of which a clip has it."""
    clips: int
    """Their clips that have it."""


class Tagged:
    """The automatic tags of one catalogue, `Catalogue.tagged`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, head: KnownHead, video_ids: Iterable[int]) -> dict[int, list[VideoTag]]:
        """Give the tags of live videos, the strongest first; those without any are left out."""
        asked = {"head": head.id, "encoder": head.encoder_id, "videos": id_text(video_ids)}
        found: dict[int, list[VideoTag]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(_OF_VIDEOS, asked):
                strength = (row.best + row.total / max(row.clips, 1)) / 2
                tag = VideoTag(row.video_id, row.label, row.best, row.start_s, row.end_s, strength)
                found.setdefault(row.video_id, []).append(tag)
        for tags in found.values():
            tags.sort(key=lambda each: (-each.strength, each.tag))
        return found

    def moments(
        self, head: KnownHead, tags: Sequence[str], most: int, videos: frozenset[int] | None = None
    ) -> list[TaggedMoment]:
        """Give the clips of live videos that have one of some tags, the likeliest of each first.

        Args:
            head: The head.
            tags: Its labels.
            most: Clips of each tag at most.
            videos: Only clips of these; None for all.
        """
        asked = {"head": head.id, "encoder": head.encoder_id, "most": most}
        statement = _MOMENTS_ANYWHERE
        if videos is not None:
            statement = _MOMENTS_IN
            asked["videos"] = id_text(videos)
        found = []
        with self._database.reading() as connection:
            for tag in tags:
                rows = connection.execute(statement, {**asked, "label": tag})
                found += [
                    TaggedMoment(r.video_id, r.label, r.score, r.start_s, r.end_s) for r in rows
                ]
        return found

    def counts(self, head: KnownHead) -> list[TagCount]:
        """Count how often each tag was given, the most frequent first."""
        asked = {"head": head.id, "encoder": head.encoder_id}
        with self._database.reading() as connection:
            return [TagCount(*row) for row in connection.execute(_COUNTS, asked)]

    def count_videos(self, head: KnownHead) -> int:
        """Count the live videos that have a tag."""
        asked = {"head": head.id, "encoder": head.encoder_id}
        with self._database.reading() as connection:
            return int(connection.execute(_COUNT_VIDEOS, asked).scalar_one())
