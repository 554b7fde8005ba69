"""The register against itself: the database page by page, chains, sealed files, key pages, versions; and each version read again.

A rebuild shows that the register follows from open parts, events and forms; reading a version again from its exact bytes shows
that the open parts, and the sealed answers, follow from what arrived. It is handed opened bytes by whoever may open. Opens
nothing, changes nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select, text

from sync_scripts.errors import Damaged
from sync_scripts.intake.errors import Refused
from sync_scripts.intake.receive import answers
from sync_scripts.intake.receive.known import Forms
from sync_scripts.intake.receive.split import Splitter, Tagger
from sync_scripts.register.model.codes import chunks
from sync_scripts.store import custody, events
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.errors import ChainBroken, RegisterDamaged
from sync_scripts.store.schema.raw import (
    attachment,
    erased,
    form_key,
    place,
    sealed_item,
    submission,
    waiting_file,
)
from sync_scripts.store.seal import sealed_files, sealed_rows
from sync_scripts.store.seal.sealed_items import SealedItem
from sync_scripts.store.seal.tags import instance_mark

_AS_THEY_CAME: Final = ("raw", "manifest", "quarantine")
"""Kinds of sealed items that hold bytes exactly as they were received."""
_CAME: Final = ("RECEIVED", "REDACTED")
"""Lines of the chain that say which bytes are kept: those that came, and a redacted copy in their place."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the register itself: what, how many were looked at, what is wrong (ids and codes only)."""

    name: str
    looked_at: int
    wrong: tuple[str, ...] = ()


def checks(rows: Rows, register: Register) -> Iterator[Check]:
    """Yield what was looked at in a register, and what is wrong with it."""
    broken = tuple(faults(rows))
    if broken:
        register.doubt()
    yield Check("database", 1, broken)
    chain = _chain("custody", custody.check, rows)
    yield chain
    yield Check("holders", 1, () if register.unsure is None else (register.recipients.fingerprint,))
    yield _chain("events", events.check, rows)
    lost = (
        ("custody",) if chain.wrong else tuple(sealed_rows.lost_pages(rows))
    )  # the chain says what a page was
    yield Check("key_pages", _total(rows, sealed_item), lost)
    yield _received(rows, broken_chain=bool(chain.wrong))
    yield _files(rows, register)
    yield _versions(rows)
    yield _waiting(rows)
    yield _form_keys(rows)


def _chain(name: str, check: Callable[[Rows], int], rows: Rows) -> Check:
    try:
        return Check(name, check(rows))
    except ChainBroken as broken:
        return Check(name, broken.seq, (str(broken.seq),))


def _files(rows: Rows, register: Register) -> Check:
    asked = select(sealed_item.c.file).where(sealed_item.c.file.is_not(None)).order_by(sealed_item.c.file)
    names = [row.file for row in rows.execute(asked)]
    return Check("sealed_files", len(names), tuple(sealed_files.damaged(register.folder, iter(names))))


def _versions(rows: Rows) -> Check:
    """Every version has its raw bytes sealed, and every file that is held has its item."""
    raw = select(sealed_item.c.scope, sealed_item.c.version).where(sealed_item.c.kind == "raw").subquery()
    asked = (
        select(submission.c.arrival)
        .outerjoin(raw, (raw.c.scope == submission.c.scope) & (raw.c.version == submission.c.instance_id))
        .where(raw.c.version.is_(None), submission.c.status != "erased")
    )
    lost = [f"version {row.arrival}" for row in rows.execute(asked)]
    part = sealed_item.alias("part")
    gone = (
        select(attachment.c.tag)
        .outerjoin(part, (part.c.key_page == attachment.c.key_page) & (part.c.item == attachment.c.item))
        .where(attachment.c.state == "held", part.c.item.is_(None))
    )
    lost += [f"file {row.tag}" for row in rows.execute(gone)]
    return Check("versions", _total(rows, submission), tuple(lost))


def _received(rows: Rows, *, broken_chain: bool) -> Check:
    """The sealed bytes of every submission, and of what waits or was put aside, are those that the chain says are kept."""
    if broken_chain:
        return Check("received", 0, ("custody",))
    said: set[bytes] = set()
    for line in custody.read(rows):
        entry = line.entry
        if entry["action"] in _CAME:
            said.add(_digest(entry["details"].get("sealed", entry["object"])))
    item = sealed_item.c
    asked = select(item.key_page, item.item, item.kind, item.blob).where(
        item.kind.in_(_AS_THEY_CAME), item.blob.is_not(None)
    )
    count, wrong = 0, []
    for row in rows.stream(asked.order_by(item.key_page, item.item)):
        count += 1
        if hashlib.sha256(row.blob).digest() not in said:
            wrong.append(f"{row.kind} {row.key_page[:8]}/{row.item}")
    return Check("received", count, tuple(wrong))


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return text.encode()


