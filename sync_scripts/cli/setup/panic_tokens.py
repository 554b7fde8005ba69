"""Tokens of servers, ended after ``dikalo panic`` destroyed what opens the register: those in the keyring, and in a register that was unlocked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias, get_args

from sync_scripts.config import Settings
from sync_scripts.errors import DikaloError
from sync_scripts.intake.connections import end_token
from sync_scripts.secrets.agent import Held
from sync_scripts.secrets.destruction import Token
from sync_scripts.store import logins
from sync_scripts.store.logins import Kept, Role
from sync_scripts.store.workspace import Unlocked, open_unlocked

_ROLES: Final[tuple[Role, ...]] = get_args(Role)
Entries: TypeAlias = Mapping[str, tuple[str, Role]]
"""Names of the keyring's entries -> server or destination, and role."""
Found: TypeAlias = Mapping[tuple[str, Role], Kept]


def entries(settings: Settings | None) -> Entries:
    """Return the logins that may be in the keyring; none where the settings cannot be read."""
    if settings is None:
        return {}
    pairs: list[tuple[str, Role]] = [(one.name, role) for one in settings.server for role in _ROLES]
    pairs += [(one.name, "notify") for one in settings.notify]
    return {logins.entry(*pair): pair for pair in pairs}


def in_keyring(workspace: str, named: Entries) -> Found:
    """Return the logins that are in the keyring."""
    return {
        pair: kept for pair in named.values() if (kept := logins.from_keyring(workspace, *pair)) is not None
    }


def end(root: Path, settings: Settings, held: Held | None, known: Found) -> tuple[Token, ...]:
    """End each token of a KoboToolbox once, and say what became of it; a Central gives none that outlives a command."""
    found = {**known, **(_in_register(root, settings, held) if held is not None else {})}
    ended: dict[str, Token] = {}
    for server in settings.server:
        tokens = {kept.token: kept for (name, _role), kept in found.items() if name == server.name}
        for token, kept in tokens.items():
            if server.kind != "kobo" or not token or token in ended:
                continue
            try:
                end_token(server, kept, root)
                ended[token] = Token(server.name)
            except DikaloError as error:
                ended[token] = Token(server.name, error)
    return tuple(ended.values())


def _in_register(root: Path, settings: Settings, held: Held) -> Found:
    """Return the logins of a register; what it keeps in the keyring is gone from there, and one that does not open gives none."""
    found: dict[tuple[str, Role], Kept] = {}
    keys = Unlocked(root, settings, held.key, held.worker, demo=False, pinned=held.pinned)
    try:
        workspace = open_unlocked(keys, any_holders=True)
    except DikaloError:
        return {}
    try:
        for name, role in entries(settings).values():
            if logins.where(workspace.register, name, role) == "workspace":
                kept = logins.find(workspace.register, name, role)
                found |= {(name, role): kept} if kept is not None else {}
    except DikaloError:
        return found
    finally:
        workspace.close()
    return found
