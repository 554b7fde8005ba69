"""What was received about cases or an alert and nobody could read yet: somebody may say no in it. Reads levels 0 to 2 only.

Three things keep a version from being read: a fault of the program, what made the pull put it aside, and a key that is not at hand.
A version belongs here when its source, or what could be read of it, names one that is filed there, or the code itself. It counts
from the day on which its server had it until somebody reads it, also once it was erased unread; beside it counts what was answered
on a later day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Final, Literal, NamedTuple

from sqlalchemy import select

from sync_scripts.register.forms.answers import codes_in, read_open_part
from sync_scripts.register.history.merges import one_case
from sync_scripts.register.model.build_backlog import first_apart
from sync_scripts.register.model.codes import Root
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import place, submission
from sync_scripts.store.statements import LOCKED, NEVER_READ

Cause = Literal["not_built", "put_aside", "sealed", "erased"]


class UnreadForm(NamedTuple):
    """One version that was received and nobody could read.

    Attributes:
        received_at: when a server had it.
        cause: a fault of the program, what the pull found wrong with it, a key that is not at hand; or it was erased unread.
        form: its form, as far as it is known.
    """

    received_at: str
    cause: Cause
    form: str


def of_cases(rows: Rows, codes: Iterable[str]) -> list[UnreadForm]:
    """Return what nobody could read about some cases, and about all that each of them was merged with, the last one first."""
    every = {one for code in codes for one in one_case(rows, code)}
    filing, alert = tables.filing, tables.alert
    asked = select(filing.c.stamp, filing.c.root_id, alert.c.code)
    asked = asked.select_from(filing).outerjoin(alert, alert.c.filing_no == filing.c.filing_no)
    found = list(rows.among(asked, filing.c.case_code, every))
    named = {row.code for row in found} - {None}
    return _about(rows, {(row.stamp, row.root_id) for row in found}, every | named)


def of_alert(rows: Rows, root: Root, code: str) -> list[UnreadForm]:
    """Return what nobody could read about one alert, the last one first."""
    return _about(rows, {root}, {code})


def last_day(found: Iterable[UnreadForm]) -> str:
    """Return the local day on which a server had the last of them; "" = there is none."""
    return max((local_day(moment(one.received_at), load()).isoformat() for one in found), default="")


def not_later(found: Iterable[UnreadForm], day: date) -> str:
    """Return the local day on which a server had the last of them where an answer of a day is not later: it may be older than a no."""
    last = last_day(found)
    return last if last >= day.isoformat() else ""


def _about(rows: Rows, forms: Collection[Root], codes: Collection[str]) -> list[UnreadForm]:
    versions = _versions(rows, {root_id for _stamp, root_id in forms})
    found = [
        *_not_built(rows, forms, codes),
        *_put_aside(rows, {*versions, *codes}),
        *_sealed(rows, versions),
    ]
    return sorted(found, reverse=True)


def _versions(rows: Rows, roots: set[str]) -> set[str]:
    """Return the ids of all versions of some submissions: a version names its root, or the one that it replaces."""
    asked = select(submission.c.instance_id)
    return roots | {row.instance_id for row in rows.among(asked, submission.c.root_id, roots)}


def _not_built(rows: Rows, forms: Collection[Root], codes: Collection[str]) -> Iterator[UnreadForm]:
    sent = submission.c
    for root, first in first_apart(rows).items():
        rule = (sent.stamp == root[0]) & (sent.root_id == root[1]) & (sent.arrival >= first)
        for row in rows.execute(_SENT.where(rule)):
            if root in forms or not codes_in(read_open_part(row.open_part or "[]")).isdisjoint(codes):
                yield UnreadForm(row.received_at, "not_built", row.stamp)


_SENT: Final = select(submission.c.received_at, submission.c.open_part, submission.c.stamp)


def _put_aside(rows: Rows, names: Collection[str]) -> Iterator[UnreadForm]:
    shown = (place.c.received_at, place.c.stamp, place.c.form, place.c.names, place.c.state)
    for row in rows.execute(select(*shown).where(NEVER_READ, place.c.names != "")):
        if not set(row.names.split()).isdisjoint(names):
            cause: Cause = "erased" if row.state == "erased" else "put_aside"
            yield UnreadForm(row.received_at, cause, row.stamp or row.form or "")


def _sealed(rows: Rows, versions: Collection[str]) -> Iterator[UnreadForm]:
    asked = select(place.c.received_at, place.c.form).where(LOCKED)
    for row in rows.among(asked, place.c.root_id, versions):
        yield UnreadForm(row.received_at, "sealed", row.form)
