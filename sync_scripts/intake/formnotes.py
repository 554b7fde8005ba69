"""What a person should know of the forms as the servers serve them: one class and one code each. Counts, never answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from sync_scripts.errors import N_
from sync_scripts.intake.report import Noted

__all__ = ["NOTES", "KeyNotOurs", "KeyTakenOut", "MapLowered", "MapRedirected", "VersionsLeft"]


@dataclass(eq=False, kw_only=True)
class MapLowered(Noted):
    """Questions that a form at the server declares less secret than they are here."""

    code: ClassVar[str] = "DK-E05"
    message: ClassVar[str] = N_(
        "Questions that a form at the server declares less secret than they are here: {count}. Their answers were sealed as "
        "before. Somebody changed the form at the server: find out who, and send yours again with dikalo forms deploy."
    )


@dataclass(eq=False, kw_only=True)
class MapRedirected(Noted):
    """Questions that a form at the server sends to another place of the register."""

    code: ClassVar[str] = "DK-E06"
    message: ClassVar[str] = N_(
        "Questions that a form at the server sends to another place of the register than your forms do: {count}. They were "
        "read as your forms say. Somebody changed the form at the server: find out who, and send yours again with dikalo "
        "forms deploy."
    )


@dataclass(eq=False, kw_only=True)
class KeyNotOurs(Noted):
    """A form at the server is encrypted with a key of which this register knows nothing."""

    code: ClassVar[str] = "DK-E07"
    message: ClassVar[str] = N_(
        "Form versions at the server that encrypt with a key which is not one of this register: {count}. What phones send "
        "with them can be read by whoever has that key, and not here. If it is nobody of yours, send your form again with "
        "dikalo forms deploy at once."
    )


@dataclass(eq=False, kw_only=True)
class KeyTakenOut(Noted):
    """A form that has a key here, published at the server without one."""

    code: ClassVar[str] = "DK-N60"
    message: ClassVar[str] = N_(
        "Form versions at the server that phones do not encrypt, although their form has a key here since before they were "
        "published: {count}. The server's administrators can read what comes with them. Somebody changed the form at the "
        "server: find out who, and send yours again with dikalo forms deploy at once."
    )


@dataclass(eq=False, kw_only=True)
class VersionsLeft(Noted):
    """Submissions of versions about which the server was not asked in this run: it failed at too many others."""

    code: ClassVar[str] = "DK-E18"
    message: ClassVar[str] = N_(
        "Submissions of form versions about which the server was not asked any more in this run, because it failed at too many "
        "others: {count}. They were read as strictly as your forms and every version known here say; whether that version calls "
        "something more secret was not seen. Check at the server that the login of the role pull may see the forms, then run "
        "dikalo pull again."
    )


NOTES: Final[dict[str, type[Noted]]] = {
    one.code: one for one in (MapLowered, MapRedirected, KeyNotOurs, KeyTakenOut, VersionsLeft)
}
