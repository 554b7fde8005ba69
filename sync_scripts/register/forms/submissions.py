"""Which raw versions count: from the rows of the raw store to one reading of each submission. Nothing is written here.

A submission is one form stamp and root id, whatever roads it came by. Of its versions the newest that no other one
replaces is read; the clock starts with the first that arrived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Row, bindparam, select

from sync_scripts.errors import Damaged
from sync_scripts.register.forms.answers import Reading, Record, chosen_row, coded, named, read_open_part
from sync_scripts.register.forms.formmap import read_map
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.register.model import codes
from sync_scripts.register.model.build_backlog import first_apart
from sync_scripts.register.model.codes import Root
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.events import receipts
from sync_scripts.store.schema.raw import form_version, submission

Kind = Literal["alert", "interview", "followup", "closure", "situation", "evidence", "submission"]

COUNTS: Final = ("ok", "restored", "deleted", "erased")
"""States of raw versions that the register reads. What a server deleted stays here until a person decides; of what was erased
only what may stay is there to be read."""

AGAIN: Final = "again:"
"""Before what a server says of a submission's review: it said so of the version before the one that counts."""


FormVersionLost: Final = Damaged.declare(
    "DK-R03",
    "The register holds submissions of the form {form}, version {version}, but not that version of the form. "
    "Nothing was changed. Import its workbook with dikalo forms import WORKBOOK and run the command again.",
)


@lru_cache(maxsize=64)
def kind_of(entities: frozenset[str]) -> Kind:
    """Return what a form is about, from the entities that it can feed."""
    kinds: tuple[Kind, ...] = ("alert", "interview", "followup", "closure", "situation", "evidence")
    return next((kind for kind in kinds if kind in entities), "submission")


def by_entity(reading: Reading) -> dict[str, list[Record]]:
    """Return the records of a reading by entity."""
    found: dict[str, list[Record]] = {}
    for record in reading.records:
        if record.entity in found:
            found[record.entity].append(record)
        else:
            found[record.entity] = [record]
    return found


class Filed(msgspec.Struct, frozen=True):
    """One submission, as the register reads it today.

    Attributes:
        root: form stamp and root id.
        number: order of the arrival of its first version; begins the key of all its rows.
        server, form, instance_id, form_version: the raw version that is read.
        kind: what the form is about; ``submission`` for a form that the register has no rows for.
        reading: what it says.
        records: its records by entity, in the order of the form.
        received: instants when the first and the read version reached a server.
        ended: the phone's clock at the end of the first version; None when it says nothing.
        versions: how many versions there are.
        roads: how many servers or server forms it came by.
        maybe_draft: the version that is read only came from a phone's folder, where a draft looks like a finished form.
        encryption: how the version that is read came as to encryption; None = in the clear, as its form asks.
        gone: when every server that had it was found to have deleted it; None while one shows it.
        outdated: it was edited after it had been approved at its server, and nobody has reviewed it there since.
        erased: a person had it erased; what it says is only what may stay, and so is what lies over it.
        history: (received at, reading) of every version, oldest first; the read one included.
        corrections: rows of the corrections that lie over its answers.
        arrivals: in which order the register read its versions, by the instant at which a server received each; empty where
            there is one version.
    """

    root: Root
    number: int
    server: str
    form: str
    instance_id: str
    form_version: str
    kind: Kind
    reading: Reading
    records: Mapping[str, Sequence[Record]]
    received: tuple[datetime, datetime]
    ended: datetime | None
    versions: int
    roads: int
    maybe_draft: bool
    encryption: str | None
    gone: datetime | None
    history: tuple[tuple[datetime, Reading], ...]
    corrections: tuple[Mapping[str, Any], ...] = ()
    erased: bool = False
    outdated: bool = False
    arrivals: Mapping[datetime, int] = {}

    def arrival(self, at: datetime) -> int:
        """Return in which order the register read the version that a server received at an instant: by its first road."""
        return self.arrivals.get(at, self.number)

    def as_of(self, at: datetime, reading: Reading) -> Filed:
        """Return it as it was with one version of its ``history``, and as if that were the only one; no correction lies over it."""
        return msgspec.structs.replace(
            self.showing(reading), received=(self.received[0], at), history=((at, reading),)
        )

    def showing(self, reading: Reading) -> Filed:
        """Return it with another version than the one that is read, and with all of them behind it; no correction lies over it."""
        return msgspec.structs.replace(self, reading=reading, records=by_entity(reading), corrections=())

    def is_read(self, version: tuple[datetime, Reading]) -> bool:
        """Tell whether a version of its ``history`` is the one that is read: of several that say the same the last."""
        return version[1] is self.reading and version[0] == max(
            at for at, one in self.history if one is self.reading
        )

    @property
    def key(self) -> str:
        """Return stamp and root id as they stand in subjects."""
        return f"{self.root[0]}/{self.root[1]}"

    @property
    def at(self) -> datetime:
        """Return when it happened: by the phone, but not after it was received: a clock that runs ahead makes nothing later."""
        return min(self.ended or self.received[0], self.received[0])

    def one(self, entity: str) -> Record | None:
        """Return the record of an entity at the root, None when nothing of it was answered."""
        found = self.records.get(entity)
        return found[0] if found else None

    def all(self, entity: str) -> Sequence[Record]:
        """Return the records of an entity, in the order of the form."""
        return self.records.get(entity, ())


