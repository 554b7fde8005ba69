"""What is written of each place of a page: how it looked, what came of it, and, where that could not be read, why and since when.

The bytes of what is put aside, or waits encrypted, are sealed as they came; the place says where they lie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.intake.errors import EditOfErased
from sync_scripts.intake.places.table import CHUNK, ERASED, FILES, MOVED, NOT_OWED, QUARANTINED, WAITING
from sync_scripts.intake.receive.decisions import (
    Aside,
    Decision,
    Erased,
    Keep,
    Same,
    Wait,
    about,
    has_unnamed_files,
    named,
    outcome,
    received_at,
    root_of,
    served_form,
)
from sync_scripts.intake.receive.scopes import Scopes
from sync_scripts.intake.receive.split import entry_code
from sync_scripts.register.model.codes import chunks
from sync_scripts.store.canonical import instant
from sync_scripts.store.custody import Entry
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema.raw import place
from sync_scripts.store.seal.sealed_items import SealedItem
from sync_scripts.store.seal.sealing import Sealer

VAULT: Final = "vault"
"""Road of what was opened with the vault: its bytes lie sealed already."""
Held = Mapping[str, Mapping[Any, Any]]
"""Rows of places, by tag."""


@dataclass(slots=True)
class Places:
    """Writes the places of one page, in the caller's transaction and with its sealer; ``scopes`` are those of the page."""

    rows: Rows
    sealer: Sealer
    server: str
    actor: Actor
    now: datetime
    scopes: Scopes
    _entries: list[Entry] = field(default_factory=list)

    def write(self, decisions: Sequence[Decision]) -> list[Entry]:
        """Remember every place as it looked; return a line of the chain for all bytes that were sealed."""
        held = self._held(decisions)
        made = self._quarantine([one for one in decisions if isinstance(one, Aside)], held)
        made |= self._waiting([one for one in decisions if isinstance(one, Wait)], held)
        made |= {
            one.item.tag: self._edited(one) for one in decisions if isinstance(one, Erased) and one.edited
        }
        rows = {one.item.tag: self._place(one) for one in decisions}
        kept = [self._kept(rows.pop(tag), held.get(tag, {}), made.get(tag, {})) for tag in {**held, **made}]
        self.rows.upsert(place, list(rows.values()))
        self.rows.upsert(place, kept)
        return self._entries

    def _quarantine(self, asides: Sequence[Aside], held: Held) -> dict[str, dict[str, Any]]:
        """Seal what is put aside; return what is written of each place, by tag."""
        self.scopes.find((one.held.form, one.held.root_id) for one in asides if one.held)
        made = {one.item.tag: self._entry(one, held.get(one.item.tag)) for one in asides}
        self.scopes.keep()
        return made

    def _waiting(self, waits: Sequence[Wait], held: Held) -> dict[str, dict[str, Any]]:
        """Seal what waits as it came; what waits already is only seen again. Return what is written of each place, by tag."""
        self.scopes.find((one.locked.form, root_of(one)) for one in waits)
        made = {one.item.tag: self._wait(one, held.get(one.item.tag)) for one in waits}
        self.scopes.keep()
        return made

    def _wait(self, one: Wait, held: Mapping[Any, Any] | None) -> dict[str, Any]:
        found, locked, at, root_id = one.item.found, one.locked, instant(self.now), root_of(one)
        if held is not None and held["waits"] is not None:
            return {"waits": locked.reason, "gone_at": None}
        own = self.scopes.of(locked.form, root_id)
        sealed = self.sealer.seal(found.content, own, "manifest", f"submission:{root_id}", locked.instance_id)
        details = {
            "at": received_at(found, at),
            "form": locked.form,
            "road": found.sighting.road,
            "server": self.server,
            "waiting": locked.reason,
        }
        self._entries.append(Entry("RECEIVED", self.actor.code, sealed.sealed_sha256, details))
        return {
            "form": locked.form,
            "form_version": locked.version,
            "root_id": root_id,
            "instance_id": locked.instance_id,
            "submitter": found.submitter,
            "received_at": received_at(found, at),
            "waits": locked.reason,
            "names": " ".join(sorted({*named(one.item), root_id} - {""})),
            "bytes": len(found.content),
            "scope": own,
            "key_page": sealed.key_page,
            "item": sealed.item,
            "first_at": at,
            "gone_at": None,
        }

    def _entry(self, one: Aside, held: Mapping[Any, Any] | None) -> dict[str, Any]:
        said, tries = one.refusal, ((held["tries"] or 0) if held else 0) + 1
        return {
            "stamp": said.form or served_form(one.item) or None,
            "form_version": said.version or None,
            "problem": said.code,
            "spot": said.place or None,
            "received_at": received_at(one.item.found, instant(self.now)),
            "names": " ".join(sorted(about(one))),
            **self._bytes(one, held, f"quarantine:{entry_code(one.item.tag)}", str(tries)),
            "first_at": (held["first_at"] if held else None) or instant(self.now),
            "tries": tries,
        }

    def _edited(self, one: Erased) -> dict[str, Any]:
        """Return what is written of a version, not seen before, of what was erased: that it came, and none of it."""
        form, version = one.stamps
        said = {"form": form, "problem": EditOfErased.code, "server": self.server}
        self._entries.append(Entry("INTEGRITY", self.actor.code, one.item.tag, said))
        return {
            "form": served_form(one.item) or form,
            "stamp": form or None,
            "form_version": version or None,
            "problem": EditOfErased.code,
            "spot": None,
            "names": " ".join(sorted(about(one))),
            "submitter": one.item.found.submitter,
            "received_at": received_at(one.item.found, instant(self.now)),
            "first_at": instant(self.now),
            "tries": 1,
        }

    def _bytes(self, one: Aside, held: Mapping[Any, Any] | None, row: str, version: str) -> dict[str, Any]:
        """Seal the bytes of an entry; those that lie there as they came or as at the last try, or are cut off, are not.

        What came encrypted lies there as it came. Other bytes in its place are sealed like any, and the place goes on pointing to what
        waits: nothing else does, and it may still be opened.
        """
        sighting, content = one.item.found.sighting, one.item.found.content
        same = one.item.before and (sighting.size, sighting.moved_ns) == one.item.before.stamp
        if held and (sighting.road == VAULT or (same and (held["waits"] or held["problem"]))):
            return {}
        waits = held is not None and held["waits"] and held["state"] in {QUARANTINED, WAITING}
        if sighting.size > len(content):
            return {} if waits else {"bytes": sighting.size, "scope": None, "key_page": None, "item": None}
        own = self.scopes.of(one.held.form, one.held.root_id) if one.held else self.scopes.of_workspace()
        sealed = self.sealer.seal(content, own, "quarantine", row, version)
        self._entries.append(self._put_aside(one, sealed, row))
        if waits:
            return {}
        return {"bytes": len(content), "scope": own, "key_page": sealed.key_page, "item": sealed.item}

    def _put_aside(self, one: Aside, sealed: SealedItem, row: str) -> Entry:
        """Return the line of the chain: these bytes came, from where and when, by which account, and why they were put aside."""
        found = one.item.found
        details = {
            "at": received_at(found, instant(self.now)),
            "form": one.refusal.form,
            "problem": one.refusal.code,
            "quarantine": row.partition(":")[2],
            "road": found.sighting.road,
            "server": self.server,
            **({"submitter": found.submitter} if found.submitter else {}),
        }
        return Entry("RECEIVED", self.actor.code, sealed.sealed_sha256, details)

    def _held(self, decisions: Sequence[Decision]) -> Held:
        """Return what is written of these places, as far as something was put aside there or waited, encrypted."""
        ever = place.c.problem.is_not(None) | place.c.waits.is_not(None)
        return {
            row["tag"]: row
            for some in chunks([one.item.tag for one in decisions], CHUNK)
            for row in self.rows.execute(
                select(place).where(place.c.server == self.server, place.c.tag.in_(some), ever)
            ).mappings()
        }

    def _kept(
        self, looked: dict[str, Any], held: Mapping[Any, Any], made: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the row of a place of which something was put aside or waits, or did."""
        row: dict[str, Any] = {**dict.fromkeys(place.c.keys()), **looked, **held, **made}
        row |= {name: looked[name] for name in ("state", "reason", "size", "moved_ns")}
        if looked["form"]:
            row |= {name: looked[name] for name in ("form", "root_id")}
        if made or held["state"] in {QUARANTINED, WAITING}:
            row["last_at"] = instant(self.now)
        if row["state"] not in {QUARANTINED, WAITING, ERASED}:  # read by now: it holds nothing back any more
            row["names"] = None
        return row

    def _place(self, one: Decision) -> dict[str, Any]:
        """Return the row of a place that was read; one whose files are others stays marked until they were looked at."""
        before, (state, reason), sighting = one.item.before, outcome(one), one.item.found.sighting
        kept = before is not None and before.moved_ns == MOVED and reason == FILES
        named = (
            one.version
            if isinstance(one, Keep | Same) and reason == FILES and has_unnamed_files(one)
            else None
        )
        return {
            "server": self.server,
            "tag": one.item.tag,
            "state": state,
            "reason": reason,
            "form": named.form if named else None,
            "root_id": named.root_id if named else None,
            "size": sighting.size,
            "moved_ns": MOVED if kept else sighting.moved_ns,
            **NOT_OWED,
        }
