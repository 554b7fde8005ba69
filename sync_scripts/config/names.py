"""What servers may be called: the name is part of the key of everything that comes from one.

Cursor, comparison, raw rows and logins are kept by name, so two servers of one name would pass for one: rows of the
second would lie behind the cursor of the first and never come. Capitals and the ways to write an accent are not told
apart, since a keyring and a file system may not do so either. Folders are kept under one name that all of them share,
whatever the settings call them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from sync_scripts.config.errors import ServerNameOwn, ServerNameTaken
from sync_scripts.config.settings import ServerSettings
from sync_scripts.errors import DikaloError

__all__ = ["DESK", "LEGACY", "OWN_NAMES", "plain", "refuse_names", "taken_names", "unfit_name"]

DESK: Final = "desk"
"""Server name of what is keyed in, one report at a time."""
LEGACY: Final = "legacy"
"""Server name of old lists that were taken over."""
OWN_NAMES: Final = frozenset({"folder", DESK, LEGACY})
"""Under which the program keeps what comes from folders, what is keyed in and old lists."""


def plain(name: str) -> str:
    """Return a name as it is compared.

    >>> plain("Centr\u0041l ") == plain("central")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).strip()


def refuse_names(servers: Iterable[ServerSettings]) -> None:
    """Refuse names by which two sources would pass for one.

    Raises:
        ServerNameTaken: two sources bear one name, and one of them is a server.
        ServerNameOwn: a server bears a name under which the program keeps something else.
    """
    wrong = unfit_name(servers)
    if wrong is not None:
        raise wrong


def unfit_name(servers: Iterable[ServerSettings]) -> DikaloError | None:
    """Return what is wrong with the first name by which two sources would pass for one; None where each has its own."""
    before: dict[str, ServerSettings] = {}
    for one in servers:
        name = plain(one.name)
        first = before.setdefault(name, one)
        if one.kind != "folder" and name in OWN_NAMES:
            return ServerNameOwn(name=one.name)
        if first is not one and not first.kind == one.kind == "folder":
            return ServerNameTaken(name=one.name)
    return None


def taken_names(servers: Iterable[ServerSettings]) -> set[str]:
    """Return, as they are compared, the names that a further server may not have."""
    return {plain(one.name) for one in servers} | OWN_NAMES