Fresh = Mapping[tuple[str, str, str], Reading]
"""(server, form, instance id) -> what was read in an open part when it was made."""


class Shelf:
    """The form versions of a register, each prepared once, and what was read in the open parts just stored."""

    def __init__(self, rows: Rows, fresh: Fresh | None = None) -> None:
        """Read the versions when they are first asked for."""
        self._rows = rows
        self._fresh: Fresh = fresh or {}
        self._readers: dict[tuple[str, str], Reader] = {}
        self._listed: dict[str, str] | None = None
        self._apart: dict[Root, int] | None = None

    def apart(self) -> Mapping[Root, int]:
        """Return from which order of arrival on a submission is not read, where it could not be built; asked once."""
        if self._apart is None:
            self._apart = first_apart(self._rows)
        return self._apart

    def reader(self, stamp: str, version: str) -> Reader:
        """Return the reader of a version.

        Raises:
            FormVersionLost: the register does not hold it.
        """
        key = (stamp, version)
        if key not in self._readers:
            asked = select(form_version.c.map).where(
                form_version.c.stamp == stamp, form_version.c.version == version
            )
            text = self._rows.execute(asked).scalar()
            if text is None:
                raise FormVersionLost(form=stamp, version=version)
            self._readers[key] = _prepared(text)
        return self._readers[key]

    def reading(self, root: Root, version: Row[Any]) -> Reading:
        """Return what a version says: as it was read on arrival, else as it stands in its open part, which is the same."""
        known = self._fresh.get((version.server, version.form, version.instance_id))
        if known is None:
            known = _read(self.reader(root[0], version.form_version), version.open_part, root[1])
        return self._coded(known) if chosen_row(known) else known

    def _coded(self, reading: Reading) -> Reading:
        """Return a reading with providers by their codes; which rows stand for them is asked once."""
        if self._listed is None:
            self._listed = named(self._rows)
        return coded(reading, self._listed)

    def entities(self) -> dict[str, frozenset[str]]:
        """Return what the versions of each stamp can feed, all versions together."""
        found: dict[str, set[str]] = defaultdict(set)
        for row in self._rows.execute(_VERSIONS):
            reader = self._readers[row.stamp, row.version] = _prepared(row.map)
            found[row.stamp] |= reader.entities
        return {stamp: frozenset(names) for stamp, names in found.items()}

    def about(self, kind: Kind) -> list[str]:
        """Return the stamps of the forms of a kind."""
        return [stamp for stamp, names in self.entities().items() if kind_of(names) == kind]


@lru_cache(maxsize=1024)
def _read(reader: Reader, open_part: str, root_id: str) -> Reading:
    """Read an open part; what was read last is kept, for each new form of a case reads all of it again."""
    return reader.read(read_open_part(open_part), root_id)


@lru_cache(maxsize=64)
def _prepared(text: str) -> Reader:
    return Reader(read_map(text))


def load(rows: Rows, roots: Iterable[Root], shelf: Shelf) -> dict[Root, Filed]:
    """Return the submissions of some roots that the register reads; a root without a readable version is left out.

    So are versions that could not be built, unless it is tried again with them.
    """
    by_stamp: dict[str, list[str]] = defaultdict(list)
    for stamp, root_id in sorted(set(roots)):
        by_stamp[stamp].append(root_id)
    found: dict[Root, list[Row[Any]]] = defaultdict(list)
    for stamp, root_ids in by_stamp.items():
        for row in rows.among(_QUERY, submission.c.root_id, root_ids, stamp=stamp):
            found[stamp, row.root_id].append(row)
    for root in shelf.apart().keys() & found.keys():
        found[root] = [row for row in found[root] if row.arrival < shelf.apart()[root]]
        if not found[root]:
            del found[root]
    since = receipts(rows)
    return {root: _filed(root, versions, shelf, since) for root, versions in sorted(found.items())}


_VERSIONS = select(form_version.c.stamp, form_version.c.version, form_version.c.map)
_QUERY = select(
    submission.c.server,
    submission.c.form,
    submission.c.root_id,
    submission.c.instance_id,
    submission.c.deprecated_id,
    submission.c.form_version,
    submission.c.received_at,
    submission.c.device_end,
    submission.c.open_part,
    submission.c.arrival,
    submission.c.gone_at,
    submission.c.maybe_draft,
    submission.c.encryption,
    submission.c.status,
    submission.c.review,
).where(
    submission.c.status.in_(COUNTS),
    submission.c.open_part.is_not(None),
    submission.c.stamp == bindparam("stamp"),
)


