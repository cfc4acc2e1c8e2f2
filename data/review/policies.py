"""The policy of a library, and every one before: sealed files that are never changed.

    home/moderation/policy-000003.json

Which one holds is in the catalogue, and so is what search has to know of its rules.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from data.catalogue.database import Database, put_meta, read_meta
from data.catalogue.values import sql
from data.durable import make_dir, write_atomic
from data.errors import DamagedFile, ReelwiseError
from data.home import Home
from data.review.records import THE_POLICY, WAITING
from data.review.rules import Policy, policy_of
from data.review.writing import CURRENT, Entry, log, reviewing, sum_case
from data.sealed import seal, unseal

_HIGHEST = "review_policies"
_RULES = sql("SELECT name, revision, scanned_to FROM review_rules")
_DROP_RULES = sql("DELETE FROM review_rules")
_PUT_RULE = sql(
    "INSERT INTO review_rules (name, action, revision, scanned_to)"
    " VALUES (:name, :action, :revision, :scanned_to)"
)
_OF_GONE_RULES = sql(
    "SELECT id, state, label, appealed FROM review_cases WHERE state IN :waiting"
    " AND label NOT IN (SELECT name FROM review_rules)",
    "waiting",
)
_WITHDRAW = sql(
    "UPDATE review_cases SET state = 'withdrawn', revision = revision + 1 WHERE id = :id"
)


@dataclass(frozen=True)
class StoredPolicy:
    """A policy that holds, or held."""

    version: int
    """Its number, from 1 on."""
    policy: Policy
    """Its rules."""
    set_at: datetime
    """When it was set, UTC."""
    file: str
    """Name of the file that it came from."""


class Policies:
    """The policies of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self) -> StoredPolicy | None:
        """The policy that holds; None for none.

        Raises:
            DamagedFile: Its sealed file is not as it was written.
        """
        version = self._database.get_meta(CURRENT)
        return None if version is None else self.version(int(version))

    def version(self, version: int) -> StoredPolicy:
        """A policy by its number.

        Raises:
            ReelwiseError: There is none of that number, or its file is damaged.
        """
        if not 1 <= version <= self.highest():
            raise ReelwiseError(
                f"there is no version {version} of the policy",
                fix="reelwise review log --policy        (lists them)",
            )
        return read_sealed(self._database.home, version)

    def highest(self) -> int:
        """The number of versions so far."""
        return int(self._database.get_meta(_HIGHEST) or 0)

    def set(self, policy: Policy, *, by: str, why: str, file: str) -> StoredPolicy:
        """Let a policy hold from now on; its sealed copy is on the disk when this returns.

        What undecided cases of rules that are gone did ends; decisions stay.
        """
        home = self._database.home
        make_dir(home.moderation, private=True)
        with reviewing(self._database, "review.policy") as connection:
            version = int(read_meta(connection, _HIGHEST) or 0) + 1
            stored = StoredPolicy(version, policy, datetime.now(UTC), file)
            # Of a kill before the commit only a file is left, which the next policy replaces.
            path = policy_file(home, version)
            write_atomic(path, seal(_as_values(stored)), point="review.policy_file")
            put_meta(connection, _HIGHEST, str(version))
            put_meta(connection, CURRENT, str(version))
            _replace_rules(connection, policy)
            log(connection, Entry("policy", by or THE_POLICY, why or f"version {version}: {file}"))
            _withdraw_of_gone_rules(connection)
        return stored

    def remove(self, *, by: str, why: str) -> int:
        """Let no policy hold; versions, decisions and the log stay.

        Returns:
            The version that held.

        Raises:
            ReelwiseError: None does.
        """
        with reviewing(self._database, "review.policy") as connection:
            version = read_meta(connection, CURRENT)
            if version is None:
                raise no_policy()
            connection.execute(sql("DELETE FROM meta WHERE key = :key"), {"key": CURRENT})
            connection.execute(_DROP_RULES)
            log(connection, Entry("policy", by or THE_POLICY, why or f"removed version {version}"))
            _withdraw_of_gone_rules(connection)
        return int(version)


def no_policy() -> ReelwiseError:
    """The error where no policy holds."""
    return ReelwiseError(
        "this library has no policy", fix="reelwise review policy FILE        (docs/moderation.md)"
    )


def policy_file(home: Home, version: int) -> Path:
    """The sealed file of a version."""
    return home.moderation / f"policy-{version:06d}.json"


def read_sealed(home: Home, version: int) -> StoredPolicy:
    """Read a version from its sealed file.

    Raises:
        DamagedFile: It is not as it was written, or gone.
    """
    path = policy_file(home, version)
    try:
        values = unseal(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DamagedFile(
            f"the policy {path} is damaged or gone: {error}",
            fix="set it again: reelwise review policy FILE; what its rules did holds meanwhile",
        ) from error
    return StoredPolicy(
        int(values["version"]),
        policy_of(values["policy"], str(path)),
        datetime.fromisoformat(values["set_at"]),
        str(values["file"]),
    )


def _as_values(stored: StoredPolicy) -> dict[str, Any]:
    return {
        "version": stored.version,
        "set_at": stored.set_at.isoformat(timespec="microseconds"),
        "file": stored.file,
        "policy": json.loads(stored.policy.model_dump_json()),
    }


def _replace_rules(connection: Connection, policy: Policy) -> None:
    """A rule that finds what it found before has not to look again."""
    known = {row.name: row for row in connection.execute(_RULES)}
    connection.execute(_DROP_RULES)
    for rule in policy.rules:
        before = known.get(rule.name)
        # What a rule finds depends on more than itself: the encoder, or the head that it asks.
        is_same = before is not None and before.revision.partition(" ")[0] == rule.revision
        values = {
            "name": rule.name,
            "action": rule.action,
            "revision": before.revision if before is not None and is_same else rule.revision,
            "scanned_to": before.scanned_to if before is not None and is_same else 0,
        }
        connection.execute(_PUT_RULE, values)


def _withdraw_of_gone_rules(connection: Connection) -> None:
    for row in connection.execute(_OF_GONE_RULES, {"waiting": list(WAITING)}).all():
        connection.execute(_WITHDRAW, {"id": row.id})
        sum_case(connection, row.id)
        before = (row.state, row.label, row.appealed)
        why = f"no rule is called {row.label} any more"
        log(connection, Entry("withdrawn", THE_POLICY, why, row.id, row.label, before=before))
