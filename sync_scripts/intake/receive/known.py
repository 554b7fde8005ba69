"""What the register knows about one page of a source: read in a few questions, never one a submission."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, select

from sync_scripts.intake.encryption.ciphertext import PROVISIONAL
from sync_scripts.intake.receive.answers import Submission
from sync_scripts.intake.receive.decisions import Known, Version
from sync_scripts.intake.receive.split import Splitter
from sync_scripts.register.forms.formmap import read_map
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import attachment, form_version, submission
from sync_scripts.store.seal import erasing

_EDITS = submission.c.instance_id != submission.c.root_id


class Forms:
    """The form versions that the register holds, each taken apart once and kept for the whole run."""

    def __init__(self) -> None:
        self.splitters: dict[tuple[str, str], Splitter] = {}
        self.stamps: frozenset[str] = frozenset()

    def refresh(self, rows: Rows) -> None:
        """Learn the versions that came since the last time."""
        names = select(form_version.c.stamp, form_version.c.version)
        held = [(row.stamp, row.version) for row in rows.execute(names)]
        for form, version in (key for key in held if key not in self.splitters):
            wanted = select(form_version.c.map).where(
                form_version.c.stamp == form, form_version.c.version == version
            )
            self.splitters[form, version] = Splitter(read_map(rows.execute(wanted).scalar_one()))
        self.stamps = frozenset(form for form, _version in self.splitters)


def awaiting(rows: Rows, server: str, versions: Sequence[str]) -> set[str]:
    """Return those of these versions of which a file that was announced has not come."""
    table = attachment.c
    missing = table.state.in_(["announced", "missing", "empty"])
    found = among(rows, (table.instance_id,), table.instance_id, versions, table.server == server, missing)
    return {one for (one,) in found}


def held(rows: Rows, server: str, versions: Sequence[str]) -> set[str]:
    """Return those of these versions that stand here."""
    return {row.instance_id for row in _by_number(rows, server, versions)}


def filed(rows: Rows, server: str, versions: Sequence[str]) -> dict[str, Version]:
    """Return those of these versions that came in the clear and stand here once: their files can be had without their text."""
    table = submission.c
    rules = (table.encryption.is_(None), table.status != "erased")
    found: dict[str, list[Version]] = {}
    for row in _by_number(rows, server, versions, *rules):
        found.setdefault(row.instance_id, []).append(_version(row))
    return {name: every[0] for name, every in found.items() if len(every) == 1}


def wrapped(rows: Rows, server: str, versions: Sequence[str]) -> set[str]:
    """Return those of these versions that came encrypted and stand here."""
    rule = submission.c.encryption.is_not(None)
    return {row.instance_id for row in _by_number(rows, server, versions, rule)}


def known(
    rows: Rows, server: str, page: Iterable[Submission], forms: Forms, said: Iterable[str] = ()
) -> Known:
    """Return what the register knows about the submissions of a page: their versions, roots and families.

    ``said`` are further ids: roots that the server names, whose word may reach versions that the XML no longer names, and
    those of what cannot be read.
    """
    found = Known(splitters=forms.splitters, stamps=forms.stamps)
    here = list(page)
    stamps = sorted({one.stamp for one in here})
    ids = {one.instance_id for one in here}
    named = {one for each in here for one in (each.deprecated_id, each.root_uuid) if one} | {
        one for one in said if one
    }
    roots = ids | named
    # Asked by id alone: with more conditions a database may prefer an index that reads the whole form.
    roots |= _roots(_versions(rows, submission.c.instance_id, ids | named, _EDITS), server)
    roots |= _roots(_versions(rows, submission.c.deprecated_id, ids), server)
    of_roots = (submission.c.server == server, submission.c.stamp.in_(stamps))
    for row in _versions(rows, submission.c.root_id, roots, *of_roots):
        found.add(_version(row))
    _add_files(rows, server, found, ids)
    found.erased = erasing.among(rows, roots)
    found.redacted = _redacted(rows, server, found.erased)
    return found


def unproved(rows: Rows, server: str, ids: Iterable[str]) -> dict[tuple[str, str, str], Version]:
    """Return those of these versions that were opened before their files came, by form, root and instance id."""
    rule = submission.c.encryption == PROVISIONAL
    found = map(_version, _by_number(rows, server, ids, rule))
    return {(one.form, one.root_id, one.instance_id): one for one in found}


def _redacted(rows: Rows, server: str, ids: Iterable[str]) -> frozenset[str]:
    """Return those of some versions that are here without somebody who was taken out."""
    rule = submission.c.redacted_at.is_not(None)
    return frozenset(row.instance_id for row in _by_number(rows, server, ids, rule))


def living(rows: Rows, ids: Iterable[str]) -> set[str]:
    """Return those of some ids, of versions or roots, that stand here and were not erased, of whatever server."""
    named, table = sorted(set(ids)), submission.c
    columns = (table.instance_id, table.root_id)
    found = [
        row for column in columns for row in among(rows, columns, column, named, table.status != "erased")
    ]
    return {name for row in found for name in row} & set(named)


def _roots(found: Iterable[Any], server: str) -> set[str]:
    return {row.root_id for row in found if row.server == server}


_COLUMNS = tuple(submission.c[name] for name in (*Version.__struct_fields__, "server") if name != "files")


def _versions(
    rows: Rows, column: ColumnElement[Any], values: Iterable[str], *rules: ColumnElement[bool]
) -> Iterator[Any]:
    return among(rows, _COLUMNS, column, sorted(set(values)), *rules)


def _by_number(rows: Rows, server: str, ids: Iterable[str], *rules: ColumnElement[bool]) -> Iterator[Any]:
    """Yield what is held of a server under these instance ids: an original is found by the root that it is, an edit by itself.

    By the id alone all that is held would be read, and by the server, too, all of that server.
    """
    named = sorted(set(ids))
    if not named:
        return
    table = submission.c
    originals = _versions(rows, table.root_id, named, ~_EDITS, *rules)
    edits = _versions(rows, table.instance_id, named, _EDITS, *rules)
    yield from (row for row in chain(originals, edits) if row.server == server)


def _version(row: Any) -> Version:
    return Version(
        form=row.form,
        root_id=row.root_id,
        instance_id=row.instance_id,
        stamp=row.stamp,
        deprecated_id=row.deprecated_id,
        received_at=row.received_at,
        size=row.size,
        open_hash=row.open_hash,
        current=bool(row.current),
    )


def _add_files(rows: Rows, server: str, found: Known, ids: Iterable[str]) -> None:
    """Tell the versions that may come again which files they announced."""
    table = attachment.c
    held = sorted(set(ids) & found.versions.keys())
    announced: dict[str, set[str]] = {}
    for instance_id, tag in among(
        rows,
        (table.instance_id, table.tag),
        table.instance_id,
        held,
        table.server == server,
        table.question.is_not(None),
        table.follows.is_(None),  # what came in the place of a file was not announced
    ):
        announced.setdefault(instance_id, set()).add(tag)
    for instance_id, tags in announced.items():
        found.versions[instance_id] = msgspec.structs.replace(
            found.versions[instance_id], files=frozenset(tags)
        )


def among(
    rows: Rows,
    columns: Sequence[ColumnElement[Any]],
    column: ColumnElement[Any],
    values: Sequence[str],
    *rules: ColumnElement[bool],
) -> Iterator[Any]:
    """Yield the rows whose ``column`` has one of the values."""
    return rows.among(select(*columns).where(*rules), column, values)