Since = Callable[[Row[Any]], str]
"""Gives the instant that a version counts from: when it was received, as far as that can be true."""


def _filed(root: Root, versions: list[Row[Any]], shelf: Shelf, since: Since) -> Filed:
    alone = len(versions) == 1  # as nearly all are: nothing to sort, to count, to choose from
    if not alone:
        versions.sort(key=lambda row: (since(row), row.server, row.form, row.instance_id))
    read, first = (versions[0], versions[0]) if alone else (_read_one(versions), _first_one(versions))
    reader = shelf.reader(root[0], read.form_version)
    reading = shelf.reading(root, read)
    received = moment(since(versions[0]))
    return Filed(
        root=root,
        number=read.arrival if alone else min(row.arrival for row in versions),
        server=read.server,
        form=read.form,
        instance_id=read.instance_id,
        form_version=read.form_version,
        kind=kind_of(reader.entities),
        reading=reading,
        records=by_entity(reading),
        received=(received, received if alone else moment(since(read))),
        ended=moment(first.device_end) if first.device_end else None,
        versions=1 if alone else len({row.instance_id for row in versions}),
        roads=1 if alone else len({(row.server, row.form) for row in versions}),
        maybe_draft=all(row.maybe_draft for row in versions if row.instance_id == read.instance_id),
        encryption=read.encryption,
        gone=_gone(versions),
        erased=any(row.status == "erased" for row in versions),
        outdated=(read.review or "").startswith(AGAIN),
        history=((received, reading),)
        if alone
        else tuple(_history(root, versions, read, reading, shelf, since)),
        arrivals={} if alone else _arrivals(versions, since),
    )


def _arrivals(versions: Sequence[Row[Any]], since: Since) -> dict[datetime, int]:
    """Return the order of each version by when a server first received it; of two of one instant, that of the one read later."""
    received: dict[str, str] = {}
    order: dict[str, int] = {}
    for row in versions:
        received.setdefault(row.instance_id, since(row))
        order[row.instance_id] = min(row.arrival, order.get(row.instance_id, row.arrival))
    found: dict[datetime, int] = {}
    for instance_id, at in received.items():
        found[moment(at)] = max(order[instance_id], found.get(moment(at), 0))
    return found


def _read_one(versions: Sequence[Row[Any]]) -> Row[Any]:
    """Return the version that counts: one that no other replaces; of several the newest, by its first road."""
    if len(versions) == 1:
        return versions[0]
    replaced = {row.deprecated_id for row in versions}
    left = [row for row in versions if row.instance_id not in replaced] or list(versions)
    newest = left[-1].instance_id
    return next(row for row in left if row.instance_id == newest)


def _gone(versions: Sequence[Row[Any]]) -> datetime | None:
    """Return when the last server ceased to show the submission, None while one of them shows it.

    One that a person declared as deleted by the organisation itself has no time: where no server has another one, None, too.
    """
    if any(row.gone_at is None and row.status != "deleted" for row in versions):
        return None
    gone = [row.gone_at for row in versions if row.gone_at is not None]
    return moment(max(gone)) if gone else None


def _first_one(versions: Sequence[Row[Any]]) -> Row[Any]:
    """Return the version that was filled first, as far as is known."""
    return next((row for row in versions if row.deprecated_id is None), versions[0])


def _history(  # noqa: PLR0917 - what `_filed` has at hand
    root: Root, versions: Sequence[Row[Any]], read: Row[Any], reading: Reading, shelf: Shelf, since: Since
) -> Iterator[tuple[datetime, Reading]]:
    seen: set[str] = set()
    for row in versions:
        if row.instance_id in seen:
            continue
        seen.add(row.instance_id)
        if row.instance_id == read.instance_id:
            yield moment(since(row)), reading
        else:
            yield moment(since(row)), shelf.reading(root, row)


def codes_named(filed: Filed) -> tuple[str | None, str | None]:
    """Return the codes of the case and the alert that a form names, as far as they can be read."""
    record = filed.one(filed.kind)
    fields: Mapping[str, Any] = record.fields if record is not None else {}
    case_code, alert = fields.get("case_code"), fields.get("alert_code")
    return (
        codes.read(case_code, "DK") if isinstance(case_code, str) else None,
        codes.read(alert, "AL") if isinstance(alert, str) else None,
    )


def case_named(filed: Filed, reading: Reading) -> str | None:
    """Return the code of the case that a version of a form names."""
    told = next((one for one in reading.records if one.entity == filed.kind), None)
    named = told.fields.get("case_code") if told is not None else None
    return codes.read(named, "DK") if isinstance(named, str) else None
