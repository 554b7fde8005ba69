"""What phones were seen to have of the lists, over one run; where that cannot be looked at, no list waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync_scripts.errors import DikaloError, NotAllowed, Unreachable
from sync_scripts.servers.kobo.door import Door

__all__ = ["Watch"]


@dataclass(slots=True)
class Watch:
    """Looks through the door that phones use.

    Attributes:
        door: None where the settings do not say its address: then what the server took counts as arrived.
        failure: what the door said when it failed; it is not asked again in this run.
    """

    door: Door | None
    failure: DikaloError | None = None

    def shows(self, uid: str, sums: Mapping[str, str]) -> bool:
        """Tell whether phones are seen to have these files now."""
        return self.door is not None and self._look(uid, sums, wait=False) is True

    def comes_to_show(self, uid: str, sums: Mapping[str, str]) -> bool | None:
        """Tell whether phones are seen to have these files after some time; None: the form is not listed to who asks."""
        return self.door is None or self._look(uid, sums, wait=True)

    def _look(self, uid: str, sums: Mapping[str, str], *, wait: bool) -> bool | None:
        if self.door is None or self.failure is not None:
            return False
        try:
            return self.door.comes_to_show(uid, sums) if wait else self.door.shows(uid, sums)
        except (NotAllowed, Unreachable) as failure:
            self.failure = failure
            return False
