"""What a person should know of encrypted submissions, and of those that should have been: counted, in words. No answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from sync_scripts.intake.encryption.wrapping import CLEAR, PROVISIONAL, Locked, managed
from sync_scripts.intake.errors import ClearOnEncrypted
from sync_scripts.intake.notes import (
    ClearCame,
    Noted,
    OpenedProvisionally,
    PlainBeside,
    WaitsForFiles,
    WaitsForKey,
    WaitsForServer,
    WaitsForVault,
)
from sync_scripts.intake.receive.decisions import Aside, Decision, Keep, Wait

__all__ = ["notes"]


_WAITS: Final[dict[str, type[Noted]]] = {"vault": WaitsForVault, "key": WaitsForKey, "files": WaitsForFiles}
_CAME: Final[dict[str, type[Noted]]] = {
    CLEAR: ClearCame,
    PROVISIONAL: OpenedProvisionally,
    "beside": PlainBeside,
}


def notes(decisions: Iterable[Decision]) -> Counter[str]:
    """Return what to say of a page's decisions, by code; what was said at an earlier pull is not said again.

    Nothing of what the same run looks at once more: whether it still lacks its files is known then.
    """
    found: Counter[str] = Counter()
    for one in decisions:
        before = one.item.before.state if one.item.before else ""
        if _brief(one):
            continue
        if isinstance(one, Wait) and not before:
            found[_waits(one.locked).code] += 1
        elif isinstance(one, Keep) and one.item.encryption in _CAME:
            found[_CAME[one.item.encryption].code] += 1
        elif isinstance(one, Aside) and isinstance(one.refusal, ClearOnEncrypted) and not before:
            found[ClearCame.code] += 1
    return found


def _brief(one: Decision) -> bool:
    item = one.item
    return (item.locked is not None and item.locked.brief) or (
        item.wrapped is not None and item.wrapped.brief
    )


def _waits(one: Locked) -> type[Noted]:
    served = one.reason == "key" and managed(one.version)
    return WaitsForServer if served else _WAITS[one.reason]
