"""Read sealed submissions again from their exact bytes and compare: open parts and sealed answers must be the same.

The other half of a rebuild. A rebuild shows that the register follows from open parts, events and forms; this shows
that the open parts, and the sealed answers, follow from what arrived. It is handed opened bytes by whoever may open,
opens nothing itself, changes nothing and keeps no answer.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import select

from sync_scripts.errors import Damaged
from sync_scripts.intake.errors import Refused
from sync_scripts.intake.receive import answers
from sync_scripts.intake.receive.known import Forms
from sync_scripts.intake.receive.split import Splitter
from sync_scripts.intake.receive.tagging import Tagger
from sync_scripts.register.model.roots import chunks
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Register
from sync_scripts.store.schema.raw import submission
from sync_scripts.store.seal.sealed import SealedItem
from sync_scripts.store.seal.tags import instance_mark

__all__ = ["KINDS", "DeepDiffers", "DeepRead", "compare", "require_deep"]

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
        """Return what was found; a version whose bytes never came is lost."""
        wrong = self._wrong | {instance_id for instance_id, left in self._balance.items() if left}
        query = select(submission.c.server, submission.c.instance_id).where(
            submission.c.status.not_in(_NOT_READ)
        )
        with self._register.reading() as rows:
            lost = {
                row.instance_id
                for row in rows.stream(query)
                if (row.server, row.instance_id) not in self._read
            }
        return DeepRead(len(self._read), self._marks(wrong - lost), self._marks(lost))

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