def _waiting(rows: Rows) -> Check:
    """What waits encrypted has its manifest sealed, and every file of it that was taken; those opened keep theirs."""
    held = sealed_item.alias("held")
    manifest = (
        select(place.c.tag)
        .outerjoin(held, _at(held, place.c.key_page, place.c.item, "manifest"))
        .where(held.c.item.is_(None), *_came_sealed())
    )
    lost = [f"manifest {row.tag[:8]}" for row in rows.execute(manifest)]
    named, sealed = sealed_item.alias("named"), sealed_item.alias("sealed")
    files = (
        select(waiting_file.c.tag)
        .outerjoin(named, _at(named, waiting_file.c.key_page, waiting_file.c.item, "filepart"))
        .outerjoin(sealed, _at(sealed, waiting_file.c.key_page, waiting_file.c.item - 1, "encfile"))
        .join(place, and_(place.c.server == waiting_file.c.server, place.c.tag == waiting_file.c.source_tag))
        .where(
            or_(named.c.item.is_(None), sealed.c.item.is_(None), sealed.c.file != waiting_file.c.file),
            *_came_sealed(),
        )
    )
    lost += [f"file {row.tag[:8]}" for row in rows.execute(files)]
    count = select(func.count()).select_from(place).where(place.c.waits.is_not(None))
    return Check("waiting", rows.execute(count).scalar_one() + _total(rows, waiting_file), tuple(lost))


def _came_sealed() -> tuple[ColumnElement[bool], ...]:
    """Ask for what came encrypted and lies here as it came; of what was erased, or made anew without somebody, nothing does."""
    redacted = select(submission.c.instance_id).where(submission.c.redacted_at.is_not(None))
    return (
        place.c.waits.is_not(None),
        place.c.scope.not_in(select(erased.c.scope)),
        place.c.instance_id.not_in(redacted),
    )


def _form_keys(rows: Rows) -> Check:
    """Every key of a form has its private half sealed: without it nobody ever opens what phones encrypted."""
    held = sealed_item.alias("held")
    asked = (
        select(form_key.c.fingerprint)
        .outerjoin(held, _at(held, form_key.c.key_page, form_key.c.item, "formkey"))
        .where(held.c.item.is_(None), or_(form_key.c.use == "vault", form_key.c.key_page.is_not(None)))
    )
    lost = tuple(row.fingerprint[:8] for row in rows.execute(asked))
    return Check("form_keys", _total(rows, form_key), lost)


def _at(held: Any, page: Any, item: Any, kind: str) -> ColumnElement[bool]:
    return and_(held.c.key_page == page, held.c.item == item, held.c.kind == kind)


def _total(rows: Rows, table: Any) -> int:
    return int(rows.execute(select(func.count()).select_from(table)).scalar_one())


KINDS: Final = ("raw", "row")
"""What must be opened: the exact bytes of each version, and the sealed answers of each row."""
_AT_ONCE: Final = 200
_NOT_READ: Final = frozenset({"erased", "waiting", "quarantined"})
"""States of versions without an open part of their own."""

Opened = tuple[SealedItem, bytes | None]
"""An item and its bytes; None for what did not open."""


DeepDiffers: Final = Damaged.declare(
    "DK-R23",
    "{count} of {total} submissions, read again from their sealed bytes, do not give what the register holds: "
    "{marks}. Nothing was changed. Keep this workspace as it is, and pull the same source into a new one to compare.",
)


@dataclass(frozen=True, slots=True)
class DeepRead:
    """What was read again.

    Attributes:
        versions: submission versions whose bytes were read.
        different: marks of those whose open part or sealed answers are not what is stored.
        lost: marks of those whose bytes did not open or are not there.
    """

    versions: int
    different: tuple[str, ...]
    lost: tuple[str, ...]


def require_deep(found: DeepRead) -> None:
    """Raise if not everything was read and found the same.

    Raises:
        DeepDiffers: names the first ten by their marks.
    """
    wrong = [*found.different, *found.lost]
    if wrong:
        marks = ", ".join(wrong[:10])
        raise DeepDiffers(count=len(wrong), total=found.versions + len(found.lost), marks=marks)


