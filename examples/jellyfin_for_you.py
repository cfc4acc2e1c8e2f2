"""A "for you" row for Jellyfin: what reelwise recommends to a person, as items of Jellyfin.

    python jellyfin_for_you.py --reelwise http://127.0.0.1:8501 --jellyfin http://127.0.0.1:8096 \
        --jellyfin-key KEY --user anna [--token TOKEN] [-k 12] [--playlist "For anna"]

The two know the same files by different numbers: an item of Jellyfin and a video of reelwise are
the same where their paths end alike, so a library that is mounted elsewhere is found as well. With
`--playlist` the row is written to a playlist of Jellyfin; else it is printed as JSON. It needs
Python and nothing else; a token of reelwise, if it asks for one, is that of an owner: only owners
are told paths.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.parse
import urllib.request
from pathlib import PurePosixPath
from typing import Any

PAGE = 500
LEAST_PARTS = 2
"""A file name alone says too little: the folder above has to be the same as well."""


class Service:
    """A server that speaks JSON.

    Args:
        url: Its address.
        headers: What every request says.
    """

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url = url.rstrip("/")
        self._headers = {"accept": "application/json", **headers}

    def ask(self, path: str, *, method: str = "GET", body: object = None, **given: object) -> Any:
        """The document at a path; None for an empty answer."""
        query = urllib.parse.urlencode(given, doseq=True)
        content = None if body is None else json.dumps(body).encode()
        headers = self._headers | ({} if content is None else {"content-type": "application/json"})
        address = f"{self._url}{path}" + (f"?{query}" if query else "")
        request = urllib.request.Request(address, content, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None


def jellyfin_items(jellyfin: Service) -> list[tuple[str, str]]:
    """Id and path of every film, episode and home video of Jellyfin."""
    found: list[tuple[str, str]] = []
    while True:
        page = jellyfin.ask(
            "/Items",
            Recursive="true",
            IncludeItemTypes="Movie,Episode,Video",
            Fields="Path",
            StartIndex=len(found),
            Limit=PAGE,
        )
        found += [(item["Id"], item.get("Path") or "") for item in page["Items"]]
        if not page["Items"] or len(found) >= page["TotalRecordCount"]:
            return [(number, path) for number, path in found if path]


def by_ending(items: list[tuple[str, str]]) -> dict[tuple[str, ...], str | None]:
    """The item of each ending of a path of two parts or more; None where several end so."""
    known: dict[tuple[str, ...], str | None] = {}
    for number, path in items:
        parts = _parts(path)
        for first in range(len(parts) - LEAST_PARTS + 1):
            ending = parts[first:]
            known[ending] = number if known.get(ending, number) == number else None
    return known


def item_of(path: str, known: dict[tuple[str, ...], str | None]) -> str | None:
    """The item whose path has the longest ending in common; None where it is not clear which."""
    parts = _parts(path)
    for first in range(len(parts) - LEAST_PARTS + 1):
        if parts[first:] in known:
            return known[parts[first:]]
    return None


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in PurePosixPath(path.replace("\\", "/")).parts if part != "/")


def for_you(reelwise: Service, jellyfin: Service, user: str, k: int) -> list[dict[str, str]]:
    """The row: up to k items of Jellyfin, the best first, each with why."""
    known = by_ending(jellyfin_items(jellyfin))
    # More than is wanted: Jellyfin need not have all that reelwise has.
    page = reelwise.ask("/api/v1/recommend", user=user, k=min(3 * k, 200))
    row: list[dict[str, str]] = []
    for video in page["items"]:
        number = item_of(video["path"] or "", known)
        if number is not None and number not in {each["Id"] for each in row}:
            row.append({"Id": number, "Name": video["title"], "Reason": video["reason"]})
    return row[:k]


def write_playlist(jellyfin: Service, name: str, user: str, row: list[dict[str, str]]) -> None:
    """Make the playlist of this name of a user of Jellyfin hold the row and nothing else."""
    people = {each["Name"]: each["Id"] for each in jellyfin.ask("/Users")}
    if user not in people:
        raise SystemExit(f"Jellyfin has no user {user!r}; it has: {', '.join(people)}")
    lists = jellyfin.ask(
        "/Items", userId=people[user], IncludeItemTypes="Playlist", Recursive="true"
    )
    for each in lists["Items"]:
        if each["Name"] == name:
            jellyfin.ask(f"/Items/{each['Id']}", method="DELETE")
    ids = [each["Id"] for each in row]
    body = {"Name": name, "Ids": ids, "UserId": people[user], "MediaType": "Video"}
    jellyfin.ask("/Playlists", method="POST", body=body)


def main(arguments: list[str]) -> None:
    """Print the row, or write it to a playlist."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--reelwise", default="http://127.0.0.1:8501")
    parser.add_argument("--token", help="of reelwise serve --token")
    parser.add_argument("--jellyfin", required=True)
    parser.add_argument("--jellyfin-key", required=True)
    parser.add_argument("--user", required=True, help="the same name in both")
    parser.add_argument("-k", type=int, default=12)
    parser.add_argument("--playlist", help="name of the playlist of Jellyfin to write")
    given = parser.parse_args(arguments)
    reelwise = Service(
        given.reelwise, {"authorization": f"Bearer {given.token}"} if given.token else {}
    )
    key = {"authorization": f'MediaBrowser Token="{given.jellyfin_key}"'}
    jellyfin = Service(given.jellyfin, key)
    row = for_you(reelwise, jellyfin, given.user, given.k)
    if given.playlist:
        write_playlist(jellyfin, given.playlist, given.user, row)
    else:
        json.dump(row, sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main(sys.argv[1:])
