"""The files beside submissions: streamed, hashed, sealed, stored in small batches. Never a name as a path, or in clear.

Files come after their submission's page is stored, a few at a time in a transaction of their own, so that a cut costs
at most one batch. A file that is not there yet is looked for again at every pull; an empty one too.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake.notes import FileCleared, FileTooLarge
from sync_scripts.intake.places.table import MOVED
from sync_scripts.intake.receive.decisions import Keep, settled
from sync_scripts.intake.receive.file_choice import GONE, Choice, Held, Holder, Shadow, Wanted, choose
from sync_scripts.intake.receive.passing import Bounded, TooLong
from sync_scripts.intake.receive.scopes import scopes
from sync_scripts.intake.receive.split import Tagger, hostile
from sync_scripts.intake.run import Run
from sync_scripts.servers.abilities import Marked, Rechecks
from sync_scripts.servers.base import AttachmentRef, FileGone
from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.custody import Entry
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import attachment, place
from sync_scripts.store.seal import sealed_rows
from sync_scripts.store.seal.sealed_items import SealedFile
from sync_scripts.store.seal.sealing import Sealer

BATCH_FILES, BATCH_BYTES = 16, 32_000_000


@dataclass(slots=True)
class Files:
    """Takes the files of one page of submissions that are stored; a dry run only chooses and counts.

    Attributes:
        run: the run.
        now: the moment of this page.
    """

    run: Run
    now: datetime
    _complete: list[Holder] = field(default_factory=list)
    _coming: Counter[str] = field(default_factory=Counter)
    """Files that are still to be taken, by the tag of their submission's place."""
    _marks: list[tuple[Wanted, str]] = field(default_factory=list)
    _learnt: list[tuple[Holder, str, str]] = field(default_factory=list)
    _missing: list[tuple[Holder, tuple[str, ...]]] = field(default_factory=list)
    _untold: set[str] = field(default_factory=set)
    """Tags of the places of which the server did not say whether a file is another one now: they are looked at again."""

    def take(self, holders: Sequence[Holder]) -> None:
        """Take what is there of the files of these submissions, and remember which have all of theirs."""
        if not holders:
            return
        if self.run.dry_run:
            self.run.tally.counts["files_new"] += sum(len(one.take) for one in self._choices(holders))
            return
        wanted = (one for choice in self._choices(holders) for one in choice.take)
        more, ended = True, None
        while more and ended is None:
            more, ended = self._store(wanted)
        self._finish()  # also when the source ended it; not when the register did, which then holds nothing of these files
        if ended is not None:
            raise ended

    def _choices(self, holders: Sequence[Holder]) -> Iterator[Choice]:
        with self.run.register.reading() as rows:
            held = self._held(rows, holders)
            own = self._own(rows, holders)
        for holder in holders:
            refs = self._refs(holder)
            if refs is None:
                continue
            scope_id = own.get(holder.version.root_id, "")
            known = held.setdefault(holder.version.instance_id, {})
            choice = choose(
                holder,
                refs,
                known,
                own=scope_id,
                tags=self.run.tags,
                limit=self.run.way.file_limit,
                whole=self._whole(holder),
            )
            self._learnt += [(holder, tag, mark) for tag, mark in choice.learnt]
            self.run.tally.notes.update(choice.notes)
            self._marks += choice.marks
            self._missing += [(holder, choice.missing)] if choice.missing else []
            known |= {one.tag: self._taken(one) for one in choice.take}
            known |= {tag: replace(known[tag], state="missing") for tag in choice.missing}
            known |= {tag: replace(known[tag], mark=mark) for tag, mark in choice.learnt}
            known |= {one.tag: Held(one.tag, state, one.question, one.scope) for one, state in choice.marks}
            if not choice.awaited and holder.item.tag not in self._untold:
                self._complete.append(holder)
            self._coming[holder.item.tag] += len(choice.take)
            yield choice

    def _refs(self, holder: Holder) -> Sequence[AttachmentRef] | None:
        """Return the files that lie beside a submission; None when they cannot be listed now."""
        sighting = holder.item.found.sighting
        if sighting.files == 0:
            return ()
        try:
            refs = self.run.server.attachments(sighting.place)
            return (
                [replace(one, mark="") for one in refs]
                if self._of_other(holder)
                else self._marked(holder, refs)
            )
        except FileGone as gone:
            if gone.errno != errno.ESTALE:  # edited meanwhile: its files are those of the later version now
                self.run.tally.file_unread(sighting.place)
            return None

    def _marked(self, holder: Holder, refs: Sequence[AttachmentRef]) -> Sequence[AttachmentRef]:
        """Return the files with their marks, asked one by one where they were found to be others."""
        before = holder.item.before
        server = self.run.server
        if before is None or before.moved_ns != MOVED or not isinstance(server, Rechecks):
            return refs
        return [replace(one, mark=self._mark(server, holder, one)) for one in refs]

    def _mark(self, server: Rechecks, holder: Holder, ref: AttachmentRef) -> str:
        """Return what a server says of the bytes of one file, "" for nothing; where it does not answer, it is told."""
        try:
            return server.mark_of(ref) or ""
        except FileGone:
            self.run.tally.file_unread(ref.place, ref.name)
            self._untold.add(holder.item.tag)
            return ""

    def _whole(self, holder: Holder) -> bool:
        """Tell whether what a source does not list is gone: never in a folder, nor for a version of before, or of another form."""
        sighting = holder.item.found.sighting
        if self._of_other(holder):
            return False
        return self.run.server.abilities.edits_by_root and not (
            sighting.files == 0 and sighting.moved_ns == 0
        )

    def _of_other(self, holder: Holder) -> bool:
        """Tell whether a place shows what came by another form: its files are copies, of which only what lacks is taken."""
        form = holder.item.found.sighting.place.partition("\t")[0]
        return self.run.server.abilities.edits_by_root and form != holder.version.form

    def _held(self, rows: Rows, holders: Sequence[Holder]) -> Shadow:
        found: Shadow = {}
        table = attachment.c
        ids = [one.version.instance_id for one in holders]
        columns = (table.instance_id, table.tag, table.state, table.question, table.scope)
        asked = select(*columns, table.mark, table.follows).where(
            table.server == self.run.name, table.instance_id.in_(ids)
        )
        for row in rows.execute(asked):
            held = Held(row.tag, row.state, row.question, row.scope, row.mark, row.follows is not None)
            found.setdefault(row.instance_id, {})[row.tag] = held
        return self._shadowed(found, holders) if self.run.dry_run else found

    def _shadowed(self, found: Shadow, holders: Sequence[Holder]) -> Shadow:
        """Return what would be known in a real run; what is learnt of these submissions is remembered."""
        for one in holders:
            name = one.version.instance_id
            if isinstance(one, Keep):
                self.run.shadow[name] = dict(_announced(one, self.run.tags))
            self.run.shadow.setdefault(name, found.get(name, {}))
        return self.run.shadow

    def _own(self, rows: Rows, holders: Sequence[Holder]) -> dict[str, str]:
        named = ((one.version.form, one.version.root_id) for one in holders)
        return {
            root_id: name
            for (_form, root_id, owner), name in scopes(rows, self.run.name, named).items()
            if not owner
        }

    # --- storing ---

    def _store(self, wanted: Iterator[Wanted]) -> tuple[bool, Unreachable | NotAllowed | None]:
        """Store the next few files in one transaction; tell whether there may be more, and what ended it at the source.

        What is wanted is listed one submission after the other, each before its files are asked for: a line that is cut
        soon brings files, and not only lists. When the server ends it, what came whole until then is stored first.
        """
        sealed: list[tuple[Wanted, SealedFile, str | None]] = []
        ended: Unreachable | NotAllowed | None = None
        more, size = True, 0
        with self.run.register.sealer() as sealer:
            while more and ended is None and len(sealed) < BATCH_FILES and size < BATCH_BYTES:
                one: Wanted | None = None
                try:
                    one = next(wanted, None)
                    more = one is not None
                    made = self._seal(sealer, one) if one else None
                except (Unreachable, NotAllowed) as failure:
                    ended = failure
                    self._complete = [
                        holder for holder in self._complete if not one or holder is not one.holder
                    ]
                    continue
                if one:
                    self._coming[one.holder.item.tag] -= 1
                if one and made:
                    sealed.append((one, *made))
                    size += made[0].size
            if sealed:
                with self.run.register.writing() as rows:
                    rows.upsert(
                        attachment, [self._row(one, "held", made, mark) for one, made, mark in sealed]
                    )
                    custody.append(rows, [self._received(one, made) for one, made, _mark in sealed], self.now)
                    sealed_rows.keep(rows, sealer, self.now, self.run.actor)
                    self._all_here(rows)
        self.run.tally.counts["files_new"] += len(sealed)
        self.run.way.files(len(sealed))
        return more, ended

    def _seal(self, sealer: Sealer, one: Wanted) -> tuple[SealedFile, str | None] | None:
        """Seal one file, with the mark of its bytes; None when it is not handed over, or is larger than may be.

        Raises:
            NotAllowed, Unreachable: it is the server as a whole, not a file.
        """
        version = one.holder.version.instance_id
        try:
            with self.run.server.open(one.ref) as reader:
                bounded = Bounded(reader, self.run.way.file_limit)
                made = sealer.seal_stream(
                    bounded, one.scope, "file", f"attachment:{one.tag}", version, name=one.ref.name
                )
                said = one.ref.mark or (reader.mark if isinstance(reader, Marked) else "")
                return made, self._own_mark(one.holder, self.run.tags.bytes(said) if said else None)
        except TooLong:
            least = max(one.ref.size or 0, self.run.way.file_limit + 1)  # all that is known of it by now
            self._marks.append((replace(one, ref=replace(one.ref, size=least)), "refused"))
            self.run.tally.notes[FileTooLarge.code] += 1
        except FileGone as gone:
            self._awaits(one, asked=gone.asked)
        return None

    def _own_mark(self, holder: Holder, mark: str | None) -> str | None:
        """Return the mark of a file that was taken: its own row shows none that was taken from a row of another form."""
        return GONE if self._of_other(holder) else mark

    def _taken(self, one: Wanted) -> Held:
        mark = self._own_mark(one.holder, None)
        return Held(one.tag, "held", one.question, one.scope, mark, further=one.follows is not None)

    def _awaits(self, one: Wanted, *, asked: bool) -> None:
        """Go on awaiting a file that the source lists; one that it was asked for and did not hand over is missing."""
        self.run.tally.file_unread(one.ref.place, one.ref.name)
        self._missing += [(one.holder, (one.tag,))] if asked else []
        self._complete = [holder for holder in self._complete if holder is not one.holder]

    def _row(
        self, one: Wanted, state: str, made: SealedFile | None, mark: str | None = None
    ) -> dict[str, Any]:
        version = one.holder.version
        return {
            "server": self.run.name,
            "form": version.form,
            "root_id": version.root_id,
            "instance_id": version.instance_id,
            "tag": one.tag,
            "question": one.question,
            "scope": one.scope,
            "state": state,
            "size": made.size if made else one.ref.size,
            "key_page": made.part.key_page if made else None,
            "item": made.part.item if made else None,
            "file": made.item.file if made else None,
            "at": instant(self.now),
            "mark": mark,
            "follows": one.follows,
        }

    def _received(self, one: Wanted, made: SealedFile) -> Entry:
        details = {
            "file": made.item.file,
            "server": self.run.name,
            "version": one.holder.version.instance_id,
        }
        if one.follows:
            details["replaced"] = one.follows
        return Entry("RECEIVED", self.run.actor.code, made.commitment, details)

    def _finish(self) -> None:
        """Write down what was given up for now, and which places need not be looked at again."""
        if not (self._complete or self._marks or self._learnt or self._missing):
            return
        with self.run.register.writing() as rows:
            self._learn(rows)
            self._miss(rows)
            rows.upsert(attachment, [self._row(one, state, None) for one, state in self._marks])
            rows.upsert(place, [self._place(one) for one in self._complete])

    def _all_here(self, rows: Rows) -> None:
        """Write down, with the last file of a submission, that its place need not be looked at again.

        After a kill in between nobody would ask for it any more: no file of it is lacking. Where the server said more than
        its files, that is written down first.
        """
        more = {one.item.tag for one, *_said in self._learnt} | {
            one.holder.item.tag for one, _ in self._marks
        }
        whole = [one for one in self._complete if not self._coming[one.item.tag] and one.item.tag not in more]
        if whole:
            rows.upsert(place, [self._place(one) for one in whole])

    def _learn(self, rows: Rows) -> None:
        """Write down what the server says now of files that are held, and a line for each that it has no more."""
        table = attachment.c
        for holder, tag, mark in self._learnt:
            version = holder.version
            rows.execute(
                update(attachment)
                .where(
                    table.server == self.run.name,
                    table.form == version.form,
                    table.root_id == version.root_id,
                    table.instance_id == version.instance_id,
                    table.tag == tag,
                )
                .values(mark=mark)
            )
        gone = [
            Entry(
                "INTEGRITY",
                self.run.actor.code,
                tag,
                {
                    "problem": FileCleared.code,
                    "server": self.run.name,
                    "version": holder.version.instance_id,
                },
            )
            for holder, tag, mark in self._learnt
            if mark.startswith(GONE)
        ]
        custody.append(rows, gone, self.now)

    def _miss(self, rows: Rows) -> None:
        """Write down of which announced files the source was asked and has none."""
        table = attachment.c
        for holder, tags in self._missing:
            mine = (table.server == self.run.name, table.form == holder.version.form)
            own = (table.root_id == holder.version.root_id, table.instance_id == holder.version.instance_id)
            rule = (*mine, *own, table.tag.in_(tags), table.state == "announced")
            rows.execute(update(attachment).where(*rule).values(state="missing"))

    def _place(self, holder: Holder) -> dict[str, Any]:
        sighting = holder.item.found.sighting
        return {
            "server": self.run.name,
            "tag": holder.item.tag,
            "state": settled(holder),
            "reason": None,
            "size": sighting.size,
            "moved_ns": sighting.moved_ns,
        }


def _announced(keep: Keep, tags: Tagger) -> Iterator[tuple[str, Held]]:
    """Yield the files that a submission announces, as they will stand in the register."""
    for media in keep.split.media:
        tag = tags.file(keep.version.instance_id, media.name)
        yield tag, Held(tag, "refused" if hostile(media.name) else "announced", media.question, "")
