"""``dikalo followup export``: choose, check, store the baseline, then write the file. The register stays the truth.

The baseline (what each row said, and the ids reserved for blank rows) is stored before the file takes its place, so
that no copy is ever out whose base the register does not know.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from sync_scripts.errors import N_, DikaloError
from sync_scripts.followup import gather, tiers
from sync_scripts.followup.book import Book, Figure, Filled
from sync_scripts.followup.content import DOUALA, URGENCIES, CaseFacts, flag_of, lines
from sync_scripts.followup.detectors import hits
from sync_scripts.followup.labels import labels_in
from sync_scripts.followup.sheets import WORKBOOK_STATES, Lang, sheets
from sync_scripts.store import custody
from sync_scripts.store.canonical import canonical, instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.schema import raw

MOST_ROWS = 5_000
EXPIRES_DAYS = 7
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(eq=False, kw_only=True)
class IdentityInText(DikaloError):
    """A text that goes into the workbook holds a phone number, coordinates or a known name."""

    sheet: str
    cell: str
    kind: str
    case: str

    code: ClassVar[str] = "DK-W04"
    message: ClassVar[str] = N_(
        "A text of case {case} (sheet {sheet}, {cell}) looks like it holds an identity ({kind}). Nothing was written. "
        "Correct the note in the register so that it names nobody, then export again."
    )


@dataclass(eq=False, kw_only=True)
class PasswordNeeded(DikaloError):
    """Tier T3 never leaves without a password."""

    code: ClassVar[str] = "DK-W05"
    message: ClassVar[str] = N_(
        "A workbook of tier T3 is always locked with a password; --no-password is for tier T2 only. Nothing was written."
    )


@dataclass(eq=False, kw_only=True)
class TooManyRows(DikaloError):
    """More rows than a person can work through in one workbook."""

    rows: int

    code: ClassVar[str] = "DK-W06"
    message: ClassVar[str] = N_(
        "The workbook would have {rows} rows; 5,000 is the most that stays usable. Nothing was written. "
        "Narrow the scope, for example --region CM007 or --owner CODE."
    )


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did: where the file is, how many rows each sheet has, until when it may come back.

    ``withheld`` counts open cases of the scope that this reader may not have (confidentiality C3 and C4).
    """

    path: Path
    export_id: str
    rows: Mapping[str, int]
    expires: str
    tier: str
    locked: bool
    sha256: str
    withheld: int
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: tier, language, scope, reader, and the instant (aware UTC)."""

    tier: tiers.Tier
    lang: Lang
    scope: gather.Scope
    actor: Actor
    now: datetime
    demo: bool
    protect: bool = True


def new_ulid(now: datetime) -> str:
    """Return a fresh ULID: 48 bits of time, 80 drawn."""
    number = (int(now.timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def _figures(found: list[CaseFacts], book: Book) -> tuple[Figure, ...]:
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
    )


def _ordered_codes(known: Mapping[str, str], codes: Collection[str]) -> tuple[str, ...]:
    return tuple(code for code in known if code in codes)


def plan(rows: Rows, register: Register, order: Order) -> Book:
    """Choose the whole workbook from the register; writes nothing.

    Raises:
        FieldNotAllowed: a column is not on the tier's list.
        TooManyRows: over 5,000 rows in one sheet.
    """
    chosen = sheets(order.tier)
    tiers.check(order.tier, [column.source for sheet in chosen for column in sheet.columns if column.source])
    who = gather.reader(rows, order.actor.code)
    if order.demo:
        who = replace(who, sees_c3=True)
    in_scope = list(gather.cases(rows, order.scope, detailed=order.tier == "T3"))
    found = [case for case in in_scope if gather.may_have(case, who)]
    if len(found) > MOST_ROWS:
        raise TooManyRows(rows=len(found))
    done = list(gather.interventions(rows))
    labels = labels_in(order.lang)
    today = order.now.astimezone(DOUALA).date()
    export_id = new_ulid(order.now)
    book = Book(
        export_id=export_id,
        register_id=register.workspace_id,
        exported_at=order.now,
        today=today,
        expires_on=today + timedelta(EXPIRES_DAYS),
        tier=order.tier,
        scope=order.scope.words(),
        lang=order.lang,
        mark=export_id[-4:],
        demo=order.demo,
        protect=order.protect,
        filled=(),
        lists={
            "state": WORKBOOK_STATES,
            "urgency": URGENCIES,
            "owner": tuple(
                dict.fromkeys((*gather.owners(rows), *sorted({c.owner for c in found if c.owner})))
            ),
            "service": tuple(labels["service"]),
            "status": tuple(labels["status"]),
            "closure_reason": tuple(labels["closure_reason"]),
            "case": tuple(case.code for case in found),
        },
        labels=labels,
        figures=(),
        withheld=len(in_scope) - len(found),
    )
    filled = tuple(
        Filled(
            sheet,
            lines(
                sheet,
                found,
                done,
                register_id=book.register_id,
                export_id=export_id,
                today=today,
                lang=order.lang,
            ),
        )
        for sheet in chosen
    )
    return replace(book, filled=filled, figures=_figures(found, book))


def check_texts(book: Book, names: Collection[str] = ()) -> None:
    """Look at every text that would be written.

    Raises:
        IdentityInText: the first cell with a phone number, coordinates or (with ``names``) a known name.
    """
    for filled in book.filled:
        for at, line in enumerate(filled.lines, start=6):
            for column in filled.sheet.columns:
                value = line.values.get(column.key)
                if value is None or column.kind == "date":
                    continue
                for kind in hits(book.shown(column, value), names):
                    title = filled.sheet.title(book.lang)
                    where = (column.fr if book.lang == "fr" else column.en).format(day="")
                    raise IdentityInText(
                        sheet=title, cell=f"{where}, {at}", kind=kind, case=line.values.get("code") or "-"
                    )


def store_baseline(rows: Rows, book: Book, actor: Actor, digest: str) -> None:
    """Keep what was exported, in the transaction given: the base of the three-way merge when the file comes back."""
    columns = {filled.sheet.marker: [column.key for column in filled.sheet.columns] for filled in book.filled}
    rows.many(
        raw.followup_export.insert(),
        [
            {
                "export_id": book.export_id,
                "by": actor.code,
                "at": instant(book.exported_at),
                "tier": book.tier,
                "scope": book.scope,
                "lang": book.lang,
                "expires": book.expires_on.isoformat(),
                "columns": canonical(columns),
                "file_sha256": digest,
            }
        ],
    )
    rows.many(
        raw.followup_row.insert(),
        [
            {
                "export_id": book.export_id,
                "sheet": filled.sheet.marker,
                "row_id": line.row_id,
                "version": line.version,
                "values": None if line.values.get("code") is None else canonical(dict(line.values)),
            }
            for filled in book.filled
            for line in filled.lines
        ],
    )


def export(
    register: Register,
    order: Order,
    path: Path,
    *,
    password: str | None,
    names: Collection[str] = (),
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _more: None,
) -> Exported:
    """Write one follow-up workbook and remember what it said.

    Args:
        register: the open register.
        order: tier, language, scope, who asks and when.
        path: the file to write.
        password: locks the file; None leaves it clear, at tier T2 only.
        names: known names to look for in texts; given only with the vault open.
        dry_run: choose and check everything, write nothing.
        progress: called with 1 after each of four steps.

    Raises:
        PasswordNeeded: T3 without a password.
        IdentityInText: a text names somebody; nothing was written.
    """
    from sync_scripts.followup.password import check_password, encrypted, write_whole
    from sync_scripts.followup.write import workbook_bytes

    if password is None and order.tier != "T2":
        raise PasswordNeeded
    if password is not None:
        check_password(password)
    with register.reading() as rows:
        book = plan(rows, register, order)
    progress(1)
    check_texts(book, names)
    progress(1)
    content = workbook_bytes(book)
    content = content if password is None else encrypted(content, password)
    digest = hashlib.sha256(content).hexdigest()
    progress(1)
    if not dry_run:
        details = {"tier": book.tier, "rows": sum(len(filled.lines) for filled in book.filled)}
        entry = custody.Entry(action="EXPORTED", actor=order.actor.code, object=digest, details=details)
        with register.writing() as rows:
            store_baseline(rows, book, order.actor, digest)
            custody.append(rows, [entry], order.now)
        path = write_whole(path, content)
    progress(1)
    counts = {
        filled.sheet.marker: sum(1 for line in filled.lines if line.values.get("code") is not None)
        for filled in book.filled
    }
    return Exported(
        path=path,
        export_id=book.export_id,
        rows=counts,
        expires=book.expires_on.isoformat(),
        tier=book.tier,
        locked=password is not None,
        sha256=digest,
        withheld=book.withheld,
        dry_run=dry_run,
    )
