"""What a person should know of encrypted submissions, and of those that should have been: counted, in words. No answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from sync_scripts.intake import served
from sync_scripts.intake.errors import ClearOnEncrypted
from sync_scripts.intake.plan import Aside, Decision, Keep, Wait
from sync_scripts.intake.report import Noted
from sync_scripts.intake.wrapping import CLEAR, PROVISIONAL, Locked, managed

__all__ = ["HARMLESS", "NOTES", "notes"]


WaitsForVault: Final = Noted.declare(
    "DK-E10",
    "Encrypted submissions that came and wait sealed: {count}. A person with the vault opens them: dikalo vault intake --reason TEXT.",
)
WaitsForKey: Final = Noted.declare(
    "DK-E11",
    "Encrypted submissions whose key is not in this register: {count}. They are kept sealed and wait. If another laptop "
    "made the key, open them there; if nobody of yours did, find out which form the phones have.",
)
WaitsForServer: Final = Noted.declare(
    "DK-N35",
    "Encrypted submissions that only the server can open, since it keeps the key itself: {count}. dikalo cannot read them and "
    "never asks for a server's passphrase: they are kept sealed and stand in no list. Somebody with the passphrase reads "
    "them at the server (form, Submissions, Download) and types what is urgent here (dikalo alerts new). From now on encrypt "
    "with a key of your own: dikalo keys form FORM, then dikalo forms deploy.",
)
WaitsForFiles: Final = Noted.declare(
    "DK-E12",
    "Encrypted submissions of which only a part has come: {count}. They are opened at a pull half an hour later, with or "
    "without their photos.",
)
TextKept: Final = Noted.declare(
    "DK-N61",
    "Encrypted submissions that were deleted at the server while they waited for their files: {count}. What was answered is "
    "here, sealed, and no pull can open it: a person with the vault does, today (dikalo vault intake --reason TEXT). Ask "
    "who deleted them.",
)
SealedGone: Final = Noted.declare(
    "DK-N63",
    "Encrypted submissions that wait here to be opened and were deleted at the server: {count}. They lie here, sealed; open "
    "them soon (dikalo vault intake --reason TEXT). If nobody of yours deleted them, change the passwords of the server's "
    "accounts.",
)
OpenedProvisionally: Final = Noted.declare(
    "DK-E13",
    "Encrypted submissions opened before their files have come: {count}. Act on them; as evidence they count only once "
    "their files are here and fit. Ask the enumerators to leave their phones on the network.",
)
ClearCame: Final = Noted.declare(
    "DK-E14",
    "CLEAR_ON_ENCRYPTED_FORM: submissions that came unencrypted although phones encrypt their form: {count}. Alerts were "
    "taken and flagged, the others put aside. The server's administrators could read them: look at those phones today.",
)
PlainBeside: Final = Noted.declare(
    "DK-E15",
    "CLEAR_ON_ENCRYPTED_FORM: encrypted submissions with unencrypted files beside them: {count}. A phone was cut off "
    "while it encrypted; the server's administrators could see those files. Look at those phones today.",
)


_OWN: Final[tuple[type[Noted], ...]] = (
    WaitsForVault,
    WaitsForKey,
    WaitsForServer,
    WaitsForFiles,
    TextKept,
    SealedGone,
    OpenedProvisionally,
    ClearCame,
    PlainBeside,
)
NOTES: Final[dict[str, type[Noted]]] = served.NOTES | {note.code: note for note in _OWN}
HARMLESS: Final = frozenset({WaitsForVault.code, WaitsForFiles.code, OpenedProvisionally.code})
"""Said, but no reason to end with exit code 3."""

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
        before = one.item.before.outcome if one.item.before else ""
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
