"""What can be done with one library: index it, search it, recommend from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from data.home import WriterLock, nothing_indexed
from ui.library.asked import AskedLibrary
from ui.library.readers import WordOptions

if TYPE_CHECKING:
    from data.video.clips.rule import ClipChange, ClipRule
    from data.video.found import RootRules
    from embeddings.encoder import Encoder
    from indexer.build.files.empty import EmptyFolder
    from indexer.build.files.roots import RuleChange
    from indexer.build.pipeline import RunOptions
    from indexer.build.progress import Listener
    from indexer.build.report import IndexReport
    from indexer.duplicates.find import Compared
    from indexer.store.generations import Generation
    from indexer.store.segments.building import IndexChange
    from ui.library.labelling.reviewing import LookedAtNew
    from ui.library.labelling.tagging import TaggedLibrary

VideoRef = str | int | Path
"""A video by its id, its path or its file name."""


@dataclass(frozen=True)
class Rebuilt:
    """A new index, and what was done about its clips."""

    generation: Generation
    """The index."""
    looked: LookedAtNew
    """What the rules of moderation found in clips that are new."""


class Library(AskedLibrary):
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
        from ui.library.keeping.comparing import compare_new
        from ui.library.labelling.reviewing import look_at_new

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
        looked = look_at_new(self.reviews)
        report.review_cases, report.review_notice = looked.cases, looked.notice
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
    ) -> Rebuilt:
        """Publish a new index from the stored vectors, or from the videos themselves.

        Where clips are new, the rules of moderation look at them then.

        Args:
            reencode: Decode and embed every video again, with the weights that are here now; they
                need not be those that the library was embedded with.
            progress: Shows how far it has come.

        Raises:
            ReelwiseError: Nothing is indexed yet, the encoder cannot be loaded, or another process
                is writing to this library.
        """
        from ui.library.labelling.reviewing import look_at_new

        generation = self._rebuilt(reencode=reencode, progress=progress)
        return Rebuilt(generation, look_at_new(self.reviews))

    def _rebuilt(self, *, reencode: bool, progress: Listener | None) -> Generation:
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

    def tag(
        self,
        vocabulary: str | Path | None = None,
        *,
        progress: Callable[[str], None] = lambda _: None,
    ) -> TaggedLibrary:
        """Tag all clips: words of a vocabulary are compared with what is seen in them.

        Args:
            vocabulary: A file of words, or "everyday"; None takes what was used last.
            progress: Told what is being done.

        Raises:
            ReelwiseError: The file has no word, nothing is indexed, or the encoder knows no word.
        """
        from ui.library.labelling.tagging import read_words, tag_library

        words = read_words(vocabulary)
        if self.catalogue.encoder is None:
            raise nothing_indexed(self.home)
        return tag_library(self.catalogue, self.encoder, words, progress)

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
