"""A follow-up workbook as a value, before any cell exists: what it holds, the check of its texts, and what is kept of it. Writes nothing."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sync_scripts.followup.cell_reader import labels_in, several
from sync_scripts.followup.columns import WORKBOOK_STATES, Column, Lang, Line, Sheet, Tier, check, sheets
from sync_scripts.followup.errors import IdentityInText, TooManyRows
from sync_scripts.followup.outbound import gather
from sync_scripts.followup.outbound.content import (
    DOUALA,
    URGENCIES,
    CaseFacts,
    Work,
    crockford,
    flag_of,
    lines,
    lines_of,
    rank,
)
from sync_scripts.register.history.arrivals import shown_by_now
from sync_scripts.register.queries import submissions
from sync_scripts.store import custody
from sync_scripts.store.canonical import canonical, instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.detectors import Kind, KnownNames, hits

FORMAT = "dikalo-followup/1"


@dataclass(frozen=True, slots=True)
class Filled:
    """A sheet and its rows."""

    sheet: Sheet
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A counted series of the dashboard: its title, and label and count of each bar."""

    title: str
    bars: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Book:
    """One export. ``exported_at`` is aware UTC; ``mark`` says who received the copy; labels are in ``lang``.

    ``lists`` holds, in order, the codes that an editable column may take; ``labels`` the label of every code shown;
    ``withheld`` counts open cases of the scope that the reader may not have; ``known`` is what the register had read and built, as a
    decision keeps it.
    """

    export_id: str
    register_id: str
    exported_at: datetime
    today: date
    expires_on: date
    tier: Tier
    scope: str
    lang: Lang
    mark: str
    demo: bool
    protect: bool
    filled: tuple[Filled, ...]
    lists: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, Mapping[str, str]]
    figures: tuple[Figure, ...]
    withheld: int = 0
    known: Mapping[str, Any] = field(default_factory=dict)

    def shown(self, column: Column, value: str) -> str:
        """Return what a person reads for a stored value: the label of a code, the text itself otherwise.

        A code without a label is shown as it is, never hidden.
        """
        known = self.labels.get(column.choices, {})
        if column.kind == "set":
            return several((known.get(code, code) for code in value.split()), self.lang)
        return known.get(value, value) if column.choices else value


