"""What each encoder made of each video is recorded once, replaced whole, and never doubled."""

from __future__ import annotations

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import EmbeddingRow, Part
from data.errors import ReelwiseError
from data.home import Home
from data.video.clips.rule import USUAL_RULE, ClipRule
from data.video.types import Ending, VideoInfo
from tests.data.made import LIB, embed, file_record


def test_ids_are_never_given_out_twice(catalogue: Catalogue, home: Home) -> None:
    video = catalogue.files.put([file_record("a.mp4", "A")])[LIB / "a.mp4"] or 0
    first = embed(catalogue, "p1", video)
    assert first == [1, 2]
    assert catalogue.embeddings.forget("e1", [video]) == 1
    catalogue.close()
    with Catalogue(home) as again:
        assert again.clip_table("e1").ids.tolist() == []
        second = embed(again, "p2", video)
        assert min(second) > max(first)
        # Reserved and never used, as by a killed writer.
        reserved = again.embeddings.reserve("e1", "p3", 5)
        assert min(embed(again, "p4", video)) == reserved + 5


def test_embedding_again_replaces_clips_and_leaves_no_old_ones(catalogue: Catalogue) -> None:
    video = catalogue.files.put([file_record("a.mp4", "A")])[LIB / "a.mp4"] or 0
    embed(catalogue, "p1", video, n_clips=3)
    newer = embed(catalogue, "p2", video, n_clips=2)
    assert catalogue.clip_table("e1").ids.tolist() == newer
    (part,) = catalogue.embeddings.parts("e1")
    assert (part.name, part.video_ids) == ("p2", frozenset({video}))
    # The old part speaks for nobody: it is struck, and listed until its file is gone.
    assert catalogue.embeddings.retire_parts() == [("e1", "p1")]
    assert catalogue.embeddings.retire_parts() == [("e1", "p1")]
    catalogue.embeddings.retired(["p1"])
    assert catalogue.embeddings.retire_parts() == []


def test_a_part_is_committed_only_once_and_only_when_announced(catalogue: Catalogue) -> None:
    video = catalogue.files.put([file_record("a.mp4", "A")])[LIB / "a.mp4"] or 0
    embed(catalogue, "p1", video)
    row = EmbeddingRow(video, Ending("done"), (99,), ((0.0, 1.0),))
    for name in ("p1", "never-announced"):
        part = Part(name, "0" * 64, 1, frozenset({video}))
        with pytest.raises(ReelwiseError, match="announced"):
            catalogue.embeddings.commit_part("e1", part, [row])
    assert 99 not in catalogue.clip_table("e1").ids


def test_two_encoders_live_side_by_side(catalogue: Catalogue) -> None:
    video = catalogue.files.put([file_record("a.mp4", "A")])[LIB / "a.mp4"] or 0
    one = embed(catalogue, "p1", video)
    assert [p.video_id for p in catalogue.embeddings.missing("e2")] == [video]
    two = embed(catalogue, "p2", video, encoder="e2", n_clips=1)
    assert catalogue.clip_table("e1").ids.tolist() == one
    assert catalogue.clip_table("e2").ids.tolist() == two


def test_failures_are_counted_and_never_hide_good_vectors(
    catalogue: Catalogue,
) -> None:
    ids = catalogue.files.put(
        [
            file_record("bad.mp4", "B"),
            file_record("good.mp4", "G"),
            file_record("locked.mp4", None, reason="no"),
        ]
    )
    bad, good = ids[LIB / "bad.mp4"] or 0, ids[LIB / "good.mp4"] or 0
    assert ids[LIB / "locked.mp4"] is None
    embed(catalogue, "p1", good, state="partial")
    states = []
    for _ in range(3):
        catalogue.embeddings.record_failed("e1", [(bad, "no frames"), (good, "second try failed")])
        failures = catalogue.embeddings.failures("e1")
        states.append({f.path.name: (f.state, f.attempts) for f in failures})
    assert [s["bad.mp4"] for s in states] == [("failed", 1), ("failed", 2), ("failed", 3)]
    assert states[2]["good.mp4"] == ("partial", 0)
    assert states[2]["locked.mp4"] == ("failed", 1)
    assert catalogue.embeddings.missing("e1") == []
    assert [p.video_id for p in catalogue.embeddings.missing("e1", retry_failed=True)] == [bad]
    assert [v.id for v in catalogue.videos("e1")] == [good]
    counts = catalogue.counts("e1")
    assert (counts["videos"], counts["partial"], counts["failed"]) == (1, 1, 2)
    # What was unreadable and is readable now is a video like any other.
    catalogue.files.put([file_record("locked.mp4", "L")])
    assert "locked.mp4" not in {f.path.name for f in catalogue.embeddings.failures("e1")}


