"""Tags: what a person calls videos. They belong to the content, whatever its files are called."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from data.catalogue.database import Database
from data.catalogue.naming.spelling import person_name, tag_key
from data.catalogue.values import id_text, sql
from data.errors import ReelwiseError

MAX_TAG_CHARS = 100
"""Longest tag."""

_PUT = sql(
    "INSERT INTO tags (video_id, tag, typed, row_sum)"
    " VALUES (:video, :tag, :typed, row_sum(:video, :tag, :typed))"
    " ON CONFLICT (video_id, tag) DO UPDATE SET typed = excluded.typed, row_sum = excluded.row_sum"
)
_DROP = sql("DELETE FROM tags WHERE video_id = :video AND tag = :tag")
_OF_VIDEOS = sql(
    "SELECT video_id, tag, typed FROM tags"
    " WHERE video_id IN (SELECT value FROM json_each(:videos)) ORDER BY tag"
)
# SQLite takes `typed` from the row of the least id.
_ALL = sql(
    "SELECT typed, count(*) AS n, MIN(id) FROM tags t"
    " WHERE EXISTS (SELECT 1 FROM files WHERE video_id = t.video_id) GROUP BY tag ORDER BY tag"
)
_IS_USED = sql(
    "SELECT 1 FROM tags t WHERE tag = :tag"
    " AND EXISTS (SELECT 1 FROM files WHERE video_id = t.video_id) LIMIT 1"
)


# Numbers are given out once: one more or less changes one of the two.
_STATE = sql("SELECT count(*), coalesce(max(id), 0) FROM tags")
_NAMES = sql("SELECT tag, typed, MIN(id) FROM tags GROUP BY tag")
_HAVING = (
    "SELECT t.video_id, t.typed, coalesce(v.duration_s, 0.0) AS duration_s"
    " FROM tags t JOIN videos v ON v.id = t.video_id"
    " WHERE t.tag = :tag AND EXISTS (SELECT 1 FROM files WHERE video_id = t.video_id)"
)
_HAVING_ANYWHERE = sql(f"{_HAVING} LIMIT :most")
_HAVING_AMONG = sql(
    f"{_HAVING} AND t.video_id IN (SELECT value FROM json_each(:videos)) LIMIT :most"
)


@dataclass(frozen=True)
class TaggedVideo:
    """A live video that a person gave a tag."""

    video_id: int
    """The video."""
    tag: str
    """As it was typed."""
    duration_s: float
    """Length of the video."""


@dataclass(frozen=True)
class UsedTag:
    """A tag of the library."""

    name: str
    """As it was typed first."""
    videos: int
    """Live videos that have it."""


class Tags:
    """The tags of one catalogue, `Catalogue.tags`; those of a video stay when its files go."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, video_id: int, names: Iterable[str]) -> list[str]:
        """Give a video tags; one that it has is spelled anew.

        Returns:
            Those that it did not have, as they are spelled.

        Raises:
            ReelwiseError: A name is none, see `as_tags`.
        """
        wanted = as_tags(names)
        with self._database.writing("tags") as connection:
            rows = connection.execute(_OF_VIDEOS, {"videos": id_text([video_id])})
            had = {row.tag for row in rows}
            for tag, typed in wanted.items():
                connection.execute(_PUT, {"video": video_id, "tag": tag, "typed": typed})
        return [typed for tag, typed in wanted.items() if tag not in had]

    def remove(self, video_id: int, names: Iterable[str]) -> None:
        """Take tags from a video, all or none.

        Raises:
            ReelwiseError: It does not have one of them.
        """
        wanted = as_tags(names)
        with self._database.writing("tags") as connection:
            for tag, typed in wanted.items():
                if not connection.execute(_DROP, {"video": video_id, "tag": tag}).rowcount:
                    raise ReelwiseError(
                        f"this video has no tag {typed!r}", fix=f"reelwise tags list id:{video_id}"
                    )

    def of(self, video_ids: Iterable[int]) -> dict[int, list[str]]:
        """Give the tags of videos, live or not, in order; those without any are left out."""
        found: dict[int, list[str]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(_OF_VIDEOS, {"videos": id_text(video_ids)}):
                found.setdefault(row.video_id, []).append(row.typed)
        return found

    def all(self) -> list[UsedTag]:
        """List the tags of live videos, in order."""
        with self._database.reading() as connection:
            return [UsedTag(row.typed, row.n) for row in connection.execute(_ALL)]

    def state(self) -> tuple[int, int]:
        """Give two numbers of which one changes when a tag comes or goes."""
        with self._database.reading() as connection:
            count, last = connection.execute(_STATE).one()
        return int(count), int(last)

    def names(self) -> dict[str, str]:
        """Give every tag, by what its spellings share, as it was typed first."""
        with self._database.reading() as connection:
            return {row.tag: row.typed for row in connection.execute(_NAMES)}

    def having(
        self, tag: str, most: int, videos: frozenset[int] | None = None
    ) -> list[TaggedVideo]:
        """Give live videos that have a tag.

        Args:
            tag: A key of `names`.
            most: Videos at most.
            videos: Only these; None for all.
        """
        asked = {"tag": tag, "most": most}
        statement = _HAVING_ANYWHERE
        if videos is not None:
            statement = _HAVING_AMONG
            asked["videos"] = id_text(videos)
        with self._database.reading() as connection:
            return [TaggedVideo(*row) for row in connection.execute(statement, asked)]

    def require(self, names: Iterable[str]) -> None:
        """Check that live videos have these tags.

        Raises:
            ReelwiseError: None has one of them.
        """
        with self._database.reading() as connection:
            for name in names:
                if connection.execute(_IS_USED, {"tag": tag_key(name)}).first() is None:
                    raise ReelwiseError(
                        f"no video has the tag {name!r}",
                        fix="reelwise tags list        (those there are)",
                    )


def as_tags(names: Iterable[str]) -> dict[str, str]:
    """Give what spellings of each tag share, with its own spelling; each once.

    Raises:
        ReelwiseError: A name is blank, too long, or holds what no person types.
    """
    tags = {}
    for name in names:
        typed = " ".join(person_name(name).split())
        if not 0 < len(typed) <= MAX_TAG_CHARS or any(map(_is_untyped, typed)):
            raise ReelwiseError(
                f"a tag is a text of 1 to {MAX_TAG_CHARS} characters, not {typed[:200]!r}",
                fix='reelwise tags add VIDEO "summer holidays"',
            )
        tags[tag_key(typed)] = typed
    return tags


def _is_untyped(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs")
