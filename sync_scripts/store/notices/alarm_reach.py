"""Whether anybody is told of what is critical: by the settings, and by the addresses that are kept here. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from sync_scripts.config import NotifySettings
from sync_scripts.errors import DikaloError
from sync_scripts.store.database import Register
from sync_scripts.store.local import logins
from sync_scripts.store.notices.destinations import COORDINATOR

__all__ = ["Silence", "silence", "without_address"]

Silence = Literal["no_destination", "no_address", "no_region"]
"""Why nobody is told of a critical alert: none of the role coordinator is in the settings, none of these has an address here, or
none that has one is for the region of something that is critical or late."""


def silence(register: Register, settings: Iterable[NotifySettings]) -> Silence | None:
    """Return why nobody is told from this workspace, whatever the region; None where somebody is. In a demonstration nobody is to be."""
    if register.demo:
        return None
    told = [one for one in settings if one.role == COORDINATOR]
    if not told:
        return "no_destination"
    return "no_address" if len(without_address(register, told)) == len(told) else None


def without_address(register: Register, settings: Iterable[NotifySettings]) -> list[str]:
    """Return the names of the destinations to which nothing can be sent from here; no keyring is asked."""
    return [one.name for one in settings if not _kept(register, one.name)]


def _kept(register: Register, name: str) -> bool:
    try:
        return logins.where(register, name, "notify") is not None
    except DikaloError:  # the file of logins is damaged: so nothing can be sent
        return False
