"""Who edited or deleted what at a server, and when: asked after the changes were found by comparing, and written down.

A detail of custody beside the version or the mark, never what finds a change: where the history cannot be asked, nothing
is missing but the name. What is to be asked is read from the register, so that a cut loses none of it; a run asks once,
and about a bounded number of edits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, func, select

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake.places import standing
from sync_scripts.intake.run import Run
from sync_scripts.servers.abilities import TellsWho
from sync_scripts.servers.base import Deed, Status
from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.custody import Entry
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import raw
from sync_scripts.store.schema.raw import submission, watermark

AT_ONCE: Final = 400
"""Edits asked about in one run: five questions."""
WHO: Final = "*who"
"""Form of the watermark that remembers up to which edit and which deletion it was asked."""


class _Reached(msgspec.Struct, frozen=True):
    """Up to where it was asked: order of storing of the edits, and when deletions were noticed, an instant as text."""

    arrival: int = 0
    gone: str = ""


@dataclass(frozen=True, slots=True)
class Who:
    """Asks the server of a run, where it tells; ``mark`` writes down what stands otherwise now."""

    run: Run
    mark: Callable[[Sequence[standing.Change]], None]

    def ask(self) -> int:
        """Ask about what was edited or deleted since the last time; return how many answers are new."""
        source = self.run.source
        if not isinstance(source, TellsWho):
            return 0
        with self.run.register.reading() as rows:
            before = self._reached(rows)
            wanted, reached = self._wanted(rows, before)
        if not wanted:
            return 0
        try:
            said = source.who(wanted)
        except (Unreachable, NotAllowed):  # what was pulled stands without it; the next run asks again
            return 0
        return 0 if said is None else self._keep(said, reached)

    def _wanted(self, rows: Rows, before: _Reached) -> tuple[list[tuple[str, str]], _Reached]:
        """Return form and root of what is to be asked about, and how far it is asked with that."""
        held = submission.c
        mine = held.server == self.run.name
        asked = select(held.form, held.root_id, held.arrival).where(
            mine, held.arrival > before.arrival, held.instance_id != held.root_id
        )
        edits = list(rows.execute(asked.order_by(held.arrival).limit(AT_ONCE)))
        lost = select(held.form, held.root_id, func.max(held.gone_at).label("at")).where(
            mine, held.status == standing.GONE, held.gone_at > before.gone
        )
        gone = list(rows.execute(lost.group_by(held.form, held.root_id)))
        reached = _Reached(
            arrival=edits[-1].arrival if edits else before.arrival,
            gone=max((str(row.at) for row in gone), default=before.gone),
        )
        return sorted({(row.form, row.root_id) for row in (*edits, *gone)}), reached

    def _keep(self, said: Sequence[Deed], reached: _Reached) -> int:
        """Write down what is not written down yet, and take the server's own word for when something was deleted.

        A deletion of what is not marked as deleted is passed over: the history finds nothing.
        """
        with self.run.register.reading() as rows:
            gone = self._gone(rows, said)
        self.mark(_dated(gone, said))
        told = [one for one in said if one.kind != "deleted" or (one.form, one.root_id) in gone]
        with self.run.register.writing() as rows:
            known = _written(rows)
            fresh = [one for one in dict.fromkeys(told) if _key(self.run.name, one) not in known]
            custody.append(rows, [self._line(one) for one in fresh], self.run.clock())
            value = msgspec.json.encode(reached).decode()
            mark = {"server": self.run.name, "form": WHO, "value": value, "at": instant(self.run.clock())}
            rows.upsert(watermark, [mark])
        return len(fresh)

    def _gone(self, rows: Rows, said: Iterable[Deed]) -> dict[tuple[str, str], standing.Held]:
        """Return what is marked as deleted of these submissions, by form and root."""
        named = {(one.form, one.root_id): Status(one.form, one.root_id) for one in said}
        held = standing.held_of(rows, self.run.name, list(named.values()))
        return {key: one for key, one in held.items() if key in named and one.gone}

    def _line(self, one: Deed) -> Entry:
        details = {
            "account": one.account,
            "deed": one.kind,
            "form": one.form,
            "server": self.run.name,
            "when": instant(one.at),
        }
        return Entry("INTEGRITY", self.run.actor.code, one.root_id, details)

    def _reached(self, rows: Rows) -> _Reached:
        found = rows.execute(select(watermark.c.value).where(self._own)).scalar()
        return msgspec.json.decode(found, type=_Reached) if found else _Reached()

    @property
    def _own(self) -> ColumnElement[bool]:
        return and_(watermark.c.server == self.run.name, watermark.c.form == WHO)


def _dated(gone: Mapping[tuple[str, str], standing.Held], said: Iterable[Deed]) -> list[standing.Change]:
    """Return the marks of deletions with the server's time in place of the moment when they were noticed."""
    deleted = sorted((one for one in said if one.kind == "deleted"), key=lambda one: one.at)
    last = {(one.form, one.root_id): instant(one.at) for one in deleted}
    return [
        standing.Change(held, standing.GONE, last[key], held.review)
        for key, held in gone.items()
        if key in last and not held.ours and held.gone_at != last[key]
    ]


def _key(server: str, one: Deed) -> tuple[str, ...]:
    return server, one.form, one.root_id, one.kind, one.account, instant(one.at)


def _written(rows: Rows) -> set[tuple[str, ...]]:
    """Return what is written down already, over all servers."""
    line = raw.custody.c.line
    found: set[tuple[str, ...]] = set()
    for row in rows.stream(select(line).where(line.like('%"deed":"%'))):
        said = msgspec.json.decode(row.line)
        details = said["details"]
        if "deed" in details:
            names = ("server", "form", "deed", "account", "when")
            server, form, deed, account, when = (str(details[name]) for name in names)
            found.add((server, form, str(said["object"]), deed, account, when))
    return found
