"""From what a source hands over to one item of a page: opened if it came encrypted, read as strictly as anybody asks.

How submissions that were opened before their files came turned out is written beside them, once. Changes no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import select, update

from sync_scripts.intake.encryption.ciphertext import BROKEN, PROVISIONAL, Locked, Wrapped
from sync_scripts.intake.encryption.encrypted import read_manifest
from sync_scripts.intake.encryption.unlocking import Unlocking
from sync_scripts.intake.errors import NotBelieved, OtherVersion, Refused
from sync_scripts.intake.places.table import Seen
from sync_scripts.intake.receive import answers
from sync_scripts.intake.receive.decisions import Aside, Item, Same
from sync_scripts.intake.receive.served import Served
from sync_scripts.register.model.codes import Root
from sync_scripts.servers.base import Found
from sync_scripts.store.custody import Action, Entry
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import submission


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


def as_shown(item: Item) -> Item:
    """Return an item if it is the version that its source said, and that its manifest says; else why it is not read.

    What a source hands over for one submission never becomes another one, and speaks for no other one.
    """
    expected = {one.strip() for one in (item.found.sighting.version, _manifest_id(item)) if one}
    said = _said_id(item)
    if not said or expected <= {said}:
        return item
    if item.refusal is not None:  # not believed anyhow; it says nothing of the one that it names
        return msgspec.structs.replace(item, instance_id="")
    form, version = _stamps(item)
    return Item(item.tag, item.found, item.before, refusal=OtherVersion(form=form, version=version))


def _said_id(item: Item) -> str:
    """Return the instance id that an item says of itself, as far as it could be read."""
    if item.answers is not None:
        return item.answers.submission.instance_id
    return (item.locked.instance_id if item.locked is not None else item.instance_id).strip()


def _manifest_id(item: Item) -> str:
    """Return the id that the manifest of an opened one says; whoever has a blank form can put another one inside."""
    return read_manifest(item.wrapped.manifest).instance_id if item.wrapped is not None else ""


def _stamps(item: Item) -> tuple[str, str]:
    if item.answers is not None:
        return item.answers.submission.stamp, item.answers.submission.stamp_version
    return (item.locked.form, item.locked.version) if item.locked is not None else ("", "")


def _put_off(item: Item, wrapped: Wrapped | None) -> Item:
    """Let what was opened before its files, and cannot be read, wait for them: only then is it known what is wrong with it."""
    if wrapped is None or not wrapped.brief:
        return item
    said = read_manifest(wrapped.manifest)
    locked = Locked("files", said.form_id, said.version or "", said.instance_id, brief=True)
    return Item(
        item.tag, msgspec.structs.replace(item.found, content=wrapped.manifest), item.before, locked=locked
    )


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
        item = as_shown(open_item(self.server, tag, found, before))
        if item.answers is None:
            return _put_off(item, self.server.wrapped(found.sighting.place))
        said = item.answers.submission
        way = self.served.way(said)
        if (way.stamp, way.version) != (said.stamp, said.stamp_version):
            said = msgspec.structs.replace(said, stamp=way.stamp, stamp_version=way.version)
            read = msgspec.structs.replace(item.answers, submission=said)
            item = msgspec.structs.replace(item, answers=read)
        if way.encrypted and item.wrapped is None:
            item = msgspec.structs.replace(item, exposed=True, accepted=self.take_clear)
        return item


def prove(
    rows: Rows, server: str, actor: str, repeats: Iterable[Same], asides: Iterable[Aside]
) -> tuple[set[Root], list[Entry]]:
    """Mark what is proved now, and what turns out to be something else.

    Return the roots to derive again, and the lines of the chain.

    Args:
        rows: the open transaction.
        server: name of the server.
        actor: code of who pulls.
        repeats: versions that are held; those that come whole now prove what was opened provisionally.
        asides: what is put aside; a version opened provisionally whose files do not fit is among them.
    """
    found: set[Root] = set()
    entries: list[Entry] = []
    for one in repeats:
        if one.item.wrapped is not None and one.item.wrapped.state != PROVISIONAL:
            said = _Said(one.item.wrapped.state, "VERIFIED", actor)
            found |= said.write(rows, server, [one.version.instance_id], entries)
    broken: dict[str | None, list[str]] = {}
    for each in asides:
        if each.item.instance_id:
            broken.setdefault(_form(each), []).append(each.item.instance_id)
    for form, ids in broken.items():
        found |= _Said(BROKEN, "INTEGRITY", actor).write(rows, server, ids, entries, form)
    return found, entries


def _form(one: Aside) -> str | None:
    """Return the form at whose place something was put aside, None in a folder: it says nothing of another form's."""
    found = one.item.found
    return None if found.shape == "openrosa" else found.sighting.place.partition("\t")[0]


class _Said:
    """One word about versions that were opened provisionally."""

    def __init__(self, state: str, action: Action, actor: str) -> None:
        self._state = state
        self._action: Action = action
        self._actor = actor

    def write(
        self,
        rows: Rows,
        server: str,
        instance_ids: Sequence[str],
        entries: list[Entry],
        form: str | None = None,
    ) -> set[Root]:
        if not instance_ids:
            return set()
        kept = submission
        doubtful = (
            (kept.c.server == server)
            & kept.c.instance_id.in_(instance_ids)
            & (kept.c.encryption == PROVISIONAL)
        )
        if form is not None:
            doubtful &= kept.c.form == form
        found = rows.execute(select(kept.c.stamp, kept.c.root_id, kept.c.instance_id).where(doubtful)).all()
        if found:
            rows.execute(update(kept).where(doubtful).values(encryption=self._state))
        details = {"encryption": self._state, "server": server}
        entries += [Entry(self._action, self._actor, row.instance_id, details) for row in found]
        return {(row.stamp, row.root_id) for row in found}
