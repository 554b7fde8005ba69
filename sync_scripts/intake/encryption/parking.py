"""Encrypted submissions that nobody opens now: kept as they came, sealed, with their files, and counted as waiting.

They are no versions of the register yet: nothing of them is known but the form, the account, the time and the size.
Once they can be opened they come in by the same way as all others. Opens nothing, removes nothing.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from unicodedata import normalize

from sqlalchemy import select, update

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake import notes
from sync_scripts.intake.encryption.ciphertext import CLEAR, PROVISIONAL, TEXT, Locked, managed
from sync_scripts.intake.encryption.encrypted import DecryptError, read_manifest
from sync_scripts.intake.errors import ClearOnEncrypted
from sync_scripts.intake.places.table import LARGE
from sync_scripts.intake.receive.decisions import Aside, Decision, Keep, Wait, outcome
from sync_scripts.intake.receive.passing import Bounded, TooLong
from sync_scripts.intake.run import Run
from sync_scripts.servers.base import AttachmentRef, FileGone
from sync_scripts.store import custody
from sync_scripts.store.custody import Entry
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import place, waiting_file
from sync_scripts.store.seal import sealed_rows
from sync_scripts.store.seal.sealed_items import SealedFile
from sync_scripts.store.seal.sealing import Sealer

__all__ = ["TEXT", "ParkedFiles", "remarks"]


_FILES_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class ParkedFiles:
    """Takes the encrypted files of what waits, so that nothing needs the server any more; one that is too large is said.

    Attributes:
        run: the run.
        now: the moment of this page.
    """

    run: Run
    now: datetime

    def take(self, waits: Iterable[Wait], *, text_alone: bool = False) -> int:
        """Take what is there and not held; remember the places that have all of theirs. Return how many were taken.

        Also of those that a pull opens by itself once their files have come: by then the server may have none of it. A file
        that the server does not hand over waits, is told, and stops nothing else. ``text_alone`` = the answers, and no
        files: those are asked for later.
        """
        return sum(self._one(one, text_alone) for one in waits)

    def _one(self, one: Wait, text_alone: bool) -> int:
        try:
            listed = {TEXT} if text_alone else _listed(one)
            shown = self.run.server.attachments(one.item.found.sighting.place)
        except FileGone as gone:
            self.run.tally.notes[notes.FileUnread.code] += (
                gone.errno != errno.ENOENT
            )  # deleted a moment ago: nothing to tell
            return 0
        refs = [
            *{ref.name: ref for ref in shown if ref.name in listed}.values()
        ]  # sent twice: the last, as when it is opened
        with self.run.register.reading() as rows:
            own, held = self._held(rows, one)
        wanted = [ref for ref in refs if self._tag(one, ref) not in held]
        wanted.sort(key=lambda ref: ref.name != TEXT)  # the answers first: nothing is read without them
        before, taken = self.run.tally.notes[notes.FileTooLarge.code], 0
        fitting = [ref for ref in wanted if (ref.size or 0) <= self.run.way.file_limit]
        self.run.tally.notes[notes.FileTooLarge.code] += len(wanted) - len(fitting)
        for start in range(0, len(fitting), _FILES_AT_ONCE):
            taken += self._store(one, own, fitting[start : start + _FILES_AT_ONCE])
        left = self.run.tally.notes[notes.FileTooLarge.code] - before
        if (
            not text_alone
            and one.held is None
            and taken + left == len(wanted)
            and {ref.name for ref in refs} == listed
        ):
            self._complete(one, left)  # what is too large is not tried at every pull
        return taken

    def _held(self, rows: Rows, one: Wait) -> tuple[str, set[str]]:
        mine = (place.c.server == self.run.name) & (place.c.tag == one.item.tag)
        own = rows.execute(select(place.c.scope).where(mine)).scalar_one()
        asked = select(waiting_file.c.tag).where(
            waiting_file.c.server == self.run.name, waiting_file.c.source_tag == one.item.tag
        )
        return str(own), set(rows.execute(asked).scalars())

    def _tag(self, one: Wait, ref: AttachmentRef) -> str:
        return self.run.tags.file(one.locked.instance_id, ref.name)

    def _store(self, one: Wait, own: str, batch: Sequence[AttachmentRef]) -> int:
        """Store some files in one transaction; when the server ends it, what came whole until then is stored first."""
        sealed: list[tuple[AttachmentRef, SealedFile]] = []
        ended: Unreachable | NotAllowed | None = None
        with self.run.register.sealer() as sealer:
            for ref in batch:
                try:
                    made = self._seal(sealer, one, own, ref)
                except (Unreachable, NotAllowed) as failure:
                    ended = failure
                    break
                sealed += [(ref, made)] if made else []
            self._keep(sealer, one, sealed)
        if ended is not None:
            raise ended
        return len(sealed)

    def _keep(self, sealer: Sealer, one: Wait, sealed: Sequence[tuple[AttachmentRef, SealedFile]]) -> None:
        if not sealed:
            return
        with self.run.register.writing() as rows:
            rows.many(waiting_file, [self._row(one, ref, made) for ref, made in sealed])
            if any(ref.name == TEXT for ref, _made in sealed):
                mine = (place.c.server == self.run.name, place.c.tag == one.item.tag)
                rows.execute(update(place).where(*mine).values(has_text=True))
            lines = [
                Entry(
                    "RECEIVED",
                    self.run.actor.code,
                    made.commitment,
                    {
                        "file": made.item.file,
                        "server": self.run.name,
                        "version": one.locked.instance_id,
                    },
                )
                for _ref, made in sealed
            ]
            custody.append(rows, lines, self.now)
            sealed_rows.keep(rows, sealer, self.now, self.run.actor)

    def _seal(self, sealer: Sealer, one: Wait, own: str, ref: AttachmentRef) -> SealedFile | None:
        """Seal one file; None when it is not handed over, or is larger than any honest one."""
        try:
            with self.run.server.open(ref) as reader:
                row = f"attachment:{self._tag(one, ref)}"
                return sealer.seal_stream(
                    Bounded(reader, self.run.way.file_limit),
                    own,
                    "encfile",
                    row,
                    one.locked.instance_id,
                    name=ref.name,
                )
        except TooLong:
            self.run.tally.notes[notes.FileTooLarge.code] += 1
        except FileGone:
            self.run.tally.notes[notes.FileUnread.code] += 1
        return None

    def _row(self, one: Wait, ref: AttachmentRef, made: SealedFile) -> dict[str, Any]:
        return {
            "server": self.run.name,
            "source_tag": one.item.tag,
            "tag": self._tag(one, ref),
            "size": made.size,
            "key_page": made.part.key_page,
            "item": made.part.item,
            "file": made.item.file,
        }

    def _complete(self, one: Wait, left: int) -> None:
        """Remember that the place need not be looked at again, and how many of its files were left there."""
        sighting = one.item.found.sighting
        row = {
            "server": self.run.name,
            "tag": one.item.tag,
            "state": outcome(one)[0],
            "reason": LARGE if left else None,
            "size": sighting.size,
            "moved_ns": sighting.moved_ns,
            "files": left or None,
        }
        with self.run.register.writing() as rows:
            rows.upsert(place, [row])


def _listed(one: Wait) -> set[str]:
    """Return the files that a manifest lists."""
    try:
        manifest = read_manifest(one.item.found.content)
    except DecryptError:
        return set()
    return {normalize("NFC", name) for name in (*manifest.media, manifest.xml_name)}


_WAITS: Final[dict[str, type[notes.Noted]]] = {
    "vault": notes.WaitsForVault,
    "key": notes.WaitsForKey,
    "files": notes.WaitsForFiles,
}
_CAME: Final[dict[str, type[notes.Noted]]] = {
    CLEAR: notes.ClearCame,
    PROVISIONAL: notes.OpenedProvisionally,
    "beside": notes.PlainBeside,
}


def remarks(decisions: Iterable[Decision]) -> Counter[str]:
    """Return what to say of a page's decisions, by code; what was said at an earlier pull is not said again.

    Nothing of what the same run looks at once more: whether it still lacks its files is known then.
    """
    found: Counter[str] = Counter()
    for one in decisions:
        before = one.item.before.state if one.item.before else ""
        if _brief(one):
            continue
        if isinstance(one, Wait) and not before:
            found[_waits(one.locked).code] += 1
        elif isinstance(one, Keep) and one.item.encryption in _CAME:
            found[_CAME[one.item.encryption].code] += 1
        elif isinstance(one, Aside) and isinstance(one.refusal, ClearOnEncrypted) and not before:
            found[notes.ClearCame.code] += 1
    return found


def _brief(one: Decision) -> bool:
    item = one.item
    return (item.locked is not None and item.locked.brief) or (
        item.wrapped is not None and item.wrapped.brief
    )


def _waits(one: Locked) -> type[notes.Noted]:
    served = one.reason == "key" and managed(one.version)
    return notes.WaitsForServer if served else _WAITS[one.reason]
