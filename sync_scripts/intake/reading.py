"""From what a source hands over to one item of a page: opened if it came encrypted, read as strictly as anybody asks."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from sync_scripts.intake import answers
from sync_scripts.intake.plan import Item, Seen
from sync_scripts.intake.refusals import NotBelieved, Refused
from sync_scripts.intake.served import Served
from sync_scripts.intake.unlocking import Unlocking
from sync_scripts.servers.base import Found

__all__ = ["Reading", "open_item", "read_item"]


def read_item(tag: str, found: Found, before: Seen | None) -> Item:
    """Return what a found submission says, or why it cannot be read."""
    try:
        return Item(tag, found, before, answers=answers.read(found.content))
    except Refused as refusal:
        return Item(tag, found, before, refusal=refusal)


def open_item(server: Unlocking, tag: str, found: Found, before: Seen | None) -> Item:
    """Return the same for one that may have come encrypted: opened, waiting, or not to be believed."""
    place = found.sighting.place
    if (locked := server.locked(place)) is not None:
        return Item(tag, found, before, locked=locked)
    if (wrong := server.disbelieved(place)) is not None:
        said = wrong.manifest
        refusal = NotBelieved(
            place=str(wrong.refusal),
            form=server.keys.stamp(said.form_id) if said else "",
            version=(said.version or "") if said else "",
        )
        return Item(tag, found, before, refusal=refusal, instance_id=said.instance_id if said else "")
    item = read_item(tag, found, before)
    wrapped = server.wrapped(place)
    return item if wrapped is None else msgspec.structs.replace(item, wrapped=wrapped)


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads what one source hands over.

    Attributes:
        server: opens what came encrypted.
        served: knows how each version is read, and which had to come encrypted.
        take_clear: take what came in the clear all the same.
    """

    server: Unlocking
    served: Served
    take_clear: bool = False

    def item(self, tag: str, found: Found, before: Seen | None) -> Item:
        """Return what a found submission says, or why it is not read."""
        item = open_item(self.server, tag, found, before)
        if item.answers is None:
            return item
        said = item.answers.submission
        way = self.served.way(said)
        if (way.stamp, way.version) != (said.stamp, said.stamp_version):
            said = msgspec.structs.replace(said, stamp=way.stamp, stamp_version=way.version)
            read = msgspec.structs.replace(item.answers, submission=said)
            item = msgspec.structs.replace(item, answers=read)
        if way.encrypted and item.wrapped is None:
            item = msgspec.structs.replace(item, exposed=True, accepted=self.take_clear)
        return item
