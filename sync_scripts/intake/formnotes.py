"""What a person should know of the forms as the servers serve them: one class and one code each. Counts, never answers."""

from __future__ import annotations

from typing import Final

from sync_scripts.intake.report import Noted

__all__ = ["NOTES", "KeyNotOurs", "KeyTakenOut", "MapLowered", "MapRedirected", "VersionsLeft"]


MapLowered: Final = Noted.declare(
    "DK-E05",
    "Questions that a form at the server declares less secret than they are here: {count}. Their answers were sealed as "
    "before. Somebody changed the form at the server: find out who, and send yours again with dikalo forms deploy.",
)
MapRedirected: Final = Noted.declare(
    "DK-E06",
    "Questions that a form at the server sends to another place of the register than your forms do: {count}. They were "
    "read as your forms say. Somebody changed the form at the server: find out who, and send yours again with dikalo "
    "forms deploy.",
)
KeyNotOurs: Final = Noted.declare(
    "DK-E07",
    "Form versions at the server that encrypt with a key which is not one of this register: {count}. What phones send "
    "with them can be read by whoever has that key, and not here. If it is nobody of yours, send your form again with "
    "dikalo forms deploy at once.",
)
KeyTakenOut: Final = Noted.declare(
    "DK-N60",
    "Form versions at the server that phones do not encrypt, although their form has a key here since before they were "
    "published: {count}. The server's administrators can read what comes with them. Somebody changed the form at the "
    "server: find out who, and send yours again with dikalo forms deploy at once.",
)
VersionsLeft: Final = Noted.declare(
    "DK-E18",
    "Submissions of form versions about which the server was not asked any more in this run, because it failed at too many "
    "others: {count}. They were read as strictly as your forms and every version known here say; whether that version calls "
    "something more secret was not seen. Check at the server that the login of the role pull may see the forms, then run "
    "dikalo pull again.",
)


NOTES: Final[dict[str, type[Noted]]] = {
    one.code: one for one in (MapLowered, MapRedirected, KeyNotOurs, KeyTakenOut, VersionsLeft)
}
