"""What a server says of whole submissions: gone, back, reviewed. Decided here, marked here; nothing is ever deleted.

A submission that its server no longer shows stays in the register, marked and flagged, until a person decides: a
stolen account must not erase a case. Absence proves something only when a sweep was complete, and when many are gone
at once nothing is marked and a person is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from sync_scripts.intake.notes import BackAtServer, GoneAtServer
from sync_scripts.intake.places import reviewed
from sync_scripts.register.model.codes import chunks
from sync_scripts.servers.base import Mark, Status
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import submission
from sync_scripts.store.seal import erasing

GONE, BACK, HERE, ERASED = "deleted", "restored", "ok", "erased"
"""States of a raw version; ``restored`` counts as here and remembers that it was gone."""
FUSE_ROWS = 20
FUSE_SHARE = 50
"""More than twenty, and more than one in fifty: too many gone at once to believe it."""


@dataclass(frozen=True, slots=True)
class Held:
    """The version of a submission that counts here, and how the server last stood to it.

    ``arrival`` is its place in the order of storing, over all servers; 0 = not asked.
    """

    form: str
    root_id: str
    stamp: str
    instance_id: str
    status: str = HERE
    review: str | None = None
    gone_at: str | None = None
    arrival: int = 0

    @property
    def erased(self) -> bool:
        """Tell whether a person had it erased: what its server says of it changes nothing any more."""
        return self.status == ERASED

    @property
    def gone(self) -> bool:
        """Tell whether it is marked as deleted at the server."""
        return self.status == GONE

    @property
    def ours(self) -> bool:
        """Tell whether a person declared that deletion as the organisation's own: then it has no time, and asks nobody."""
        return self.gone and self.gone_at is None


@dataclass(frozen=True, slots=True)
class Change:
    """One submission that stands otherwise now. ``gone_at`` is an instant as text; ``reviewer`` an account, "" = not said."""

    held: Held
    status: str
    gone_at: str | None
    review: str | None
    reviewer: str = ""


def changes(held: Mapping[tuple[str, str], Held], said: Iterable[Status]) -> list[Change]:
    """Return what a page's words change, by form and root; what is not held, or stands so already, changes nothing."""
    found = []
    for one in said:
        here = held.get((one.form, one.root_id))
        if here is None or here.erased:
            continue
        gone = one.deleted_at is not None
        if gone and here.ours:
            continue  # the server tells of the purge that a person has declared
        status = GONE if gone else BACK if here.gone else here.status
        gone_at = instant(one.deleted_at) if one.deleted_at else None
        noticed = gone and gone_at != here.gone_at  # by a comparison alone; the server's own word is better
        if (status, one.review) != (here.status, reviewed.plain(here.review)) or noticed:
            found.append(Change(here, status, gone_at, reviewed.kept(here.review, one.review), one.reviewer))
    return found


