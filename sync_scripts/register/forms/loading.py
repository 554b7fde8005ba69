"""Which raw versions count: from the rows of the raw store to one reading of each submission. Nothing is written here.

A submission is one form stamp and root id, whatever roads it came by. Of its versions the newest that no other one
replaces is read; the clock starts with the first that arrived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast

import msgspec
from sqlalchemy import Row, bindparam, select

from sync_scripts.errors import Damaged
from sync_scripts.register.forms.answers import Reading, chosen_rows, coded, named, read_open_part
from sync_scripts.register.forms.formmap import read_map
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.register.forms.submissions import Filed, Kind, by_entity, kind_of, once
from sync_scripts.register.model.build_backlog import first_apart
from sync_scripts.register.model.codes import Root
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.events import receipts
from sync_scripts.store.schema.raw import form_version, submission

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


Fresh = Mapping[tuple[str, str, str], Reading]
"""(server, form, instance id) -> what was read in an open part when it was made."""


class Shelf:
    """The form versions of a register, each prepared once, and what was read in the open parts just stored."""

    def __init__(self, rows: Rows, fresh: Fresh | None = None) -> None:
        """Read the versions when they are first asked for."""
        self._rows = rows
        self.fresh: Fresh = fresh or {}
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

    def coded(self, filed: Filed) -> Filed:
        """Return a submission with providers by their codes; which rows stand for them is asked once."""
        chosen = _chosen(filed)
        if not chosen:
            return filed
        if self._listed is None:
            self._listed = named(self._rows)
        return _with_codes(filed, tuple((row, self._listed[row]) for row in chosen if row in self._listed))

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


@lru_cache(maxsize=64)
def _prepared(text: str) -> Reader:
    return Reader(read_map(text))


def load(rows: Rows, roots: Iterable[Root], shelf: Shelf, *, again: bool = False) -> dict[Root, Filed]:
    """Return the submissions of some roots that the register reads; a root without a readable version is left out.

    So are versions that could not be built, unless it is tried again with them. What will be asked for ``again`` and again, as the
    forms of a case with each new one, is kept while the register is open, as long as all that is stored of it stays the same.
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
    read = _kept(rows) if again else partial(_filed, fresh=shelf.fresh)
    return {
        root: shelf.coded(
            read(
                root, tuple(Version(row, since(row), shelf.reader(root[0], row.form_version)) for row in some)
            )
        )
        for root, some in sorted(found.items())
    }


class Version(NamedTuple):
    """A version as it is stored, the instant that it counts from as text, and what reads it: its form."""

    row: Row[Any]
    at: str
    reader: Reader

    def reading(self, fresh: Fresh) -> Reading:
        """Return what it says: as it was read on arrival, else as it stands in its open part, which is the same."""
        row = self.row
        known = fresh.get((row.server, row.form, row.instance_id))
        return known if known is not None else self.reader.read(read_open_part(row.open_part), row.root_id)


MOST_KEPT: Final = 1024
"""How many submissions are kept as they were read."""


def _kept(rows: Rows) -> Callable[[Root, tuple[Version, ...]], Filed]:
    """Return what reads a submission once, for as long as the register is open."""
    known = rows.kept.setdefault(_kept.__name__, lru_cache(maxsize=MOST_KEPT)(_filed))
    return cast("Callable[[Root, tuple[Version, ...]], Filed]", known)


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


_NOT_FRESH: Final[Fresh] = MappingProxyType({})


def _filed(root: Root, stored: tuple[Version, ...], fresh: Fresh = _NOT_FRESH) -> Filed:
    """Return a submission from its versions; ``fresh`` is what was read of them on arrival."""
    alone = len(stored) == 1  # as nearly all are: nothing to sort, to count, to choose from
    versions = stored if alone else sorted(stored, key=_stored)
    rows = [one.row for one in versions]
    last = versions[0] if alone else _read_one(versions)
    read, first = last.row, rows[0] if alone else _first_one(rows)
    reading = last.reading(fresh)
    received = moment(versions[0].at)
    return Filed(
        root=root,
        number=read.arrival if alone else min(row.arrival for row in rows),
        server=read.server,
        form=read.form,
        instance_id=read.instance_id,
        form_version=read.form_version,
        kind=kind_of(last.reader.entities),
        reading=reading,
        records=by_entity(reading),
        received=(received, received if alone else moment(last.at)),
        ended=moment(first.device_end) if first.device_end else None,
        versions=1 if alone else len({row.instance_id for row in rows}),
        roads=1 if alone else len({(row.server, row.form) for row in rows}),
        maybe_draft=all(row.maybe_draft for row in rows if row.instance_id == read.instance_id),
        encryption=read.encryption,
        gone=_gone(rows),
        erased=any(row.status == "erased" for row in rows),
        outdated=(read.review or "").startswith(AGAIN),
        history=((received, reading),) if alone else tuple(_history(versions, last, reading, fresh)),
        arrivals={} if alone else _arrivals(versions),
    )


def _stored(one: Version) -> tuple[str, str, str, str]:
    return one.at, one.row.server, one.row.form, one.row.instance_id


def _arrivals(versions: Sequence[Version]) -> dict[datetime, int]:
    """Return the order of each version by when a server first received it; of two of one instant, that of the one read later."""
    received: dict[str, str] = {}
    order: dict[str, int] = {}
    for row, at, _reader in versions:
        received.setdefault(row.instance_id, at)
        order[row.instance_id] = min(row.arrival, order.get(row.instance_id, row.arrival))
    found: dict[datetime, int] = {}
    for instance_id, at in received.items():
        found[moment(at)] = max(order[instance_id], found.get(moment(at), 0))
    return found


def _read_one(versions: Sequence[Version]) -> Version:
    """Return the version that counts: one that no other replaces; of several the newest, by its first road."""
    replaced = {one.row.deprecated_id for one in versions}
    left = [one for one in versions if one.row.instance_id not in replaced] or versions
    newest = left[-1].row.instance_id
    return next(one for one in left if one.row.instance_id == newest)


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


def _history(
    versions: Sequence[Version], last: Version, reading: Reading, fresh: Fresh
) -> Iterator[tuple[datetime, Reading]]:
    seen: set[str] = set()
    for one in versions:
        name = one.row.instance_id
        if name not in seen:
            seen.add(name)
            yield moment(one.at), reading if name == last.row.instance_id else one.reading(fresh)


@once
def _chosen(filed: Filed) -> tuple[str, ...]:
    """Return the rows of lists by which the versions of a submission name providers."""
    return tuple(dict.fromkeys(row for _at, one in filed.history for row in chosen_rows(one)))


@once
def _with_codes(filed: Filed, codes_: tuple[tuple[str, str], ...]) -> Filed:
    """Return a submission with the codes of providers in the place of rows."""
    by_row = dict(codes_)
    made = [(at, coded(one, by_row)) for at, one in filed.history]
    reading = next(
        new for (_at, new), (_when, one) in zip(made, filed.history, strict=True) if one is filed.reading
    )
    return msgspec.structs.replace(filed, reading=reading, records=by_entity(reading), history=tuple(made))