def test_a_failed_video_that_is_embedded_at_last_has_no_trace_of_failing(
    catalogue: Catalogue,
) -> None:
    ids = catalogue.files.put([file_record("a.mp4", "A"), file_record("b.mp4", "B")])
    a, b = ids[LIB / "a.mp4"] or 0, ids[LIB / "b.mp4"] or 0
    for _ in range(2):
        catalogue.embeddings.record_failed("e1", [(a, "no frames"), (b, "no frames")])
    embed(catalogue, "p1", a, b, state="partial", n_clips=3)
    assert [(f.state, f.reason, f.attempts) for f in catalogue.embeddings.failures("e1")] == [
        ("partial", "cut off", 0)
    ] * 2
    newer = embed(catalogue, "p2", a, b)
    assert catalogue.embeddings.failures("e1") == []
    assert catalogue.embeddings.missing("e1", retry_failed=True) == []
    assert catalogue.clip_table("e1").ids.tolist() == newer
    assert (catalogue.counts("e1")["clips"], catalogue.counts("e1")["partial"]) == (4, 0)
    assert catalogue.embeddings.forget("e1", [a, b]) == 2
    catalogue.embeddings.record_failed("e1", [(b, "no frames")])
    assert [(f.state, f.attempts) for f in catalogue.embeddings.failures("e1")] == [("failed", 1)]


def test_what_a_file_says_is_replaced_by_what_it_says_later(catalogue: Catalogue) -> None:
    ids = catalogue.files.put([file_record("a.mp4", "A"), file_record("b.mp4", "B")])
    a, b = ids[LIB / "a.mp4"] or 0, ids[LIB / "b.mp4"] or 0
    embed(catalogue, "p1", a, b)
    first = catalogue.embeddings.reserve("e1", "p2", 2)
    later = VideoInfo("vp9", 32, 24, 30.0, 9.0)
    rows = [
        EmbeddingRow(a, Ending("done", info=later), (first,), ((0.0, 1.0),)),
        EmbeddingRow(b, Ending("done"), (first + 1,), ((0.0, 1.0),)),
    ]
    catalogue.embeddings.commit_part("e1", Part("p2", "0" * 64, 1, frozenset({a, b})), rows)
    known = {
        video.id: (video.duration_s, video.codec, video.fps, video.width_px, video.height_px)
        for video in catalogue.videos()
    }
    assert known == {a: (9.0, "vp9", 30.0, 32, 24), b: (8.0, "h264", 25.0, 64, 48)}


def test_parts_speak_for_live_searchable_videos_of_their_encoder_only(
    catalogue: Catalogue,
) -> None:
    ids = catalogue.files.put([file_record(f"{n}.mp4", n) for n in "abc"])
    a, b, c = (ids[LIB / f"{n}.mp4"] or 0 for n in "abc")
    embed(catalogue, "p1", a, b)
    embed(catalogue, "p2", c, state="partial")
    embed(catalogue, "q1", a, c, encoder="e2")
    catalogue.files.remove([LIB / "b.mp4", LIB / "c.mp4"])
    assert [(p.name, p.video_ids) for p in catalogue.embeddings.parts("e1")] == [
        ("p1", frozenset({a}))
    ]
    assert [(p.name, p.video_ids) for p in catalogue.embeddings.parts("e1", live=False)] == [
        ("p1", frozenset({a, b})),
        ("p2", frozenset({c})),
    ]
    held = catalogue.embeddings.part_of("e1", [a, b, c, 99])
    assert {video: part.name for video, part in held.items()} == {a: "p1", b: "p1", c: "p2"}
    held = catalogue.embeddings.part_of("e2", [a, b, c])
    assert {video: part.name for video, part in held.items()} == {a: "q1", c: "q1"}
    assert catalogue.embeddings.forget("e1", [a, c]) == 2
    assert set(catalogue.embeddings.part_of("e1", [a, b, c])) == {b}
    assert set(catalogue.embeddings.part_of("e2", [a, b, c])) == {a, c}


