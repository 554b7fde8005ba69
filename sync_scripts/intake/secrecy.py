"""What a person should know of encrypted submissions, and of those that should have been: counted, in words. No answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from sync_scripts.errors import N_
from sync_scripts.intake import served
from sync_scripts.intake.plan import Aside, Decision, Keep, Wait
from sync_scripts.intake.refusals import ClearOnEncrypted
from sync_scripts.intake.report import Noted
from sync_scripts.intake.wrapping import CLEAR, PROVISIONAL, Locked, managed

__all__ = ["HARMLESS", "NOTES", "notes"]


@dataclass(eq=False, kw_only=True)
class WaitsForVault(Noted):
    """Encrypted with a key of the vault's use."""

    code: ClassVar[str] = "DK-E10"
    message: ClassVar[str] = N_(
        "Encrypted submissions that came and wait sealed: {count}. A person with the vault opens them: dikalo vault intake --reason TEXT."
    )


@dataclass(eq=False, kw_only=True)
class WaitsForKey(Noted):
    """Encrypted with a key that is not here."""

    code: ClassVar[str] = "DK-E11"
    message: ClassVar[str] = N_(
        "Encrypted submissions whose key is not in this register: {count}. They are kept sealed and wait. If another laptop "
        "made the key, open them there; if nobody of yours did, find out which form the phones have."
    )


@dataclass(eq=False, kw_only=True)
class WaitsForServer(Noted):
    """Encrypted with a key that the server made and keeps: managed encryption of ODK Central."""

    code: ClassVar[str] = "DK-N35"
    message: ClassVar[str] = N_(
        "Encrypted submissions that only the server can open, since it keeps the key itself: {count}. dikalo cannot read them and "
        "never asks for a server's passphrase: they are kept sealed and stand in no list. Somebody with the passphrase reads "
        "them at the server (form, Submissions, Download) and types what is urgent here (dikalo alerts new). From now on encrypt "
        "with a key of your own: dikalo keys form FORM, then dikalo forms deploy."
    )


@dataclass(eq=False, kw_only=True)
class WaitsForFiles(Noted):
    """Encrypted, and not all of it has come."""

    code: ClassVar[str] = "DK-E12"
    message: ClassVar[str] = N_(
        "Encrypted submissions of which only a part has come: {count}. They are opened at a pull half an hour later, with or "
        "without their photos."
    )


@dataclass(eq=False, kw_only=True)
class TextKept(Noted):
    """Encrypted, waiting for its files, and deleted at its server: only what was taken is left."""

    code: ClassVar[str] = "DK-N61"
    message: ClassVar[str] = N_(
        "Encrypted submissions that were deleted at the server while they waited for their files: {count}. What was answered is "
        "here, sealed, and no pull can open it: a person with the vault does, today (dikalo vault intake --reason TEXT). Ask "
        "who deleted them."
    )


@dataclass(eq=False, kw_only=True)
class SealedGone(Noted):
    """Encrypted, waiting for a person with its key, and deleted at its server: all of it is here."""

    code: ClassVar[str] = "DK-N63"
    message: ClassVar[str] = N_(
        "Encrypted submissions that wait here to be opened and were deleted at the server: {count}. They lie here, sealed; open "
        "them soon (dikalo vault intake --reason TEXT). If nobody of yours deleted them, change the passwords of the server's "
        "accounts."
    )


@dataclass(eq=False, kw_only=True)
class OpenedProvisionally(Noted):
    """Opened before its files came."""

    code: ClassVar[str] = "DK-E13"
    message: ClassVar[str] = N_(
        "Encrypted submissions opened before their files have come: {count}. Act on them; as evidence they count only once "
        "their files are here and fit. Ask the enumerators to leave their phones on the network."
    )


@dataclass(eq=False, kw_only=True)
class ClearCame(Noted):
    """In the clear, of a version that phones encrypt: taken or put aside."""

    code: ClassVar[str] = "DK-E14"
    message: ClassVar[str] = N_(
        "CLEAR_ON_ENCRYPTED_FORM: submissions that came unencrypted although phones encrypt their form: {count}. Alerts were "
        "taken and flagged, the others put aside. The server's administrators could read them: look at those phones today."
    )


@dataclass(eq=False, kw_only=True)
class PlainBeside(Noted):
    """Encrypted, with unencrypted files beside it."""

    code: ClassVar[str] = "DK-E15"
    message: ClassVar[str] = N_(
        "CLEAR_ON_ENCRYPTED_FORM: encrypted submissions with unencrypted files beside them: {count}. A phone was cut off "
        "while it encrypted; the server's administrators could see those files. Look at those phones today."
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
