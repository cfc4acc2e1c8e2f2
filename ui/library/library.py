"""What can be done with one library: index it, search it, recommend from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ReelwiseError
from data.home import WriterLock, nothing_indexed
from ui.library.opened import OpenedLibrary
from ui.library.readers import WordOptions

if TYPE_CHECKING:
    from datetime import datetime

    from data.history import Event, EventKind
    from data.video.children.pool import StillWanted
    from data.video.clips.rule import ClipChange, ClipRule
    from data.video.found import RootRules
    from embeddings.encoder import Encoder
    from indexer.build.files.empty import EmptyFolder
    from indexer.build.files.roots import RuleChange
    from indexer.build.pipeline import RunOptions
    from indexer.build.progress import Listener
    from indexer.build.report import IndexReport
    from indexer.duplicates.find import Compared
    from indexer.search.query import Filters, Query
    from indexer.search.result import SearchResult
    from indexer.store.generations import Generation
    from indexer.store.segments.building import IndexChange
    from recommender.answer.items import Recommendations
    from recommender.shelves.making import Wanted
    from recommender.shelves.shelf import ShelfPage

VideoRef = str | int | Path
"""A video by its id, its path or its file name."""


class Library(OpenedLibrary):
    """A video library: index it, search it, recommend from it. Use it as a context manager.

    Args:
        home: Folder that holds the library's state; None takes REELWISE_HOME, else the user's data
            folder. Only `index` makes it where it is missing.
        weights: Encoder weights to use in place of those that the library remembers.
        device: Where encoder and index run: "auto", "cpu" or "cuda".
        words: How `index` reads words; None as the last time.
        clips: How videos are cut into clips from the next `index` or `rebuild` on, remembered:
            those that are indexed are cut anew from what is stored. None as the library does.
        index: Kind and recall of the index from the next `index` or `rebuild` on, remembered. None
            as the library does.

    Raises:
        ReelwiseError: There is no such weights file, or no GPU for "cuda".
    """

    def __init__(
        self,
        home: str | Path | None = None,
        *,
        weights: str | Path | None = None,
        device: str = "auto",
        words: WordOptions | None = None,
        clips: ClipChange | None = None,
        index: IndexChange | None = None,
    ) -> None:
        super().__init__(home, weights=weights, device=device)
        self._words = words or WordOptions()
        self._clips = clips
        self._index = index

    def index(
        self,
        paths: Sequence[str | Path],
        *,
        encoder: str | None = None,
        workers: int | None = None,
        retry_failed: bool = False,
        rules: RuleChange | None = None,
        progress: Listener | None = None,
    ) -> IndexReport:
        """Bring the library up to date with the videos below some folders.

        Only what is new or changed is decoded; files that are gone drop out of search. It holds the
        library's writer lock, and what it reports as done is searchable at once.

        Args:
            paths: Folders and files.
            encoder: Encoder to embed with, as `--encoder` takes it; None takes the library's, else
                the default one.
            workers: Number of decoding processes; None takes one a core.
            retry_failed: Try again the files that failed before.
            rules: What to pass over and which links to follow from now on, remembered with `paths`.
            progress: Shows how far it has come.

        Raises:
            ReelwiseError: No path exists or holds a video, the encoder cannot be loaded, or
                another process is writing to this library. A home that was missing is not made.
        """
        from indexer.build.files.roots import RuleChange
        from indexer.build.pipeline import RunOptions
        from ui.library.comparing import compare_new

        roots = [Path(path) for path in paths]
        rules = rules or RuleChange()
        options = RunOptions(workers, retry_failed, progress, clip_rule=self._clip_rule())
        changed, empty = self._checked_roots(roots, rules)
        model = self._choose_encoder(encoder)
        self.make()
        if rules != RuleChange():
            self.catalogue.files.add_roots(changed)
        report = self._run(roots, model, options)
        report.empty = [each.path for each in empty]
        with self._loading:
            if self._encoder is None and self.catalogue.encoder == model.id:
                self._encoder = model
        compare_new(self.home, self.catalogue, report, progress)
        return report

    def _run(self, roots: Sequence[Path], model: Encoder, options: RunOptions) -> IndexReport:
        """Index with what reads words and what they mean, remembering what was asked of both."""
        from indexer.build.pipeline import index_with
        from indexer.store.gpu.opening import open_trainer
        from ui.library.readers import LastTime, line_readers, open_meaning, remembered

        catalogue, asked = self.catalogue, self._words
        last = LastTime(
            catalogue.readings.served, catalogue.speech_model, catalogue.speech_language
        )
        with line_readers(asked, last) as words:
            if named := remembered(asked):
                catalogue.set_speech(**named)
            self._remember_index()
            meaning = open_meaning(asked.sentences, catalogue.sentence_folder)
            options = replace(
                options,
                readers=words.readers,
                sentences=meaning.sentences,
                sentence_folder=meaning.folder,
                trainer=open_trainer(self._device),
            )
            report = index_with(self.home, roots, model, options)
        report.words_notice = "\n".join(filter(None, (*words.notices, meaning.notice)))
        return report

    def _remember_index(self) -> None:
        """Note the kind and recall of the index from now on, where they were given."""
        if self._index is not None:
            self.catalogue.set_index(**self._index.changed(self.catalogue))

    def _clip_rule(self) -> ClipRule | None:
        """The rule for clips from now on; None as it is."""
        from data.video.clips.rule import USUAL_RULE

        change = self._clips
        if change is not None and change.by is not None:
            return change.applied(USUAL_RULE)  # whatever the library does, and should it be unknown
        known = self.catalogue.clip_rule if self.is_made else USUAL_RULE
        rule = known if change is None else change.applied(known)
        return rule if rule != known else None

    def _checked_roots(
        self, roots: Sequence[Path], rules: RuleChange
    ) -> tuple[dict[Path, RootRules], list[EmptyFolder]]:
        """The rules of all folders from now on, and those that are suddenly empty.

        What is wrong is said before an encoder is loaded, and before a home is made.
        """
        from indexer.build.files.empty import empty_folders
        from indexer.build.files.roots import existing_roots

        wanted = existing_roots(roots)
        rules.check()
        self.home.require_place()
        known = self.catalogue if self.is_made else None
        changed = rules.applied({} if known is None else known.files.root_rules(), wanted)
        if known is not None:
            self.history.finish_forgetting()
        empty = empty_folders(known, wanted, changed)
        if known is not None:
            # Another writer is told now; the run itself takes the lock again.
            with WriterLock(self.home):
                pass
        return changed, empty

    def rebuild(
        self,
        *,
        reencode: bool = False,
        progress: Listener | None = None,
    ) -> Generation:
        """Publish a new index from the stored vectors, or from the videos themselves.

        Args:
            reencode: Decode and embed every video again, with the weights that are here now; they
                need not be those that the library was embedded with.
            progress: Shows how far it has come.

        Raises:
            ReelwiseError: Nothing is indexed yet, the encoder cannot be loaded, or another process
                is writing to this library.
        """
        from indexer.build import pipeline
        from indexer.store.gpu.opening import open_trainer

        served = self.catalogue.encoder
        if served is None:
            raise nothing_indexed(self.home)
        rule = self._clip_rule()
        trainer = open_trainer(self._device)
        options = pipeline.RebuildOptions(clip_rule=rule, progress=progress, trainer=trainer)
        if reencode:
            return pipeline.reencode(self.home, self._choose_encoder(None), options)
        self._remember_index()
        wanted = (rule or self.catalogue.clip_rule).text
        if self.catalogue.embeddings.count_cut_otherwise(served, wanted):
            options = replace(options, encoder=self.encoder)
        return pipeline.rebuild(self.home, options)

    def compare(
        self, *, afresh: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Compared:
        """Find which videos share a stretch: what is new is compared with all.

        Args:
            afresh: Compare all videos, whatever is known.
            progress: Told of videos compared and to compare.

        Raises:
            ReelwiseError: Nothing is indexed yet, or another process is comparing.
        """
        from indexer.duplicates.find import compare_videos

        return compare_videos(self.home, self.catalogue, afresh=afresh, progress=progress)

    def search(
        self,
        text: str | None = None,
        *,
        like: str | Path | None = None,
        image: str | Path | None = None,
        not_: str | None = None,
        k: int = 10,
        min_relevance: float = 0.0,
    ) -> SearchResult:
        """Find moments by text, by an example clip or picture, or by both.

        Args:
            text: What happens in the moment.
            like: A video file, or a part of one: `FILE@START-END` in seconds.
            image: A picture file.
            not_: Rank results similar to this text lower.
            k: Maximum number of results.
            min_relevance: Lowest relevance of a result, 0 to 1.

        Raises:
            ReelwiseError: Nothing is indexed yet, no query is given, or the example cannot be read.
        """
        from indexer.search.query import Filters, Query

        query = Query(text, like, Path(image) if image else None, not_)
        return self.find(query, k=k, filters=Filters(min_relevance=min_relevance))

    def search_in_order(
        self, steps: Sequence[str], *, within_s: float | None = None, k: int = 10
    ) -> SearchResult:
        """Find videos in which one thing comes after another; each hit has its `steps`.

        Args:
            steps: What happens, in order.
            within_s: Most seconds from the end of one to the start of the next; None for any.
            k: Maximum number of results, one of each video.

        Raises:
            ReelwiseError: Nothing is indexed yet, or there is nothing to look for.
        """
        from indexer.search.query import Query

        first, *then = steps or [""]
        return self.find(Query(first, then=tuple(then), within_s=within_s), k=k)

    def find(
        self,
        query: Query,
        *,
        k: int = 10,
        filters: Filters | None = None,
        merge: bool = True,
        still_wanted: StillWanted | None = None,
    ) -> SearchResult:
        """Find moments by a query that is already put together; options as in `Options`.

        `took_ms` of the result counts from here: it includes loading what was not loaded yet. With
        `still_wanted` an example is read for half a minute at most, and while that does not raise.

        Raises:
            ReelwiseError: Nothing is indexed yet, the example cannot be read, or no video lies
                in the folder of a filter or has its tags; what is wrong is said before an encoder
                is loaded.
        """
        from indexer.search.examples.example import check_examples
        from indexer.search.examples.frames import AS_INDEXED, for_a_visitor

        began_s = time.perf_counter()
        check_examples(query)
        filters = self._checked(filters)
        reading = AS_INDEXED if still_wanted is None else for_a_visitor(still_wanted)
        result = self.searcher.search(query, k, filters=filters, merge=merge, reading=reading)
        return replace(result, took_ms=(time.perf_counter() - began_s) * 1000)

    def similar(
        self, video: VideoRef, *, k: int = 10, filters: Filters | None = None
    ) -> SearchResult:
        """Find moments of other videos like an indexed one, or like a part: `VIDEO@START-END`.

        Raises:
            ReelwiseError: No indexed video is called so, or several are; or as `find` of filters.
        """
        from indexer.search.spans import parse_span

        # What is wrong with the reference is said before an encoder is loaded.
        name, span = parse_span(str(video))
        known = self.catalogue.video(name)
        return self.searcher.similar(known.id, span, k=k, filters=self._checked(filters))

    def _checked(self, filters: Filters | None) -> Filters | None:
        """The filters, with their folder as the library spells it.

        Raises:
            ReelwiseError: No video lies in the folder, or has the tags.
        """
        from indexer.search.query import indexed_folder

        if filters is not None and filters.under is not None:
            filters = replace(filters, under=indexed_folder(self.catalogue, filters.under))
        if filters is not None and filters.tags:
            self.catalogue.tags.require(filters.tags)
        return filters

    def recommend(
        self,
        user: str,
        *,
        k: int = 10,
        exclude: Sequence[VideoRef] = (),
        playing: VideoRef | None = None,
        explore: float = 0.0,
        log: bool = False,
    ) -> Recommendations:
        """Recommend videos to a user; a new user gets what is watched most.

        `took_ms` of the result counts from here: it includes loading what was not loaded yet.

        Args:
            user: Name of the user.
            k: Maximum number of videos.
            exclude: Videos not to recommend.
            playing: Video that is playing; similar videos rank higher.
            explore: Probability, 0 to 1, that a place is filled at random; above 0 the page is
                logged.
            log: Log the page as shown.

        Raises:
            ReelwiseError: Nothing is indexed yet, a video is not known, or the name is empty.
        """
        began_s = time.perf_counter()
        recommender = self.recommender
        result = recommender.recommend(user, k, exclude=exclude, playing=playing, explore=explore)
        # With exploration the recommender has logged it.
        if log and not result.explore:
            result = recommender.log(result)
        return replace(result, took_ms=(time.perf_counter() - began_s) * 1000)

    def shelves(self, user: str, wanted: Wanted | None = None) -> ShelfPage:
        """What a user may want to watch, under headings that say why.

        Args:
            user: Name of the user; one who is unknown gets what is popular, new or in one folder.
            wanted: Which shelves; None is all.

        Raises:
            ReelwiseError: Nothing is indexed yet, or the name is empty.
        """
        return self.recommender.shelves(user, wanted)

    def add_event(
        self,
        user: str,
        video: VideoRef,
        *,
        kind: EventKind = "view",
        watched_s: float | None = None,
        at: datetime | None = None,
    ) -> Event:
        """Record that a user watched, liked, disliked or hid a video; the next answer counts it.

        Args:
            user: Name of the user.
            video: An indexed video.
            kind: "view", "like", "dislike" or "hide".
            watched_s: Seconds watched.
            at: When, UTC without a zone; None is now. Up to a day ahead counts as now.

        Raises:
            ReelwiseError: No indexed video is called so, or several are; or the name, the seconds
                or the time is none.
        """
        known = self.catalogue.video(video)
        return self.history.add(user, known.id, kind=kind, watched_s=watched_s, at=at)

    def remove_event(self, event: Event) -> None:
        """Take back an event that was added; the next answer no longer counts it."""
        self.history.remove(event)

    def warm_up(self) -> None:
        """Load what searching needs, so that the first visitor does not wait for it."""
        # An error is reported to the first who searches, not here.
        with suppress(ReelwiseError):
            self.search("warm up", k=1)
