"""One decided page into the store: raw bytes sealed, open parts, custody, quarantine and marks to build, all in one transaction.

Everything here happens inside the caller's transaction and with its sealer, so that a page is there whole or not at
all. Decides nothing: what to do was said by ``plan``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from sync_scripts.intake.encryption.parking import Held, Parking
from sync_scripts.intake.places import standing
from sync_scripts.intake.places.table import CHUNK, FILES, MOVED, NOT_OWED, QUARANTINED, WAITING
from sync_scripts.intake.receive import known as knowledge
from sync_scripts.intake.receive import plan, reading
from sync_scripts.intake.receive.decisions import (
    Aside,
    Decision,
    Erased,
    Keep,
    Known,
    Same,
    Version,
    Wait,
    about,
    has_unnamed_files,
    outcome,
    received_at,
)
from sync_scripts.intake.receive.split import SUBMISSION, Part, Tagger, entry_code, hostile
from sync_scripts.intake.turns import turns
from sync_scripts.register.model.codes import Root, chunks
from sync_scripts.servers.base import State
from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.custody import Entry
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema.raw import (
    attachment,
    place,
    scope,
    submission,
    watermark,
)
from sync_scripts.store.seal import erasing, sealed_rows
from sync_scripts.store.seal.sealed_items import SealedItem
from sync_scripts.store.seal.sealing import Sealer, new_scope

Mark = Callable[[Rows, Mapping[Root, int]], None]
"""Marks submissions to be built, in the same transaction; knows the order of arrival of what is new, 0 = nothing is."""


@dataclass(slots=True)
class Keeper:
    """Writes one page.

    Attributes:
        rows: the open transaction.
        sealer: of this transaction; its page is stored at the end.
        server: name of the server, part of every key.
        tags: keyed tags.
        actor: who pulls.
        now: the moment of this page.
        mark: says what is to be built.
    """

    rows: Rows
    sealer: Sealer
    server: str
    tags: Tagger
    actor: Actor
    now: datetime
    mark: Mark
    _scopes: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _new_scopes: list[dict[str, Any]] = field(default_factory=list)
    _entries: list[Entry] = field(default_factory=list)
    _arrived: dict[Root, int] = field(default_factory=dict)
    _beside: str = field(default_factory=new_scope)

    def write(
        self, decisions: Sequence[Decision], known: Known, cursor: tuple[str, str] | None = None
    ) -> None:
        """Store a page.

        Args:
            decisions: what to do with each submission.
            known: what was known, with what was decided to be kept.
            cursor: (form, value) to go on from once this page is stored.
        """
        keeps = [one for one in decisions if isinstance(one, Keep)]
        asides = [one for one in decisions if isinstance(one, Aside)]
        self._submissions(keeps, known)
        repeats = [one for one in decisions if isinstance(one, Same)]
        proved, lines = reading.prove(self.rows, self.server, self.actor.code, repeats, asides)
        finished = self._finished(repeats) | proved
        self._entries += lines
        held = self._held(decisions)
        made = self._quarantine(asides, held)
        self._erased([one for one in decisions if isinstance(one, Erased)])
        parking = Parking(self.rows, self.sealer, self.server, self.actor, self.now, self._beside)
        made |= parking.park([one for one in decisions if isinstance(one, Wait)], held, self._entries)
        self._places(decisions, held, made)
        custody.append(self.rows, self._entries, self.now)
        sealed_rows.keep(self.rows, self.sealer, self.now, self.actor)
        self.mark(self.rows, dict.fromkeys(finished, 0) | self._arrived)
        if cursor is not None:
            form, value = cursor
            mark = {"server": self.server, "form": form, "value": value, "at": instant(self.now)}
            self.rows.upsert(watermark, [mark])

    # --- versions ---

    def _submissions(self, keeps: Sequence[Keep], known: Known) -> None:
        if not keeps:
            return
        families = [
            one.version
            for one in keeps
            if len(known.families[one.version.root_id]) > 1
            or one.item.wrapped is not None  # it may have waited
        ]
        # what waits encrypted has its scope already, also where it comes in the clear
        waits = knowledge.any_waits(self.rows, self.server)
        self._find_scopes([one.version for one in keeps] if waits else families)
        arrival = (self.rows.execute(select(func.max(submission.c.arrival))).scalar() or 0) + 1
        turned = turns(known, {one.version.root_id for one in keeps})
        made = [self._submission(one, arrival + number, turned) for number, one in enumerate(keeps)]
        for number, one in enumerate(keeps):
            self._arrived.setdefault((one.version.stamp, one.version.root_id), arrival + number)
        files = [row for one in keeps for row in self._announced(one)]
        self.rows.many(scope, self._new_scopes)
        self._new_scopes.clear()
        self.rows.many(submission, made)
        self.rows.many(attachment, files)
        self._turn(known, {one for one in turned if known.versions[one].current})
        turned_later = (one for one in families if not turned.get(one.instance_id))
        standing.stand(
            self.rows, self.server, ((one.form, one.root_id, one.instance_id) for one in turned_later)
        )

    def _submission(self, one: Keep, arrival: int, turned: Mapping[str, bool]) -> dict[str, Any]:
        said, version = one.submission, one.version
        own = self._scope(one, SUBMISSION)
        sealed = self.sealer.seal_version(
            one.item.found.content,
            own,
            f"submission:{version.root_id}",
            version.instance_id,
            beside=one.item.wrapped.document() if one.item.wrapped else None,
        )
        self._seal_parts(one, one.split.parts)
        details = {
            "at": version.received_at,
            "form": said.stamp,
            "road": one.item.found.sighting.road,
            "sealed": sealed.sealed_sha256,
            "server": self.server,
            "version": version.instance_id,
            **plan.details(one.item.found, version.received_at),
        }
        if one.item.encryption is not None:
            details["encryption"] = one.item.encryption
        self._entries.append(Entry("RECEIVED", self.actor.code, sealed.commitment, details))
        return {
            "server": self.server,
            "form": version.form,
            "root_id": version.root_id,
            "instance_id": version.instance_id,
            "stamp": version.stamp,
            "deprecated_id": version.deprecated_id,
            "form_version": said.stamp_version,
            "submitter": plan.submitter(one),
            "received_at": version.received_at,
            "device_start": instant(said.device_start) if said.device_start else None,
            "device_end": instant(said.device_end) if said.device_end else None,
            "status": "ok",
            "maybe_draft": True if one.item.found.state is State.UNKNOWN else None,
            "scope": own,
            "size": version.size,
            "open_part": one.split.open_part,
            "open_hash": version.open_hash,
            "current": turned.get(version.instance_id, False),
            "arrival": arrival,
            "encryption": one.item.encryption,
        }

    def _seal_parts(self, one: Keep, parts: Iterable[Part]) -> None:
        for part in parts:
            own = self._scope(one, part.owner)
            self.sealer.seal_part(part.document(), own, "row", part.row, one.version.instance_id)

    def _announced(self, one: Keep) -> list[dict[str, Any]]:
        """Return a row for each file that the answers announce; a name that could do harm is not waited for."""
        found: dict[str, dict[str, Any]] = {}
        for media in one.split.media:
            tag = self.tags.file(one.version.instance_id, media.name)
            found.setdefault(
                tag, self._attachment(one, tag, media.owner, media.question, hostile(media.name))
            )
        return list(found.values())

    def _attachment(self, one: Keep, tag: str, owner: str, question: str, refused: bool) -> dict[str, Any]:
        return {
            "server": self.server,
            "form": one.version.form,
            "root_id": one.version.root_id,
            "instance_id": one.version.instance_id,
            "tag": tag,
            "question": question,
            "scope": self._scope(one, owner),
            "state": "refused" if refused else "announced",
            "at": instant(self.now),
        }

    def _finished(self, repeats: Iterable[Same]) -> set[Root]:
        """Take the doubt from versions that came from a phone's folder and now come finished; return their roots."""
        sure = [one.version for one in repeats if one.item.found.state is State.FINISHED]
        if not sure:
            return set()
        kept = submission
        doubtful = (
            (kept.c.server == self.server)
            & kept.c.form.in_({one.form for one in sure})
            & kept.c.root_id.in_([one.root_id for one in sure])
            & kept.c.instance_id.in_([one.instance_id for one in sure])
            & kept.c.maybe_draft.is_(True)
        )
        found = self.rows.execute(select(kept.c.stamp, kept.c.root_id).where(doubtful)).all()
        if found:
            self.rows.execute(update(kept).where(doubtful).values(maybe_draft=None))
        return {(row.stamp, row.root_id) for row in found}

    def _turn(self, known: Known, instance_ids: Iterable[str]) -> None:
        """Let earlier versions cease to count."""
        for instance_id in sorted(instance_ids):
            held = known.versions[instance_id]
            self.rows.execute(
                update(submission)
                .where(
                    submission.c.server == self.server,
                    submission.c.form == held.form,
                    submission.c.root_id == held.root_id,
                    submission.c.instance_id == instance_id,
                )
                .values(current=False)
            )

    def _find_scopes(self, versions: Sequence[Version]) -> None:
        if versions:
            named = ((one.form, one.root_id) for one in versions)
            self._scopes |= knowledge.scopes(self.rows, self.server, named)

    def _scope(self, one: Keep, owner: str) -> str:
        """Return the scope of a submission, or of a person in it."""
        form, root_id = one.version.form, one.version.root_id
        own = self._scope_of("submission", form, root_id)
        return self._scope_of("person", form, root_id, owner, own) if owner else own

    def _scope_of(
        self, kind: str, form: str, root_id: str, owner: str = "", submission: str | None = None
    ) -> str:
        key = (form, root_id, owner)
        if key not in self._scopes:
            name = self._scopes[key] = new_scope(self._beside)
            server = "" if kind == knowledge.WORKSPACE else self.server
            where = {"server": server, "form": form, "root_id": root_id, "row": owner}
            self._new_scopes.append({"id": name, "kind": kind, **where, "submission": submission})
        return self._scopes[key]

    # --- quarantine ---

    def _quarantine(self, asides: Sequence[Aside], held: Held) -> dict[str, dict[str, Any]]:
        """Seal what is put aside; return what is written of each place, by tag."""
        self._find_scopes([one.held for one in asides if one.held])
        made = {one.item.tag: self._entry(one, held.get(one.item.tag)) for one in asides}
        self.rows.many(scope, self._new_scopes)
        self._new_scopes.clear()
        return made

    def _entry(self, one: Aside, held: Mapping[Any, Any] | None) -> dict[str, Any]:
        said, tries = one.refusal, ((held["tries"] or 0) if held else 0) + 1
        return {
            "stamp": said.form or None,
            "form_version": said.version or None,
            "problem": said.code,
            "spot": said.place or None,
            "received_at": received_at(one.item.found, instant(self.now)),
            "names": " ".join(sorted(about(one))),
            **self._bytes(one, held, f"quarantine:{entry_code(one.item.tag)}", str(tries)),
            "first_at": (held["first_at"] if held else None) or instant(self.now),
            "tries": tries,
        }

    def _bytes(self, one: Aside, held: Mapping[Any, Any] | None, row: str, version: str) -> dict[str, Any]:
        """Seal the bytes of an entry; those that lie there as they came or as at the last try, or are cut off, are not."""
        sighting, content = one.item.found.sighting, one.item.found.content
        same = one.item.before and (sighting.size, sighting.moved_ns) == one.item.before.stamp
        if held and (held["waits"] or (same and held["problem"])):
            return {}
        if sighting.size > len(content):
            return {"bytes": sighting.size, "scope": None, "key_page": None, "item": None}
        own = self._scopes[one.held.form, one.held.root_id, ""] if one.held else self._workspace_scope()
        sealed = self.sealer.seal(content, own, "quarantine", row, version)
        self._entries.append(self._put_aside(one, sealed, row))
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

    def _workspace_scope(self) -> str:
        found = knowledge.workspace_scope(self.rows)
        return self._scope_of(knowledge.WORKSPACE, "", "") if found is None else found

    def _erased(self, gone: Sequence[Erased]) -> None:
        """Put on the list what belongs to something erased, so that what follows it does not come in by another name.

        Not what lives here: nobody makes a submission unwelcome by naming it beside an erased one.
        """
        lives = knowledge.living(self.rows, {name for one in gone for name in one.ids})
        for one in gone:
            erasing.listed(self.rows, [one.scope], set(one.ids) - lives, self.now)

    # --- places ---

    def _held(self, decisions: Sequence[Decision]) -> Held:
        """Return what is written of these places, as far as something was put aside there or waited, encrypted."""
        seen = [one.item.tag for one in decisions if one.item.before is not None]
        ever = place.c.problem.is_not(None) | place.c.waits.is_not(None)
        return {
            row["tag"]: row
            for some in chunks(seen, CHUNK)
            for row in self.rows.execute(
                select(place).where(place.c.server == self.server, place.c.tag.in_(some), ever)
            ).mappings()
        }

    def _places(
        self, decisions: Sequence[Decision], held: Held, made: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Remember every place as it looked; of what could not be read, or was not once, why, since when, and where it lies."""
        rows = {one.item.tag: self._place(one) for one in decisions}
        kept = [self._kept(rows.pop(tag), held.get(tag, {}), made.get(tag, {})) for tag in {**held, **made}]
        self.rows.upsert(place, list(rows.values()))
        self.rows.upsert(place, kept)

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
