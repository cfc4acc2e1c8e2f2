"""Every sentence of our code that a page may show has German words, or is for programs alone.

A new error or warning in these files fails here: give it words in `ui/pages/words/*/server*.json`,
or name it below where no page can show it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.pages.said import PROGRAMS, ROOT, Said, is_in_german, sentences_of, texts_of
from ui.api.shape.refusals import in_http_words
from ui.library.keeping.advice import advice_of

RAISES = (
    *("data/annotations", "data/catalogue", "data/people", "data/review", "data/jobs"),
    *("data/labels/json_table.py", "data/labels/kinds.py", "data/labels/rows.py"),
    *("data/labels/table.py", "data/interval_table.py", "data/history/recorded.py"),
    *("data/history/stored.py", "data/history/history.py", "data/history/rows/people.py"),
    *("data/home.py", "data/disk_errors.py", "data/dates.py"),
    *("indexer/search", "indexer/store", "indexer/review", "indexer/annotation"),
    *("indexer/explanation", "indexer/heads/stored.py", "indexer/heads/head.py"),
    *("indexer/heads/described.py", "indexer/copies", "indexer/duplicates", "indexer/build"),
    *("recommender/choosing/train.py", "recommender/model", "embeddings/opening"),
    *("ui/api", "ui/library", "ui/server/media", "ui/server/edge", "ui/pages"),
)
"""Files and folders whose errors and refusals come to a page."""
TELLS = (
    *("indexer/search/untold.py", "indexer/search/view.py", "indexer/search/hits/each_once.py"),
    *("indexer/search/words/word_index.py", "indexer/search/words/asking.py"),
    *("indexer/store/parts.py", "indexer/store/generations.py", "indexer/store/gpu/copies.py"),
    *("indexer/store/meaning/status.py", "indexer/copies/stored.py"),
    *("indexer/annotation/annotator.py", "ui/library/jobs/run.py", "ui/library/jobs/work.py"),
    *("data/disk_errors.py", "data/catalogue/catalogue.py", "embeddings/opening/choice.py"),
)
"""Files that warn: all their sentences."""
ELSEWHERE = {
    "data/annotations/exporting.py": "files that a command writes",
    "indexer/search/evaluate.py": "a command",
    "indexer/store/gpu/opening.py": "options of serve",
    "indexer/store/rows/choice.py": "an option of rebuild",
    "indexer/store/segments/building.py": "an option of rebuild",
    "indexer/explanation/drawing.py": "a picture that a command writes",
    "ui/api/agents/opening.py": "a command",
    "ui/library/readers.py": "an option of index",
    "ui/server/edge/address.py": "an option of serve",
    "ui/server/edge/hosts.py": "who asks from another site, by another name",
    "ui/api/strict.py": "requests that no page makes",
    "ui/api/shape/answers.py": "requests that no page makes",
    "ui/api/shape/cursors.py": "requests that no page makes",
}
"""Files of these of which nothing comes to a page, and where it does."""
OF_PROGRAMS = {
    "a GET changes nothing: explore and log write what was shown",
    "a client id has 1 to {} characters, not {}",
    "a job {} takes no {}",
    "a page has 1 to {} events, not {}",
    "a path is not absolute",
    "a picture has no part",
    "a policy is sent as policy or as text",
    "an upload must tell its length",
    "call it my-{}",
    "cursor is none of this question",
    "fit it again: {}",
    "give each event an id of its own, as a new UUID",
    "give one of them",
    "leave by out",
    "leave user out, for your own",
    "like and a file are two examples",
    "like must be an id, got {}",
    "months are those of a list by date",
    "no video or file is named",
    "nothing is named to read",
    "offset and cursor both say where to begin",
    "one thing can be explained: words or an example, a head, or a tag",
    "PUT one here",
    "see Happened in the docs",
    "send it as POST",
    "send it as `file` of a form",
    "send one of both",
    "send the `next` of the page before",
    "send videos, a list of ids, or paths",
    'send "paths", folders of the server',
    'send {"user": "anna", "video_id": 1}',
    "the body is not JSON",
    "the visitor left",
    "there is no question",
    "use a browser",
}
"""What is said to requests that no page makes."""
OF_COMMANDS = {
    "a part of this clip is blurred, and a fast copy is as it is",
    "give a TOML or JSON file",
    "give a TOML or JSON file of rules",
    "name a video file, or a part of it as FILE@START-END",
    "the catalogue {} has schema version {}; this reelwise reads versions {} to {}",
    "there is no example file {}",
    "use a home that can be written: --home DIR",
    "there is no policy file {}",
    "write TOML, or JSON in a file that ends with .json; docs/moderation.md shows one",
    "{} cannot be read as a policy: {}",
    "{} exists already",
    "{} has more than {} bytes: that is no policy",
    "{} has weights of its own; --weights {} is for another encoder",
    "{} lies in the library: a forgotten person must not stay in a copy there",
}
"""What commands alone can hear, or a server that does not begin."""
FAULTS = {
    "an empty view has no vectors",
    "can't start new thread",
    "failed to map segment",
    "line part {} was never announced, or is committed already",
    "vector part {} was never announced, or is committed already",
}
"""What only a fault of ours would say, or other programs say to us."""
IN_PARTS = {
    "leave --weights out, or name the encoder: --encoder NAME --weights {}",
    "the condition {}: {}",
    "the head {} {}",
    "{} has no problem",
    "{}; other rules: {}",
    "{} problems; the first: ",
    "no file has a problem",
    "label more",
}
"""Parts of sentences of which others have the words: `PUT_TOGETHER` in test_server_words.py."""
UNSEEN = OF_PROGRAMS | OF_COMMANDS | FAULTS | IN_PARTS


def files(names: tuple[str, ...]) -> Iterator[Path]:
    for name in names:
        path = ROOT / name
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def every() -> Iterator[Said]:
    yield from texts_of(files(RAISES))
    for file in files(TELLS):
        yield from sentences_of(file)


def shown(said: Said) -> str:
    """What a page would show of it; empty for nothing."""
    text = in_http_words(said.text) if said.is_fix else said.text
    return "" if said.is_fix and PROGRAMS.search(text) else advice_of(text).text


def test_every_sentence_that_a_page_may_show_has_german_words() -> None:
    every_one = {(one.file, shown(one)) for one in every() if one.file not in ELSEWHERE}
    wanted = {(file, text) for file, text in every_one if text}
    assert len(wanted) > 200
    missing = {
        (file, text) for file, text in wanted if text not in UNSEEN and not is_in_german(text)
    }
    assert not missing, sorted(missing)


def test_what_is_named_as_unseen_is_said_and_has_no_words() -> None:
    said = {one.file for one in every()}
    assert set(ELSEWHERE) <= said
    assert {text for text in UNSEEN if is_in_german(text)} == set()
    assert {shown(one) for one in every()} >= UNSEEN - IN_PARTS


@pytest.mark.parametrize(
    ("text", "is_german"),
    [
        ("kites.mp4 is no file", True),
        ("a kite is no elephant", False),
        ("no video passes the filters; give another name", True),
        ("no video passes the filters; fly a kite", False),
        ("line 3: action is missing", True),
    ],
)
def test_a_text_is_german_where_all_of_it_is(text: str, is_german: bool) -> None:
    assert is_in_german(text) is is_german
