"""Columns of what can be searched are those of the slow way, for all videos and for some."""

from __future__ import annotations

import numpy as np
import pytest

from data.catalogue import Catalogue, PartsOfVideos
from data.catalogue.values import id_column, id_list, sql
from tests.data.made import LIB, embed, file_record


@pytest.fixture
def videos(catalogue: Catalogue) -> list[int]:
    """Seven: of two parts, one gone, one failed, one replaced, one of another encoder."""
    names = "abcdefg"
    ids = catalogue.files.put([file_record(f"{name}.mp4", name) for name in names])
    a, b, c, d, e, f, g = (ids[LIB / f"{name}.mp4"] or 0 for name in names)
    embed(catalogue, "p1", f, b, c)
    embed(catalogue, "p2", a, e, state="partial")
    embed(catalogue, "p3", g, encoder="e2")
    catalogue.embeddings.record_failed("e1", [(d, "no")])
    embed(catalogue, "p4", b, n_clips=3)
    catalogue.files.remove([LIB / "c.mp4"])
    return [a, b, c, d, e, f, g]


def as_dict(parts: PartsOfVideos) -> dict[int, str]:
    assert (np.diff(parts.video_ids) > 0).all()
    return {
        video: parts.names[number]
        for video, number in zip(parts.video_ids.tolist(), parts.numbers.tolist(), strict=True)
    }


def test_the_part_of_each_live_video_is_given(catalogue: Catalogue, videos: list[int]) -> None:
    a, b, c, d, e, f, _ = videos
    wanted = {a: "p2", b: "p4", e: "p2", f: "p1"}
    assert as_dict(catalogue.live_parts("e1")) == wanted
    assert as_dict(catalogue.live_parts("e1", videos)) == wanted
    assert as_dict(catalogue.live_parts("e1", [c, d, b, f, 99])) == {b: "p4", f: "p1"}
    assert len(catalogue.live_parts("e1", [])) == len(catalogue.live_parts("none")) == 0
    assert catalogue.live_parts("e1", []).video_ids.dtype == np.int64


def test_clips_of_some_videos_are_those_rows_of_all(
    catalogue: Catalogue, videos: list[int]
) -> None:
    whole = catalogue.clip_table("e1")
    assert len(whole) == 9
    for chosen in (videos, videos[1:4], [], [99]):
        some = catalogue.clips_of("e1", np.asarray(chosen, np.int64))
        mine = np.isin(whole.video_ids, chosen)
        for one, other in zip(
            (some.ids, some.video_ids, some.starts_s, some.ends_s),
            (whole.ids, whole.video_ids, whole.starts_s, whole.ends_s),
            strict=True,
        ):
            assert one.tolist() == other[mine].tolist()
            assert one.dtype == other.dtype


def test_more_videos_than_a_statement_has_parameters_are_asked_at_once(
    catalogue: Catalogue, videos: list[int]
) -> None:
    many = range(1, 200_000)
    assert as_dict(catalogue.live_parts("e1", many)) == as_dict(catalogue.live_parts("e1"))


def test_a_column_of_numbers_keeps_a_place_for_what_is_none(catalogue: Catalogue) -> None:
    values = "SELECT 1 AS v UNION ALL SELECT 'x' UNION ALL SELECT NULL UNION ALL SELECT -7"
    with catalogue.reading() as connection:
        written = connection.scalar(sql(f"SELECT {id_column('v')} FROM ({values})"))
    assert id_list(written).tolist() == [1, 0, 0, -7]
    assert id_list(None).tolist() == []