def compare(register: Register, opened: Iterable[Opened]) -> DeepRead:
    """Take every version apart again and compare; ``opened`` are the items of `KINDS`, in any order.

    Memory stays flat but for one number a version: what sealed answers should be and what they are is summed up, and
    the sum must come to nothing.
    """
    reading = _Reading(register)
    for some in chunks(opened, _AT_ONCE):
        reading.take(some)
    return reading.done()


class _Reading:
    def __init__(self, register: Register) -> None:
        self._register = register
        self._tags = Tagger(register.match_key)
        self._forms = Forms()
        self._balance: defaultdict[str, int] = defaultdict(int)
        self._read: set[tuple[str, str]] = set()
        self._wrong: set[str] = set()
        with register.reading() as rows:
            self._forms.refresh(rows)

    def take(self, some: list[Opened]) -> None:
        scopes = sorted({item.scope for item, _data in some if item.kind == "raw"})
        with self._register.reading() as rows:
            held = rows.execute(select(submission).where(submission.c.scope.in_(scopes))).mappings()
            versions = {(row["scope"], row["instance_id"]): dict(row) for row in held}
        for item, data in some:
            if item.kind == "row":
                self._balance[item.version] ^= _weight(item.row, _document(data)) if data is not None else 1
            elif data is not None and (version := versions.get((item.scope, item.version))) is not None:
                self._version(version, data)

    def _version(self, held: dict[str, Any], data: bytes) -> None:
        """Compare one version's open part, and expect its sealed answers."""
        instance_id = held["instance_id"]
        self._read.add((held["server"], instance_id))
        try:
            said = answers.read(data)
        except Refused:
            self._wrong.add(instance_id)
            return
        splitter = self._splitter(held)
        if splitter is None:
            self._wrong.add(instance_id)
            return
        made = splitter.split(said, held["root_id"], self._tags.number)
        # the size is that of the original
        whole = len(data) == held["size"] or held["redacted_at"] is not None
        if made.open_part != held["open_part"] or not whole:
            self._wrong.add(instance_id)
        for part in made.parts:
            self._balance[instance_id] ^= _weight(part.row, part.document())

    def _splitter(self, held: dict[str, Any]) -> Splitter | None:
        return self._forms.splitters.get((held["stamp"], held["form_version"]))

    def done(self) -> DeepRead:
        """Return what was found; a version whose bytes never came is lost.

        Where they went whole, as of somebody who was erased again after a restore, what is sealed of others is compared with nothing.
        """
        wrong = self._wrong | {instance_id for instance_id, left in self._balance.items() if left}
        query = select(submission.c.server, submission.c.instance_id, submission.c.status)
        lost, gone = set[str](), set[str]()
        with self._register.reading() as rows:
            for row in rows.stream(query):
                if (row.server, row.instance_id) not in self._read:
                    (gone if row.status in _NOT_READ else lost).add(row.instance_id)
        gone -= {instance_id for _server, instance_id in self._read}
        return DeepRead(len(self._read), self._marks(wrong - lost - gone), self._marks(lost))

    def _marks(self, instance_ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(instance_mark(self._register.match_key, one) for one in instance_ids))


def _document(data: bytes) -> dict[str, Any]:
    """Return a sealed part without what only makes its length say little."""
    document: dict[str, Any] = msgspec.json.decode(data)
    document.pop("pad", None)
    return document


def _weight(row: str, document: dict[str, Any]) -> int:
    """Return a number that stands for one sealed part of one row."""
    return int.from_bytes(hashlib.sha256(f"{row}\0{canonical(document)}".encode()).digest(), "big")


_CHECKS: Final = (
    ("PRAGMA cipher_integrity_check", ()),
    ("PRAGMA integrity_check(20)", ("ok",)),
    ("PRAGMA foreign_key_check", ()),
)


def faults(rows: Rows, between: Callable[[], None] = lambda: None) -> Iterator[str]:
    """Yield the name of each check that fails, with how many faults it found; never a value. ``between`` is done before each.

    PostgreSQL checks its pages and keys itself, so there only the answer to a question is asked for.
    """
    if rows.dialect != "sqlite":
        rows.execute(text("SELECT 1"))
        return
    for check, sound in _CHECKS:
        between()
        name = check.removeprefix("PRAGMA ").partition("(")[0]
        try:
            found = [row for row in rows.execute(text(check)) if tuple(row) != sound]
        except RegisterDamaged:
            yield name
            return
        if found:
            yield f"{name}: {len(found)}"
