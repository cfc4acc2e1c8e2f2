"""The sealed policies against their checksums."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from data.catalogue import Catalogue
from data.errors import DamagedFile
from data.review.policies import Policies, policy_file, read_sealed


class Report(Protocol):
    """Takes what is wrong."""

    def add(self, what: str, path: Path, fix: str) -> None:
        """Add one problem."""

    def count(self, what: str, of: int = 0) -> None:
        """Count one more checked thing."""


def check_policies(catalogue: Catalogue, report: Report) -> None:
    """Report versions of the policy that are not as they were written, or gone."""
    highest = Policies(catalogue).highest()
    for version in range(1, highest + 1):
        report.count("policies", of=highest)
        try:
            read_sealed(catalogue.home, version)
        except DamagedFile as error:
            report.add(error.problem, policy_file(catalogue.home, version), error.fix)
