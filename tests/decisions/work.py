"""A register to decide in: one case of one alert, four people, and short words for what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from sync_scripts.register import every_decision
from sync_scripts.register.care import rebuild
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import event, form_version, submission
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed, dealt
from tests.store.databases import copy_database
from xlsform.errors import Worded

OWNER = Actor("RD-01", "key")
SUPERVISOR = Actor("SU-01", "key")
OTHER = Actor("RD-02", "key")
CASE_CODE = dealt(0, "DK")
ALERT_CODE = dealt(0, "AL")


@dataclass
class Work:
    """A field in which people decide."""

    field: Field

    def do(self, what: Callable[..., Any], *words: Any, by: Actor = COORDINATOR, **more: Any) -> Any:
        """Decide one thing in a transaction of its own."""
        with every_decision.deciding(
            self.field.register, by, self.field.later(), draw=self.field.draw
        ) as hand:
            return what(hand, *words, **more)

    def refused(
        self,
        why: type[Worded] | tuple[type[Worded], ...],
        what: Callable[..., Any],
        *words: Any,
        by: Actor = COORDINATOR,
        **more: Any,
    ) -> str:
        """See a decision refused, with nothing written; return the words."""
        before, count = self.field.everything(), len(self.events())
        with pytest.raises(why) as caught:
            self.do(what, *words, by=by, **more)
        assert (self.field.everything(), len(self.events())) == (before, count)
        return str(caught.value.words())

    def case(self, code: str = CASE_CODE) -> dict[str, Any]:
        """Return the row of a case."""
        return next(row for row in self.field.rows(tables.case) if row["case_code"] == code)

    def alert(self, code: str = ALERT_CODE) -> dict[str, Any]:
        """Return the row of an alert."""
        return next(row for row in self.field.rows(tables.alert) if row["code"] == code)

    def tasks(self, kind: str, *, done: bool = False) -> list[dict[str, Any]]:
        """Return the tasks of a kind that are open, or ended."""
        rows = self.field.rows(tables.task)
        return [row for row in rows if row["kind"] == kind and (row["done_at"] is not None) == done]

    def events(self) -> list[Event]:
        """Return every event."""
        with self.field.register.reading() as rows:
            return list(store_events.read(rows))

    def sound(self) -> bool:
        """Tell whether a rebuild gives the same register."""
        return rebuild.check(self.field.register, self.field.later()).differing == ()


class Begun(NamedTuple):
    """What a register holds after the beginning, bytes of a file or the name of a database; and what its field knows then."""

    content: bytes | str
    now: datetime
    drawn: Mapping[str, int]
    arrived: int


_begun: dict[Any, Begun] = {}
"""Beginnings that were played in this process: the same again is copied, which takes a fraction of the time."""


def begin(register: Register, *, consent: bool = True, urgency: str | None = None) -> Work:
    """Return a register with people and one case, opened from an alert, with its interview if there is consent."""
    if _used(register):
        return _played(register, consent, urgency)
    told = (register.workspace_id, register.match_key, register.destinations, consent, urgency)
    key = (register.dialect, *told)
    if key not in _begun:
        field = _played(register, consent, urgency).field
        _begun[key] = Begun(_kept(register), field.now, dict(field.drawn), field.arrived)
    begun = _begun[key]
    _lay(begun.content, register)
    return Work(Field(register, begun.now, dict(begun.drawn), begun.arrived))


def _kept(register: Register) -> bytes | str:
    register.engine.dispose()
    file: Path | None = register.engine.get_execution_options().get("dikalo_file")
    if file is None:
        kept = f"begun_{register.engine.url.database}"
        copy_database(register.engine, str(register.engine.url.database), kept)
        return kept
    assert not file.with_name(f"{file.name}-wal").exists(), "what the file holds is not all of it"
    return file.read_bytes()


def _lay(content: bytes | str, register: Register) -> None:
    register.engine.dispose()
    if isinstance(content, str):
        copy_database(register.engine, content, str(register.engine.url.database))
    else:
        register.engine.get_execution_options()["dikalo_file"].write_bytes(content)


def _used(register: Register) -> bool:
    """Tell whether anything was written into a register."""
    with register.reading() as rows:
        return any(
            rows.execute(select(table).limit(1)).first() for table in (event, submission, form_version)
        )


def _played(register: Register, consent: bool, urgency: str | None) -> Work:
    work = Work(Field(register))
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor"), ("RD-01", "case_owner")):
        work.do(every_decision.name_worker, code, roles)
    work.do(every_decision.name_worker, "RD-02", "case_owner")
    work.field.send("alert", "r1", ALERT)
    work.do(every_decision.triage, ALERT_CODE, urgency=urgency)
    work.do(every_decision.open_case, ALERT_CODE, owner="RD-01")
    if consent:
        work.field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}}))
    return work
