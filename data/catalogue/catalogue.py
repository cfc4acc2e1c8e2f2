"""What the library holds: videos, their files and clips, and how far each encoder has come."""

from collections.abc import Iterable
from pathlib import Path

from data.catalogue.change_log import ChangeLog
from data.catalogue.database import Database
from data.catalogue.embeddings import Embeddings
from data.catalogue.files import VideoFiles
from data.catalogue.live.columns import PartsOfVideos, clip_table, live_parts
from data.catalogue.live.limits import NO_VIDEOS, VideoIds, VideoLimits, passing_ids
from data.catalogue.live.readings import LiveReadings, live_readings
from data.catalogue.naming.names import VideoNames
from data.catalogue.predictions import Predictions
from data.catalogue.readings import Readings
from data.catalogue.records import SEARCHABLE, ClipTable, Video
from data.catalogue.schema.tables import WATCHERS
from data.catalogue.soundness.checks import miscounted, structure_problems
from data.catalogue.tagged import Tagged
from data.catalogue.tags import Tags
from data.catalogue.values import path_text, sql, text_path
from data.catalogue.videos import (
    embedded_videos,
    find_video,
    newest_videos,
    number_and_length_s,
    size_bytes,
    video_names,
    videos_by_id,
)
from data.disk_errors import BRING_BACK
from data.home import Home
from data.video.clips.rule import USUAL_RULE, ClipRule

_COUNTS = sql(f"""
WITH RECURSIVE live AS (SELECT DISTINCT video_id AS id FROM files WHERE video_id IS NOT NULL),
     mine AS (SELECT e.* FROM embeddings e JOIN live ON live.id = e.video_id
              WHERE e.encoder_id = :encoder),
     {WATCHERS}
SELECT (SELECT count(*) FROM mine WHERE {SEARCHABLE}) AS videos,
       (SELECT sum(n_clips) FROM mine WHERE {SEARCHABLE}) AS clips,
       (SELECT count(*) FROM mine WHERE state = 'partial') AS partial,
       (SELECT count(*) FROM files WHERE video_id IN
           (SELECT video_id FROM mine WHERE state = 'failed'))
           + (SELECT count(*) FROM files WHERE video_id IS NULL) AS failed,
       (SELECT count(*) FROM live) - (SELECT count(*) FROM mine) AS pending,
       (SELECT count(*) FROM files) AS files,
       (SELECT count(video_id) FROM files) - (SELECT count(*) FROM live) AS copies,
       (SELECT n_events FROM history_counts) AS events,
       (SELECT count(name) FROM watchers) AS users
""")


CHECKED_BYTES = 32 * 2**20
"""A file up to this size is checked whenever it has changed: some 50 ms."""