def test_what_is_left_to_embed_is_live_in_order_and_named_by_its_first_file(
    catalogue: Catalogue,
) -> None:
    names = ("z.mp4", "a.mp4", "gone.mp4", "m.mp4")
    ids = catalogue.files.put([file_record(name, name) for name in names])
    catalogue.files.put([file_record("0-copy-of-z.mp4", "z.mp4")])
    catalogue.files.remove([LIB / "gone.mp4"])
    embed(catalogue, "p1", ids[LIB / "a.mp4"] or 0)
    assert [p.path.name for p in catalogue.embeddings.missing("e1")] == ["z.mp4", "m.mp4"]
    assert [p.path.name for p in catalogue.embeddings.missing("e2")] == ["z.mp4", "a.mp4", "m.mp4"]
    catalogue.embeddings.record_failed("e1", [(ids[LIB / "z.mp4"] or 0, "no frames")])
    catalogue.embeddings.record_failed("e2", [(ids[LIB / "m.mp4"] or 0, "no frames")])
    assert [p.path.name for p in catalogue.embeddings.missing("e1")] == ["m.mp4"]
    assert [f.path.name for f in catalogue.embeddings.failures("e1")] == [
        "0-copy-of-z.mp4",
        "z.mp4",
    ]
    catalogue.set_encoder("e2", "two")
    assert [f.path.name for f in catalogue.embeddings.failures()] == ["m.mp4"]


def test_live_videos_with_clips_of_another_rule_are_known(catalogue: Catalogue) -> None:
    ids = catalogue.files.put([file_record(f"{name}.mp4", name) for name in "abcd"])
    a, b, c, d = (ids[LIB / f"{name}.mp4"] or 0 for name in "abcd")
    embed(catalogue, "p1", a, b, c, state="partial")
    catalogue.set_encoder("e1", "one")
    assert catalogue.clip_rule == USUAL_RULE
    assert catalogue.cut_otherwise() == 0
    catalogue.set_clip_rule(ClipRule("windows", 20))
    assert catalogue.clip_rule == ClipRule("windows", 20)
    first = catalogue.embeddings.reserve("e1", "p2", 1)
    row = EmbeddingRow(a, Ending("done"), (first,), ((0.0, 1.0),), "windows 20 0.5")
    catalogue.embeddings.commit_part("e1", Part("p2", "0" * 64, 1, frozenset({a})), [row])
    catalogue.files.remove([LIB / "c.mp4"])
    catalogue.embeddings.record_failed("e1", [(d, "no frames")])
    assert catalogue.cut_otherwise() == 1
    others = catalogue.embeddings.cut_otherwise("e1", "windows 20 0.5")
    assert {video: ending.state for video, ending in others.items()} == {b: "partial"}
    assert catalogue.embeddings.cut_otherwise("e1", "shots 10 0.5").keys() == {a}


def test_a_rule_of_a_later_version_is_refused_and_can_be_replaced(catalogue: Catalogue) -> None:
    catalogue.set_meta({"clip_rule": "scenes 3"})
    with pytest.raises(ReelwiseError, match="does not know"):
        _ = catalogue.clip_rule
    catalogue.set_clip_rule(USUAL_RULE)
    assert catalogue.clip_rule == USUAL_RULE
