"""Contacts that people wrote down, less those that somebody took back: the wrong code typed at night. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sync_scripts.store.history.events import Event

__all__ = ["CONTACTS", "key_of", "standing_contacts", "when"]

CONTACTS: Final = {"alert.contacted": "alert.contact_undo", "case.contact": "case.contact_undo"}
"""Op of a contact -> op by which it is taken back; ``of`` in the payload of that one is the key of the contact."""


def key_of(event: Event) -> str:
    """Return what names a contact in the event that takes it back."""
    return f"{event.workspace}:{event.seq}"


def when(contact: Event) -> str:
    """Return from when a contact counts: when it is said to have been, but no later than it was written down (see record 0079)."""
    said: str = contact.payload["at"]
    return min(said, contact.at)


def standing_contacts(events: Iterable[Event]) -> list[Event]:
    """Return the contacts that nobody took back, in order."""
    said = list(events)
    undone = {event.payload["of"] for event in said if event.op in CONTACTS.values()}
    return [event for event in said if event.op in CONTACTS and key_of(event) not in undone]