class Catalogue(Database):
    """One library's catalogue, in `home.catalogue`: videos, and by name its files and embeddings.

    A video is content; files hold it; it is live while at least one known file does. Threads may
    share a catalogue, processes each open their own. Reading never waits for a writer.
    """

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self.files = VideoFiles(self)
        """Roots and files."""
        self._checked: tuple[tuple[int, int, str | None], str | None] | None = None
        self.embeddings = Embeddings(self)
        """What each encoder made of each video."""
        self.readings = Readings(self)
        """What each engine has read of each video."""
        self.tags = Tags(self)
        """What a person calls videos."""
        self.predictions = Predictions(self)
        """What heads say of clips."""
        self.tagged = Tagged(self)
        """What the head `tags` says of videos."""
        self.change_log = ChangeLog(self)
        """What has changed of what is searchable."""

    def videos(self, encoder_id: str | None = None) -> list[Video]:
        """List the live videos, by id.

        Args:
            encoder_id: Only those that this encoder embedded; None takes those that any encoder
                embedded.
        """
        return embedded_videos(self, encoder_id)

    def newest(self, n: int) -> list[Video]:
        """List the n live, embedded videos that became known last, the newest first."""
        return newest_videos(self, n)

    def number_and_length_s(self) -> tuple[int, float]:
        """Count the live, embedded videos and add up their lengths."""
        return number_and_length_s(self)

    def size_bytes(self) -> int:
        """Add up the sizes of the live, embedded videos, each once."""
        return size_bytes(self)

    def videos_by_id(self, ids: Iterable[int]) -> dict[int, Video]:
        """Give the live ones among these videos, embedded or not."""
        return videos_by_id(self, ids)

    def within(self, limits: VideoLimits) -> VideoIds:
        """Give the ids of the searchable videos within some limits, ascending."""
        encoder = self.encoder
        return NO_VIDEOS if encoder is None else passing_ids(self, encoder, limits)

    def video(self, ref: str | int | Path) -> Video:
        """Find the one live video that a person means.

        Args:
            ref: A video id (a number, its digits, or `id:12`), a path (absolute, or relative to the
                working folder), a file name with or without its suffix, or the end of a path; see
                `VideoNames.find`.

        Raises:
            ReelwiseError: None fits, or several different videos do.
        """
        return find_video(self, ref)

    def video_names(self) -> VideoNames:
        """Give what finds live videos by name in memory: many names at once."""
        return video_names(self)

    def clip_table(self, encoder_id: str) -> ClipTable:
        """Give the searchable clips of all live videos as columns, ordered by id."""
        return clip_table(self, encoder_id)

    def clips_of(self, encoder_id: str, video_ids: Iterable[int]) -> ClipTable:
        """Give the searchable clips of the live ones among some videos, ordered by id."""
        return clip_table(self, encoder_id, video_ids)

    def live_parts(self, encoder_id: str, video_ids: Iterable[int] | None = None) -> PartsOfVideos:
        """Give the part that holds the vectors of each live, searchable video.

        Args:
            encoder_id: Whose vectors.
            video_ids: Only of those among these; None takes all.
        """
        return live_parts(self, encoder_id, video_ids)

    def live_readings(self) -> LiveReadings:
        """Give the readings whose lines can be found, as columns."""
        return live_readings(self)

    @property
    def warning(self) -> str | None:
        """What is wrong with this catalogue, for a person; None where nothing is.

        It lacks commits that the library has had, or its file is damaged, which is checked where it
        is small (`CHECKED_BYTES`); `verify` checks any.
        """
        return self.loss or self._damage()

    @property
    def loss(self) -> str | None:
        """What it lacks of its library, for a person; None where it is all there."""
        lost = self.lost_commits()
        if lost == 0:
            return None
        return (
            f"the catalogue {self.home.catalogue} lacks the library's last {lost:,} changes: an "
            "older copy of it was brought back, or its log is damaged; videos indexed and events "
            "recorded since are missing; run reelwise index with the library's folders"
        )

    def _damage(self) -> str | None:
        try:
            stat = self.home.catalogue.stat()
        except OSError:
            return None
        seen = (stat.st_ino, stat.st_mtime_ns, self.get_meta("commits"))
        if stat.st_size > CHECKED_BYTES:
            return None
        if self._checked is None or self._checked[0] != seen:
            problems = structure_problems(self)
            if not problems and miscounted(self):
                problems = ["the clips of some videos are missing"]
            told = f"{problems[0]}: {self.home.catalogue}; {BRING_BACK}" if problems else None
            self._checked = (seen, told)
        return self._checked[1]

    @property
    def encoder(self) -> str | None:
        """Id of the encoder that the library is served with; None before anything was indexed."""
        return self.get_meta("encoder_id")

    @property
    def encoder_name(self) -> str | None:
        """Name of that encoder, as `--encoder` takes it."""
        return self.get_meta("encoder_name")

    @property
    def encoder_weights(self) -> Path | None:
        """File of its weights, where the user gave one."""
        weights = self.get_meta("encoder_weights")
        return text_path(weights) if weights else None

    def set_encoder(self, encoder_id: str, name: str, weights: Path | None = None) -> None:
        """Serve the library with another encoder from now on."""
        self.set_meta(
            {
                "encoder_id": encoder_id,
                "encoder_name": name,
                "encoder_weights": path_text(weights.absolute()) if weights else None,
            }
        )

    @property
    def clip_rule(self) -> ClipRule:
        """How videos are cut into clips.

        Raises:
            ReelwiseError: It is a rule of a later version.
        """
        text = self.get_meta("clip_rule")
        return USUAL_RULE if text is None else ClipRule.read(text)

    def set_clip_rule(self, rule: ClipRule) -> None:
        """Cut videos so from now on; those that are embedded are left as they are."""
        self.set_meta({"clip_rule": rule.text})

    def cut_otherwise(self) -> int:
        """Count the live videos of the served encoder that have clips of another rule."""
        return self.embeddings.count_cut_otherwise(self.encoder or "", self.clip_rule.text)

    @property
    def index_kind(self) -> str | None:
        """The kind of index that was named last; None for one that suits the number of clips."""
        return self.get_meta("index_kind")

    @property
    def target_recall(self) -> float | None:
        """Least recall@10 of the index that was named last; None for the usual one."""
        known = self.get_meta("target_recall")
        return None if known is None else float(known)

    def set_index(self, *, kind: str | None, target_recall: float | None) -> None:
        """Build indexes so from now on; None takes what is usual."""
        recall = None if target_recall is None else repr(target_recall)
        self.set_meta({"index_kind": kind, "target_recall": recall})

    @property
    def speech_model(self) -> str | None:
        """Name or folder of the speech model that was named last; None for the usual one."""
        return self.get_meta("speech_model")

    @property
    def speech_language(self) -> str | None:
        """The language that was named last for what is spoken; None to find it for each video."""
        return self.get_meta("speech_language")

    def set_speech(self, **named: str | None) -> None:
        """Remember the `model` and the `language` that speech is transcribed with from now on."""
        self.set_meta({f"speech_{name}": value for name, value in named.items()})

    @property
    def sentence_model(self) -> str | None:
        """Id of the sentence encoder whose vectors of lines are searched; None for none."""
        return self.get_meta("sentences_id")

    @property
    def sentence_folder(self) -> Path | None:
        """Its folder; None for the one that comes as a package."""
        folder = self.get_meta("sentences_folder")
        return text_path(folder) if folder else None

    def set_sentence_model(self, model_id: str, folder: Path | None = None) -> None:
        """Search the vectors of another sentence encoder from now on."""
        path = path_text(folder.absolute()) if folder else None
        self.set_meta({"sentences_id": model_id, "sentences_folder": path})

    def counts(self, encoder_id: str | None = None) -> dict[str, int]:
        """Count what the library holds.

        Args:
            encoder_id: Whose videos and clips; None takes the encoder that the library is served
                with.

        Returns:
            `videos` and `clips` (live and searchable), `partial` (of these), `failed` (files,
            unreadable ones among them), `pending` (live, not tried yet), `files`,
            `copies` (files beyond the first of each video), `events`, `users`.
        """
        chosen = encoder_id or self.encoder or ""
        with self.reading() as connection:
            row = connection.execute(_COUNTS, {"encoder": chosen}).one()
        return {name: int(value or 0) for name, value in row._mapping.items()}
