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

from sync_scripts.intake.places import standing
from sync_scripts.intake.receive import known as knowledge
from sync_scripts.intake.receive import plan, reading
from sync_scripts.intake.receive.decisions import (
    Aside,
    Decision,
    Erased,
    Keep,
    Known,
    Same,
    turns,
)
from sync_scripts.intake.receive.place_rows import Places
from sync_scripts.intake.receive.scopes import Scopes, any_waits
from sync_scripts.intake.receive.split import Part, Tagger, hostile
from sync_scripts.register.model.codes import Root
from sync_scripts.servers.base import State
from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.custody import Entry
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import raw
from sync_scripts.store.seal import erasing, sealed_rows
from sync_scripts.store.seal.sealing import Sealer

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
    _scopes: Scopes = field(init=False)
    _entries: list[Entry] = field(default_factory=list)
    _arrived: dict[Root, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with no scope known."""
        self._scopes = Scopes(self.rows, self.server)

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
        self._erased([one for one in decisions if isinstance(one, Erased)])
        self._places(decisions)
        custody.append(self.rows, self._entries, self.now)
        sealed_rows.keep(self.rows, self.sealer, self.now, self.actor)
        self.mark(self.rows, dict.fromkeys(finished, 0) | self._arrived)
        if cursor is not None:
            form, value = cursor
            mark = {"server": self.server, "form": form, "value": value, "at": instant(self.now)}
            self.rows.upsert(raw.watermark, [mark])

    def _places(self, decisions: Sequence[Decision]) -> None:
        """Remember every place as it looked, and what could not be read."""
        made = Places(self.rows, self.sealer, self.server, self.actor, self.now, self._scopes)
        self._entries += made.write(decisions)

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
        sought = [one.version for one in keeps] if any_waits(self.rows, self.server) else families
        self._scopes.find((one.form, one.root_id) for one in sought)
        arrival = (self.rows.execute(select(func.max(raw.submission.c.arrival))).scalar() or 0) + 1
        turned = turns(known, {one.version.root_id for one in keeps})
        made = [self._submission(one, arrival + number, turned) for number, one in enumerate(keeps)]
        for number, one in enumerate(keeps):
            self._arrived.setdefault((one.version.stamp, one.version.root_id), arrival + number)
        files = [row for one in keeps for row in self._announced(one)]
        self._scopes.keep()
        self.rows.many(raw.submission, made)
        self.rows.many(raw.attachment, files)
        self._turn(known, {one for one in turned if known.versions[one].current})
        turned_later = (one for one in families if not turned.get(one.instance_id))
        standing.stand(
            self.rows, self.server, ((one.form, one.root_id, one.instance_id) for one in turned_later)
        )

    def _submission(self, one: Keep, arrival: int, turned: Mapping[str, bool]) -> dict[str, Any]:
        said, version = one.submission, one.version
        own = self._scopes.of(version.form, version.root_id)
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
            own = self._scopes.of(one.version.form, one.version.root_id, part.owner)
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
            "scope": self._scopes.of(one.version.form, one.version.root_id, owner),
            "state": "refused" if refused else "announced",
            "at": instant(self.now),
        }

    def _finished(self, repeats: Iterable[Same]) -> set[Root]:
        """Take the doubt from versions that came from a phone's folder and now come finished; return their roots."""
        sure = [one.version for one in repeats if one.item.found.state is State.FINISHED]
        if not sure:
            return set()
        kept = raw.submission
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
                update(raw.submission)
                .where(
                    raw.submission.c.server == self.server,
                    raw.submission.c.form == held.form,
                    raw.submission.c.root_id == held.root_id,
                    raw.submission.c.instance_id == instance_id,
                )
                .values(current=False)
            )

    def _erased(self, gone: Sequence[Erased]) -> None:
        """Put on the list what belongs to something erased, so that what follows it does not come in by another name.

        Not what lives here: nobody makes a submission unwelcome by naming it beside an erased one.
        """
        lives = knowledge.living(self.rows, {name for one in gone for name in one.ids})
        for one in gone:
            erasing.listed(self.rows, [one.scope], set(one.ids) - lives, self.now)
