"""A folder of films made from photographs, with queries that have one right answer each."""

import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from data.durable import write_atomic
from data.interval_table import read_table
from data.photo_films.drawing import FPS, draw_shots
from data.photo_films.films import PhotoFilm
from data.photo_films.photographs import photograph_file
from data.video.narration import Spoken, can_speak, narrate
from data.video.srt import srt
from data.video.write import write_video

QUERIES = "queries.csv"
_CRF = 23
_SUBTITLED_S = 3.0
"""How long a sentence is shown where it cannot be said."""


@dataclass(frozen=True)
class Wanted:
    """A query and its one right answer: a row of `queries.csv`."""

    query: str
    """What is searched."""
    video: str
    """File name."""
    start_s: float
    """When it begins to be seen, said or written."""
    end_s: float
    """When it ends."""
    channel: str
    """What finds it: `picture`, `speech`, `screen`, or `subtitle` where nothing could be said."""


def check_photographs(films: Sequence[PhotoFilm]) -> None:
    """Refuse early where a photograph is missing.

    Raises:
        ReelwiseError: The package that carries it is not installed.
    """
    for film in films:
        for shot in film.shots:
            photograph_file(shot.photograph)


def write_films(folder: Path, films: Sequence[PhotoFilm]) -> list[Wanted]:
    """Write each film, then `queries.csv`, which is there only when all films are.

    What is to be said is spoken by espeak-ng where it is installed; else it stands in a subtitle
    file beside the film.

    Args:
        folder: Created where missing; files of the same names are replaced.
        films: What to write.

    Returns:
        The rows of `queries.csv`.

    Raises:
        ReelwiseError: A photograph is not installed; then nothing is written.
    """
    check_photographs(films)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [each for film in films for each in _write_film(folder, film)]
    rows = io.StringIO(newline="")
    header = [field.name for field in fields(Wanted)]
    csv.writer(rows, lineterminator="\n").writerows([header, *map(astuple, wanted)])
    write_atomic(folder / QUERIES, rows.getvalue().encode())
    return wanted


def read_wanted(folder: Path) -> list[Wanted]:
    """Give the rows of `queries.csv`.

    Raises:
        ReelwiseError: There is no such file.
    """
    header = [field.name for field in fields(Wanted)]
    rows = read_table(folder / QUERIES, header, header=",".join(header)).rows
    return [Wanted(row["query"], row["video"], *row.interval(), row["channel"]) for row in rows]


def _write_film(folder: Path, film: PhotoFilm) -> list[Wanted]:
    wanted = []
    (folder / film.name).with_suffix(".srt").unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".silent-") as silent:
        drawn = Path(silent) / film.name
        write_video(drawn, draw_shots(film.shots, film.sign), fps=FPS, crf=_CRF)
        if film.spoken:
            channel, said = _say(drawn, film.spoken)
            wanted.append(Wanted(film.said, film.name, *said, channel))
        for each in sorted(Path(silent).iterdir(), reverse=True):  # subtitles before the film
            each.replace(folder / each.name)
    if film.sign:
        wanted.append(Wanted(film.written, film.name, film.sign.start_s, film.sign.end_s, "screen"))
    wanted.append(Wanted(film.seen, film.name, 0.0, film.shots[0].length_s, "picture"))
    return [each for each in wanted if each.query]


def _say(film: Path, spoken: Spoken) -> tuple[str, tuple[float, float]]:
    """Add what is said to a film, else to a subtitle file beside it: its channel and interval."""
    if can_speak():
        (said,) = narrate(film, film, [spoken])
        return "speech", said
    shown = (spoken.start_s, spoken.start_s + _SUBTITLED_S)
    subtitles = srt([(*shown, spoken.text)])
    film.with_suffix(".srt").write_text(subtitles, encoding="utf-8", newline="\n")
    return "subtitle", shown
