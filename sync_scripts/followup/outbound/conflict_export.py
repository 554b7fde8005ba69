"""Hand out the workbook of open questions: it is remembered, written down in the chain of custody, then put in place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sync_scripts.followup import wording
from sync_scripts.followup.columns import C4_FIELDS, Lang, Tier, sheets
from sync_scripts.followup.files import write_whole
from sync_scripts.followup.inbound import conflicts
from sync_scripts.followup.inbound.conflicts import Conflict
from sync_scripts.followup.outbound import snapshot
from sync_scripts.followup.outbound.conflictbook import CONFLICTS, Question, conflict_book, conflict_bytes
from sync_scripts.followup.outbound.export import locked
from sync_scripts.followup.outbound.gather import shares
from sync_scripts.followup.outbound.planning import Book, custody_entry, export_row
from sync_scripts.register.decisions.base import transaction
from sync_scripts.register.history.arrivals import shown_by_now
from sync_scripts.store import custody
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import workbooks


@dataclass(frozen=True, slots=True)
class Handed:
    """What was handed out.

    Attributes:
        path: where; None when nothing was left to ask.
        questions: how many it holds.
        ended: questions that can be answered no more, their row being gone: what the file said there is not taken.
        withheld: how many it does not hold: they are about cases that only their owners and the coordination may have.
    """

    path: Path | None
    questions: int
    ended: tuple[Conflict, ...] = ()
    withheld: int = 0


def hand_out(
    register: Register,
    path: Callable[[], Path],
    *,
    actor: Actor,
    now: datetime,
    lang: Lang,
    demo: bool,
    password: str | None,
    ids: Iterable[str] | None = None,
    dry_run: bool = False,
) -> Handed:
    """Write the open questions into a workbook; nothing is written when there is none.

    Of a case that is kept closely it holds no more than any workbook that ``actor`` makes.

    Args:
        register: where they are kept.
        path: says where the file goes; asked only when there is something to write.
        actor: who hands it out.
        now: aware UTC.
        lang: language of its headings.
        demo: invented data.
        password: locks the file; None only where the workbook that the questions come from was not locked either.
        ids: only these questions; all that are open if not given.
        dry_run: choose and make everything, write nothing; ``path`` is then where it would lie.
    """
    with transaction(register, keep=not dry_run) as rows:
        new = conflicts.refresh(rows, actor, now)
        asked, ended = conflicts.open_conflicts(rows), new.ended
        if ids is not None:
            wanted = set(ids)  # what was asked anew just now is whose question it was before
            asked = [one for one in asked if new.anew.get(one.conflict_id, one.conflict_id) in wanted]
            ended = tuple(one for one in ended if one.conflict_id in wanted)
        share = {} if demo else shares(rows, [one.case_code for one in asked if one.case_code], actor)
        may = [one for one in asked if share.get(one.case_code or "") != "none"]
        asked, withheld = may, len(asked) - len(may)
        if not asked:
            return Handed(None, 0, ended, withheld)
        few = {code for code, one in share.items() if one == "few"}
        book = _book(rows, register, asked, lang=lang, now=now, demo=demo, few=few)
        content, digest = locked(conflict_bytes(book), password)
        rows.many(workbooks.followup_export, [export_row(book, [CONFLICTS], actor, digest)])
        custody.append(rows, [custody_entry(book, actor, digest, len(asked))], now)
    return Handed(path() if dry_run else write_whole(path(), content), len(asked), ended, withheld)


def _book(
    rows: Rows,
    register: Register,
    asked: list[Conflict],
    *,
    lang: Lang,
    now: datetime,
    demo: bool,
    few: Collection[str],
) -> Book:
    questions = [
        question(one, who, lang, hidden=one.case_code in few and not _of_few(one))
        for one, who in zip(asked, changed_by(rows, values_of(asked)), strict=True)
    ]
    book = conflict_book(
        questions,
        register_id=register.workspace_id,
        tier=_tier(rows, asked),
        lang=lang,
        now=now,
        demo=demo,
    )
    return replace(book, known=shown_by_now(rows))


def _tier(rows: Rows, asked: Iterable[Conflict]) -> Tier:
    """Return the highest tier of the workbooks that the questions come from."""
    kept = (snapshot.find(rows, export_id) for export_id in {one.export_id for one in asked})
    return "T3" if any(one is not None and one.tier == "T3" for one in kept) else "T2"


def _of_few(one: Conflict) -> bool:
    """Tell whether a question is about one of the few columns that a C4 case shows."""
    return _SOURCES.get((one.sheet, one.field)) in C4_FIELDS


_SOURCES = {(spec.marker, column.key): column.source for spec in sheets("T3") for column in spec.columns}


def question(one: Conflict, changed: str, lang: Lang, *, hidden: bool = False) -> Question:
    """Return a question in words; ``hidden``: no value of the register, since it is not for whoever gets it."""

    def words(value: str | None) -> str:
        if hidden and value is not None:
            return "(C4 : non montré)" if lang == "fr" else "(C4: not shown)"
        return wording.shown(one.sheet, one.field, value, lang)

    name = wording.column_name(one.sheet, one.field, lang)
    mine = wording.where_held(one, leaving=True) if one.held else words(one.mine)
    return Question(one, name, words(one.base), words(one.register), mine, changed)


Value = tuple[str | None, str | None, str]
"""A value of the register: case, intervention, key of the column."""


def changed_by(rows: Rows, values: Iterable[Value]) -> list[str]:
    """Return for each value who last changed it, and when; empty where a form or a rule did."""
    every = list(values)
    said: dict[str, list[Event]] = {}
    for event in store_events.read(rows, subjects=[f"case:{case}" for case, _record, _key in every if case]):
        said.setdefault(event.subject, []).append(event)
    return [_last(said.get(f"case:{case}", []), record, key) for case, record, key in every]


def values_of(asked: Iterable[Conflict]) -> list[Value]:
    """Return what questions are about, for `changed_by`."""
    return [(one.case_code, one.record_id, one.field) for one in asked]


_FIELDS = {
    "owner": "owner_code",
    "note": "work_note",
    "outcome": "work_note",
    "comment": "work_note",
    "closure": "closure_reason",
    "due": "due_at",
    "done_on": "done_at",
    "sent_on": "requested_on",
    "provider": "provider_code",
}


def _last(events: list[Event], record: str | None, key: str) -> str:
    name = _FIELDS.get(key, key)
    for event in reversed(events):
        said = event.payload
        if record is not None and said.get("intervention") != record:
            continue
        moved = name in {"state", "status"} and "to" in said
        if moved or name in said or name in said.get("fields", {}):
            return wording.when(event.actor.code, event.at)
    return ""
