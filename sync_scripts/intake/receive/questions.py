"""Which versions of its forms a server is asked about in one run: as many as it lists, and few that it does not.

A submission may name any version, so questions in vain are bounded. Those about versions that nobody ever published keep
none that the server lists from being asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sync_scripts.errors import DikaloError
from sync_scripts.servers.base import Server

__all__ = ["MOST_ASKED", "Questions"]

Found = TypeVar("Found")

MOST_ASKED: Final = 50
"""Questions in vain in one run, counted apart for versions that the server lists and for others."""


@dataclass(slots=True)
class Questions:
    """What was asked in one run.

    Attributes:
        server: which is asked.
        left: how often a version that the server may have was not asked for any more.
    """

    server: Server
    left: int = 0
    _asked: set[tuple[str, str]] = field(default_factory=set)
    _vain: Counter[bool] = field(default_factory=Counter)
    _lists: dict[str, frozenset[str] | None] = field(default_factory=dict)

    def ask(self, form: str, version: str, read: Callable[[], Found | None]) -> Found | None:
        """Return what is read of a version, once a run; None where the server does not give it, or is not asked any more."""
        if (form, version) in self._asked:
            return None
        versions = self._listed(form)
        listed = version in (versions or ())
        if self._vain[listed] >= MOST_ASKED:
            self.left += listed or versions is None
            return None
        self._asked.add((form, version))
        found = read()
        self._vain[listed] += found is None
        return found

    def _listed(self, form: str) -> frozenset[str] | None:
        """Return the versions of a form that the server lists; None where it does not say. Asked once a run."""
        if form not in self._lists:
            if len(self._lists) >= MOST_ASKED:  # forms, too, may be any
                return None
            from sync_scripts.intake.receive.reading_back import listed

            try:
                self._lists[form] = listed(self.server, form)
            except DikaloError:
                self._lists[form] = None
        return self._lists[form]