def believable(gone: int, held: int) -> bool:
    """Tell whether so many gone at once may be believed."""
    return gone <= max(FUSE_ROWS, held // FUSE_SHARE)


def vanished(gone: Iterable[Held], at: str) -> list[Change]:
    """Return the marks of what is gone, with the moment when it was noticed: the server does not say more."""
    return [Change(one, GONE, at, one.review) for one in gone]


def declared(gone: Iterable[Held]) -> list[Change]:
    """Return the marks of what a person declared as deleted by the organisation itself: without a time, nobody is asked."""
    return [Change(one, GONE, None, one.review) for one in gone]


def unseen(versions: Mapping[tuple[str, str], int], said: Iterable[Status]) -> list[Status]:
    """Return what is deleted at the server and was never held here, or not in all its versions.

    ``versions`` says how many of each submission are held, by form and root.
    """
    return [
        one
        for one in said
        if one.deleted_at is not None and versions.get((one.form, one.root_id), 0) < (one.versions or 1)
    ]


# --- the register's side ---------------------------------------------------------------------------------------------


def counted(rows: Rows, server: str, form: str) -> Iterator[tuple[str, str, str, str | None]]:
    """Yield root, instance id, status and review of the versions of a server's form that count, erased ones too."""
    held = submission.c
    asked = select(held.root_id, held.instance_id, held.status, held.review).where(
        *_of_forms(server, (form,)), held.current
    )
    return (tuple(row) for row in rows.stream(asked))


def every(rows: Rows, server: str, form: str) -> Iterator[Held]:
    """Yield the version that counts of every submission of a server's form, erased ones too."""
    return _held(rows, *_of_forms(server, (form,)))


def found_of(rows: Rows, server: str, form: str, marks: Sequence[Mark]) -> dict[str, Held]:
    """Return what is held of some marks, by root, of marks without a root by version; and what was erased of them elsewhere.

    What was erased stands under the version that a mark shows where that was heard of before: another one may say something new.
    """
    gone = erasing.among(rows, {name for one in marks for name in (one.root_id, one.version) if name})
    here = here_of(rows, server, form, marks)
    for one in marks:
        key = one.root_id or one.version
        held = here.get(key)
        if held is None and {key, one.version} & gone.keys():
            held = Held(form, key, "", "", ERASED)
        if held is not None and held.erased:
            here[key] = replace(held, instance_id=one.version) if one.version in gone else held
    return here


def here_of(rows: Rows, server: str, form: str, marks: Sequence[Mark]) -> dict[str, Held]:
    """Return what is held of some marks, by root; of marks without a root by version, and by root where that is its id."""
    roots = sorted({one.root_id for one in marks if one.root_id is not None})
    alone = sorted({one.version for one in marks if one.root_id is None})
    here = {
        one.root_id: one for one in _held(rows, *_of_forms(server, (form,)), submission.c.root_id.in_(roots))
    }
    if (
        alone
    ):  # by the version that counts; else it may be the first one of a submission that was edited since
        edit = (submission.c.instance_id != submission.c.root_id) & submission.c.instance_id.in_(alone)
        named = list(_held(rows, *_of_forms(server, (form,)), edit | submission.c.root_id.in_(alone)))
        here |= {one.root_id: one for one in named} | {one.instance_id: one for one in named}
    return here


def _of_forms(server: str, forms: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return submission.c.server == server, submission.c.form.in_(forms)


def newest(rows: Rows, server: str, forms: Collection[str], upto: int, most: int) -> list[tuple[str, str]]:
    """Return form and root of what a server had last, of some forms and up to an arrival, the last one first; not what is marked as gone."""
    held = submission.c
    asked = select(held.form, held.root_id).where(
        *_of_forms(server, sorted(forms)),
        held.instance_id == held.root_id,
        held.status.in_((HERE, BACK)),
        held.arrival <= upto,
    )
    found = rows.execute(asked.order_by(held.received_at.desc(), held.arrival.desc()).limit(most))
    return [(row.form, row.root_id) for row in found]


def all_held(rows: Rows, server: str, form: str) -> dict[tuple[str, str], Held]:
    """Return the same, by form and root."""
    return {(one.form, one.root_id): one for one in every(rows, server, form)}


def versions_of(rows: Rows, server: str, said: Sequence[Status]) -> dict[tuple[str, str], int]:
    """Return how many versions are held of the submissions that a page calls deleted."""
    roots = sorted({one.root_id for one in said if one.deleted_at is not None})
    found: dict[tuple[str, str], int] = {}
    held = submission.c
    for some in chunks(roots):
        asked = (
            select(held.form, held.root_id, func.count().label("n"))
            .where(*_named(server, said, some))
            .group_by(held.form, held.root_id)
        )
        found |= {(row.form, row.root_id): int(row.n) for row in rows.execute(asked)}
    return found


def held_of(
    rows: Rows, server: str, said: Sequence[Status], *rules: ColumnElement[bool]
) -> dict[tuple[str, str], Held]:
    """Return the same for the submissions that a page speaks of."""
    roots = sorted({one.root_id for one in said})
    return {
        (one.form, one.root_id): one
        for some in chunks(roots)
        for one in _held(rows, *_named(server, said, some), *rules)
    }


def plain(one: Status) -> bool:
    """Tell whether a server says no more of a submission than that it is there: true of nearly all."""
    return one.deleted_at is None and one.review is None


def otherwise(rows: Rows, server: str, said: Sequence[Status]) -> dict[tuple[str, str], Held]:
    """Return the same, without those that are only there for their server, and stand so: nothing changes for them."""
    held = submission.c
    unlike = (held.status != HERE) | held.review.is_not(None)
    spoken = sorted({one.root_id for one in said if not plain(one)})
    return held_of(rows, server, said, (unlike | held.root_id.in_(spoken)) if spoken else unlike)


def _named(server: str, said: Iterable[Status], roots: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Ask for some roots with the forms that are spoken of, by which their rows are found without a walk through all."""
    forms = sorted({one.form for one in said})
    return *_of_forms(server, forms), submission.c.root_id.in_(roots)


def _held(rows: Rows, *rules: ColumnElement[bool]) -> Iterator[Held]:
    names = ("form", "root_id", "stamp", "instance_id", "status", "review", "gone_at", "arrival")
    asked = select(*(submission.c[name] for name in names)).where(submission.c.current, *rules)
    yield from (Held(*row) for row in map(tuple, rows.stream(asked)))


def mark(rows: Rows, server: str, found: Iterable[Change]) -> set[tuple[str, str]]:
    """Write the changes into the raw rows and return the (stamp, root) that the register must derive again."""
    touched = set()
    for one in found:
        values: dict[str, Any] = {"status": one.status, "gone_at": one.gone_at, "review": one.review}
        rows.execute(
            update(submission)
            .where(
                submission.c.server == server,
                submission.c.form == one.held.form,
                submission.c.root_id == one.held.root_id,
                submission.c.status.in_((HERE, GONE, BACK)),
            )
            .values(values)
        )
        touched.add((one.held.stamp, one.held.root_id))
    return touched


def notes(found: Collection[Change]) -> dict[str, int]:
    """Return what a person should know of these changes, by code."""
    return {
        GoneAtServer.code: sum(one.status == GONE and not one.held.gone for one in found),
        BackAtServer.code: sum(one.held.gone and one.status != GONE for one in found),
    }


# --- shown by a row of another root or form, with the same answers: there, whatever became of the first row ----------


def shown_by_another(rows: Rows, server: str, versions: Sequence[str]) -> list[Held]:
    """Return the version that counts of each submission that these are versions of, of whatever form of the server."""
    held = submission.c
    asked = select(held.form, held.root_id).where(held.server == server)
    named = {
        (row.form, row.root_id)
        for some in chunks(versions)
        for row in rows.execute(asked.where(held.instance_id.in_(some)))
    }
    found = held_of(rows, server, [Status(*one) for one in sorted(named)])
    return [one for key, one in found.items() if key in named]


def back(here: Iterable[Held]) -> list[Change]:
    """Return which of these, that are there, are marked as deleted: the mark comes off."""
    return [Change(one, BACK, None, one.review) for one in here if one.gone]


# --- versions that come after the one that replaced them -------------------------------------------------------------


def stand(rows: Rows, server: str, late: Iterable[tuple[str, str, str]]) -> None:
    """Give versions, named by form, root and instance id, what the server said of the one that counts, as they are stored.

    A server speaks of a submission as a whole, and what it says is written on every version that is held then. One that could
    not be had in that moment comes later, when nothing changes any more; without this it would never be told.
    """
    held = submission.c
    for form, root_id, instance_id in late:
        mine = (held.server == server, held.form == form, held.root_id == root_id)
        said = select(held.status, held.gone_at, held.review).where(*mine, held.current)
        present = rows.execute(said).one_or_none()
        if present is None or present.status not in {HERE, GONE, BACK}:
            continue
        values = {"status": present.status, "gone_at": present.gone_at, "review": present.review}
        rows.execute(update(submission).where(*mine, held.instance_id == instance_id).values(values))
