"""What waited sealed, as a source: it shows each submission as it came, and so it comes in by the way of all others.

It is handed opened bytes by whoever may open, a handful of submissions at a time, and opens nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from sqlalchemy import ColumnElement, and_, func, or_, select

from sync_scripts.intake.encryption.encrypted import DecryptError, read_manifest
from sync_scripts.intake.places.in_waiting import TEXT_HERE
from sync_scripts.intake.places.table import QUARANTINED, REPEAT, STORED, WAITING
from sync_scripts.servers import base
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import raw

AT_ONCE = 25
"""Submissions that are opened together."""


@dataclass(frozen=True, slots=True)
class Parked:
    """One submission that waits.

    Attributes:
        server, tag: where it lies at its source.
        form: as its manifest says.
        root_id, submitter, received_at: as its server said.
        size, moved_ns: how its place looked when it was last read.
        manifest: key page and number of the sealed manifest.
        files: key page and number of each sealed file.
    """

    server: str
    tag: str
    form: str
    root_id: str
    submitter: str | None
    received_at: datetime
    size: int
    moved_ns: int
    manifest: tuple[str, int]
    files: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Content:
    """One submission that waited, opened: its manifest, and where its files lie, still encrypted, by name."""

    manifest: bytes = field(repr=False)
    files: dict[str, Path] = field(repr=False)


Open = Callable[[Sequence[Parked]], dict[str, Content]]
"""Opens a handful of submissions, by tag; what does not open is left out."""


def parked(rows: Rows, form: str | None = None) -> list[Parked]:
    """Return what waits for a key or for the vault, in the order in which it came; of one form, or of all.

    What was opened and cut off before its files were taken is among it; so is what waits for files and whose text is here: its
    server may have deleted it meanwhile.

    ``form`` is its stamp, or what its server calls it.
    """
    files: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for row in rows.execute(select(raw.waiting_file)):
        # the row names the part that says what the file is; the file itself is the item before it
        files.setdefault((row.server, row.source_tag), []).append((row.key_page, row.item - 1))
    held = raw.place.c
    redacted = select(raw.submission.c.instance_id).where(raw.submission.c.redacted_at.is_not(None))
    asked = (
        select(raw.place)
        .where(held.waits.is_not(None), or_(held.state.in_((WAITING, QUARANTINED)), _cut_off()))
        .where(or_(held.waits != "files", TEXT_HERE))
        .where(held.scope.not_in(select(raw.erased.c.scope)), held.instance_id.not_in(redacted))
        .order_by(held.first_at, held.key_page, held.item)
    )
    if form is not None:
        called = select(raw.deployed_form.c.form).where(raw.deployed_form.c.stamp == form)
        asked = asked.where(or_(held.form == form, held.form.in_(called)))
    return [
        Parked(
            server=row.server,
            tag=row.tag,
            form=row.form,
            root_id=row.root_id,
            submitter=row.submitter,
            received_at=moment(row.received_at),
            size=row.size,
            moved_ns=row.moved_ns,
            manifest=(row.key_page, row.item),
            files=tuple(files.get((row.server, row.tag), ())),
        )
        for row in rows.execute(asked)
    ]


def _cut_off() -> ColumnElement[bool]:
    """Say of what waits: it was opened, and fewer files were taken than came with it (the XML is one of them)."""
    came = select(func.count()).where(
        raw.waiting_file.c.server == raw.place.c.server, raw.waiting_file.c.source_tag == raw.place.c.tag
    )
    taken = select(func.count()).where(
        raw.attachment.c.server == raw.place.c.server,
        raw.attachment.c.instance_id == raw.place.c.instance_id,
        raw.attachment.c.state.not_in(("announced", "missing")),
    )
    return and_(
        raw.place.c.state.in_((STORED, REPEAT)),
        raw.place.c.waits != "files",
        taken.correlate(raw.place).scalar_subquery() < came.correlate(raw.place).scalar_subquery() - 1,
    )


class ParkedServer:
    """What waits of one server; ``opening`` opens a handful.

    What was received before ``patient_until`` is shown although files of it have not come: it can be read, and is proved
    once they are here.
    """

    kind: base.Kind = "folder"
    origin = "vault"
    abilities: base.Abilities = base.Abilities(edits_by_root=False, deletions="unknown")

    def __init__(
        self, name: str, waits: Sequence[Parked], opening: Open, patient_until: datetime | None = None
    ) -> None:
        self.name = name
        self._patient_until = patient_until
        self._waits = {one.tag: one for one in waits}
        self._opening = opening
        self._opened: dict[str, Content] = {}

    def pages(self, after: str | None) -> Iterator[base.Page]:  # noqa: ARG002 - there is no cursor
        """Yield what waits, a handful a page; what was opened for the page before is removed."""
        waits = list(self._waits.values())
        for start in range(0, len(waits), AT_ONCE):
            self._let_go()
            yield base.Page(tuple(_sighting(one) for one in waits[start : start + AT_ONCE]))
        self._let_go()

    def fetch(self, sightings: Iterable[base.Sighting]) -> Iterator[base.Found | base.Unread]:
        """Yield the manifests; one that does not open comes as unread, and one whose files may still come goes on waiting."""
        wanted = list(sightings)
        self._opened = self._opening([self._waits[one.place] for one in wanted])
        for one in wanted:
            content, waits = self._opened.get(one.place), self._waits[one.place]
            if content is None:
                yield base.Unread(one, base.FileGone.code)
                continue
            if not (_whole(content) or self._long_ago(content, waits)):
                continue
            yield base.Found(
                one,
                content.manifest,
                received_at=waits.received_at,
                submitter=waits.submitter,
                root_id=waits.root_id,
            )

    def attachments(self, place: str) -> tuple[base.AttachmentRef, ...]:
        """Return the encrypted files."""
        content = self._opened.get(place)
        files = content.files if content else {}
        return tuple(
            base.AttachmentRef(place=place, name=name, handle=name, size=path.stat().st_size)
            for name, path in files.items()
        )

    def open(self, ref: base.AttachmentRef) -> AbstractContextManager[base.Reader]:
        """Open one encrypted file."""
        return self._opened[ref.place].files[ref.handle].open("rb")

    def sweep(self) -> base.Sweep:
        """Return nothing to compare."""
        return base.Sweep(iter(()))

    def again(self, wanted: Iterable[tuple[str, str]]) -> NoReturn:  # noqa: ARG002 - the protocol names it
        """Refuse: everything is shown once."""
        raise base.NotPossible(kind=self.kind, what="again")

    def count(self) -> int:
        """Return how many wait."""
        return len(self._waits)

    def _long_ago(self, content: Content, waits: Parked) -> bool:
        """Tell whether its files have had their time, and what was answered is here."""
        if self._patient_until is None or waits.received_at > self._patient_until:
            return False
        return read_manifest(content.manifest).xml_name in content.files

    def _let_go(self) -> None:
        for content in self._opened.values():
            for path in content.files.values():
                path.unlink(missing_ok=True)
        self._opened = {}


def _sighting(one: Parked) -> base.Sighting:
    return base.Sighting(place=one.tag, size=one.size, moved_ns=one.moved_ns, road="vault", tag=one.tag)


def _whole(content: Content) -> bool:
    try:
        manifest = read_manifest(content.manifest)
    except DecryptError:
        return True  # it was no better when it came: let it be said what is wrong
    return len(content.files) >= len(manifest.media) + 1