MOST_ROWS: Final = 5_000
EXPIRES_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: tier, language, scope, reader, and the instant (aware UTC)."""

    tier: Tier
    lang: Lang
    scope: gather.Scope
    actor: Actor
    now: datetime
    demo: bool
    protect: bool = True

    @property
    def detailed(self) -> bool:
        """Tell whether the columns of tier T3 are wanted."""
        return self.tier == "T3"


def new_ulid(now: datetime) -> str:
    """Return a fresh ULID: 48 bits of time, 80 drawn."""
    number = (int(now.timestamp() * 1000) << 80) | secrets.randbits(80)
    return crockford(number)


def _figures(found: list[CaseFacts], book: Book, provisional: frozenset[str]) -> tuple[Figure, ...]:
    """Return what is counted; cases that nothing proves yet are counted like all, and said beside."""
    french = book.lang == "fr"

    def bars(codes: Collection[str], counted: Counter[str], choices: str) -> tuple[tuple[str, int], ...]:
        known = book.labels[choices]
        return tuple((known.get(code, code), counted[code]) for code in codes if counted[code])

    states = Counter(case.state for case in found)
    urgent = Counter(case.urgency or "" for case in found)
    late = Counter(flag_of(case.next_due, book.today) for case in found)
    return (
        Figure(
            "Dossiers ouverts par état" if french else "Open cases by state",
            bars(sorted(states), states, "state"),
        ),
        Figure("Par urgence" if french else "By urgency", bars(URGENCIES, urgent, "urgency")),
        Figure("Échéances" if french else "Deadlines", bars(("overdue", "soon", "fine"), late, "flag")),
        *_provisional(sum(case.code in provisional for case in found), french=french),
    )


def _provisional(count: int, *, french: bool) -> Iterator[Figure]:
    """Yield how many of the cases counted above rest on a form that was opened before its files came."""
    if count:
        title = (
            "Dont provisoires (soumission ouverte avant ses fichiers)"
            if french
            else "Provisional among them (submission opened before its files came)"
        )
        yield Figure(title, (("Dossiers" if french else "Cases", count),))


def chosen(order: Order) -> tuple[Sheet, ...]:
    """Return the data sheets of an order.

    Raises:
        FieldNotAllowed: a column is not on the tier's list.
    """
    found = sheets(order.tier)
    check(order.tier, [column.source for sheet in found for column in sheet.columns if column.source])
    return found


def outline(rows: Rows, register: Register, order: Order) -> Book:
    """Return the book without its rows: its ids, dates and words, and the choices known without a case."""
    labels = labels_in(order.lang)
    today = order.now.astimezone(DOUALA).date()
    export_id = new_ulid(order.now)
    return Book(
        export_id=export_id,
        register_id=register.workspace_id,
        exported_at=order.now,
        known=shown_by_now(rows),
        today=today,
        expires_on=today + timedelta(EXPIRES_DAYS),
        tier=order.tier,
        scope=order.scope.words(),
        lang=order.lang,
        mark=" ".join(filter(None, (order.scope.reader, export_id[-4:]))),
        demo=order.demo,
        protect=order.protect,
        filled=(),
        lists={
            "state": WORKBOOK_STATES,
            "urgency": URGENCIES,
            "owner": gather.owners(rows),
            "service": tuple(labels["service"]),
            "status": tuple(labels["status"]),
            "closure_reason": tuple(labels["closure_reason"]),
            "case": (),
        },
        labels=labels,
        figures=(),
    )


def with_choices(book: Book, owners: Iterable[str | None], codes: Iterable[str]) -> Book:
    """Return the book with the owners of its cases and their codes among the choices."""
    known = dict.fromkeys((*book.lists["owner"], *sorted({owner for owner in owners if owner})))
    return replace(book, lists={**book.lists, "owner": tuple(known), "case": tuple(codes)})


def allowed(rows: Rows, order: Order) -> Callable[[CaseFacts], bool]:
    """Return what tells whether a case may be in this copy at all: its reader may have it, and so may whoever makes it.

    A code that was only typed is nobody's: it opens no C3 case.
    """
    who = gather.reader(rows, order.scope.reader or order.actor.code)
    if order.demo:
        who = replace(who, sees_c3=True)
        return lambda case: gather.may_have(case, who)
    proved = order.actor.proof == "key"
    hand = gather.reader(rows, order.actor.code) if proved else gather.Reader("", sees_c3=False)
    return lambda case: gather.may_have(case, who) and gather.may_have(case, hand)


def sheet_lines(sheet: Sheet, work: Iterable[Work], book: Book) -> Iterator[Line]:
    """Yield the rows of one sheet of a book."""
    return lines(
        sheet,
        work,
        register_id=book.register_id,
        export_id=book.export_id,
        today=book.today,
        lang=book.lang,
    )


def case_lines(sheet: Sheet, one: Work, book: Book) -> Iterator[Line]:
    """Yield the rows of one sheet of a book that show a case."""
    return lines_of(sheet, one, register_id=book.register_id, today=book.today, lang=book.lang)


def plan(rows: Rows, register: Register, order: Order) -> Book:
    """Choose the whole workbook from the register; writes nothing.

    Raises:
        FieldNotAllowed: a column is not on the tier's list.
        TooManyRows: over 5,000 rows in one sheet.
    """
    specs = chosen(order)
    may = allowed(rows, order)
    work: list[Work] = []
    withheld = 0
    for one in gather.work(rows, order.scope, detailed=order.detailed, at=order.now):
        if may(one[0]):
            work.append(one)
        else:
            withheld += 1
    if len(work) > MOST_ROWS:
        raise TooManyRows(rows=len(work))
    work.sort(key=lambda one: rank(one[0]))
    found = [case for case, _done in work]
    book = with_choices(
        outline(rows, register, order), (case.owner for case in found), sorted(case.code for case in found)
    )
    filled = tuple(Filled(sheet, tuple(sheet_lines(sheet, work, book))) for sheet in specs)
    longest = max(len(one.lines) - one.sheet.spare for one in filled)
    if longest > MOST_ROWS:
        raise TooManyRows(rows=longest)
    return replace(
        book,
        filled=filled,
        figures=_figures(found, book, submissions.unproved_cases(rows)),
        withheld=withheld,
    )


_FACTS: Final = frozenset(
    ("opened", "region", "department", "needs", "violations", "people", "arrondissement", "legal", "service")
)
"""Keys of the columns that a person, or how closely a case is kept, can close."""
_DUE: Final = "dk:todo"
"""The sheet of what is due soon: a row leaves it with the day."""


def showing(book: Book) -> frozenset[tuple[str, ...]]:
    """Return what a book shows that can be taken back: which rows, and in them each fact; not what people write."""
    return frozenset(
        one for filled in book.filled for line in filled.lines for one in _shown(filled.sheet.marker, line)
    )


def _shown(marker: str, line: Line) -> Iterator[tuple[str, ...]]:
    if (
        line.values.get("code") is None or marker == _DUE
    ):  # all that stands there is on the sheet of cases, too
        return
    yield marker, line.row_id
    if not line.withheld:
        yield marker, line.row_id, "whole"
    for key, value in line.values.items():
        if key in _FACTS:
            yield from ((marker, line.row_id, key, word) for word in (value or "").split())


@lru_cache(maxsize=4_096)
def _hits_in_list(label: str) -> tuple[Kind, ...]:
    """Look at a label of a list, or at a code without one, once for all rows."""
    return tuple(hits(label))


def check_line(book: Book, sheet: Sheet, line: Line, at: int, names: KnownNames | None) -> None:
    """Look at every text of one row. Known names are looked for in what people write, not in labels of lists.

    Raises:
        IdentityInText: the first cell with a phone number, coordinates or (with ``names``) a known name.
    """
    for column in sheet.columns:
        value = line.values.get(column.key)
        if value is None or column.kind == "date":
            continue
        shown = book.shown(column, value)
        for kind in _hits_in_list(shown) if column.choices else hits(shown, names):
            where = (column.fr if book.lang == "fr" else column.en).format(day="")
            raise IdentityInText(
                sheet=sheet.title(book.lang),
                cell=f"{where}, {at}",
                kind=kind,
                case=line.values.get("code") or "-",
            )


def export_row(book: Book, specs: Iterable[Sheet], actor: Actor, digest: str | None) -> dict[str, Any]:
    """Return what is kept of an export as a whole."""
    return {
        "export_id": book.export_id,
        "by": actor.code,
        "at": instant(book.exported_at),
        "tier": book.tier,
        "scope": book.scope,
        "lang": book.lang,
        "expires": book.expires_on.isoformat(),
        "columns": canonical({sheet.marker: [column.key for column in sheet.columns] for sheet in specs}),
        "file_sha256": digest,
        "labels": canonical({name: dict(words) for name, words in book.labels.items()}),
        "known": canonical(dict(book.known)),
    }


def baseline_row(book: Book, sheet: Sheet, line: Line) -> dict[str, Any]:
    """Return what is kept of one row: the base of the three-way merge when the file comes back."""
    return {
        "export_id": book.export_id,
        "sheet": sheet.marker,
        "row_id": line.row_id,
        "version": line.version,
        "values": None if line.values.get("code") is None else canonical(dict(line.values)),
        "case_code": line.values.get("code"),
        "record_id": line.record,
    }


def custody_entry(book: Book, actor: Actor, digest: str, count: int) -> custody.Entry:
    """Return the line of the chain of custody: who took how many rows, at which tier, in which file."""
    details = {"tier": book.tier, "rows": count}
    return custody.Entry(action="EXPORTED", actor=actor.code, object=digest, details=details)
