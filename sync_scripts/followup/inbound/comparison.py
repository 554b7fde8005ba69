"""Lay a workbook that came back beside what went out: find the rows that somebody has written in.

Reads the snapshot of the export alone, which an import never changes, so it needs no lock and may take its time. What
the register says now is looked at afterwards, for the rows found here only. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from sync_scripts.followup.cell_reader import Lists, Reader, readers
from sync_scripts.followup.columns import Lang, Sheet
from sync_scripts.followup.errors import ColumnsMissing, RowsShuffled, RowsUnknown
from sync_scripts.followup.inbound.cell_rules import RowFacts, row_rule, shuffled
from sync_scripts.followup.inbound.known_rows import Copy, beside, said_anew
from sync_scripts.followup.inbound.reading import CameSheet, CameWorkbook, Row
from sync_scripts.followup.inbound.values import Bad, Cell, Decision, Item, Outcome, Value, Why, same
from sync_scripts.followup.outbound.content import stable_id
from sync_scripts.followup.outbound.planning import MOST_ROWS
from sync_scripts.followup.outbound.snapshot import BaseRow, Snapshot, base_rows, counts
from sync_scripts.register.model.codes import chunks
from sync_scripts.store.database import Actor, Rows

Mine = Mapping[str, Value | Bad]
"""What a row says in the columns that a person may write in."""

_HIDDEN: Final = ("__id", "__v")
_BLANK: Final = Cell()


@dataclass(frozen=True, slots=True)
class Edited:
    """A row that somebody wrote in, or filled.

    Attributes:
        sheet: where it stands in the file.
        spec: what kind of sheet that is.
        row: its number.
        row_id: the id that it went out with, or one made from what it says.
        rule: `cell_rules.COMPARE`, or a new row.
        base: what it said when it went out, or what an import made of it since; of a new row None.
        mine: what it says now.
        blank_out: it went out blank, and what was made of it is the work of another copy.
    """

    sheet: CameSheet
    spec: Sheet
    row: int
    row_id: str
    rule: Decision
    base: BaseRow | None
    mine: Mine = field(repr=False)
    blank_out: bool = False

    @property
    def new(self) -> bool:
        """Tell whether something new is to be made of it."""
        return self.rule.outcome is Outcome.NEW

    def said(self, key: str) -> Value:
        """Return what a column said when the row went out."""
        values = self.base.values if self.base is not None and not self.blank_out else None
        return (values or {}).get(key)


@dataclass(slots=True)
class Compared:
    """What a file asks for, before the register was looked at.

    Attributes:
        edited: rows to be decided.
        items: what is decided already: locked cells, rows that cannot be taken.
        readers: how the columns of each sheet are read, by kind of sheet and key.
        missing: rows that went out and did not come back.
        rows: rows that were read.
        unknown_columns, unknown_sheets: what we did not make, and did not read.
        lost_columns: locked columns that are gone.
        based: what the rows went out with was still known.
    """

    readers: Mapping[str, Mapping[str, Reader]]
    edited: list[Edited] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    missing: int = 0
    rows: int = 0
    unknown_columns: int = 0
    unknown_sheets: int = 0
    lost_columns: list[str] = field(default_factory=list)
    based: bool = True


def compare(  # noqa: PLR0917 - what lies side by side
    rows: Rows, came: CameWorkbook, snapshot: Snapshot, lists: Lists, specs: tuple[Sheet, ...], hand: Actor
) -> Compared:
    """Return what a workbook asks for that ``hand`` brings.

    Raises:
        ColumnsMissing: a column that people fill in is gone (F5).
        RowsShuffled: ids no longer belong to their values.
        RowsUnknown: there are far more rows than were handed out.
        WorkbookDamaged: the file ends in the middle of a sheet.
    """
    known = [spec for spec in specs if spec.marker in snapshot.columns]
    found = Compared({spec.marker: readers(spec, lists) for spec in known})
    found.unknown_sheets = came.unknown_sheets
    out = counts(rows, snapshot)
    for spec in known:
        sheets = came.of(spec.marker)
        check_columns(spec, sheets, found, lists.lang)
        _Sheets(rows, snapshot, spec, found, hand).read(sheets, out.get(spec.marker, 0))
    return found


def check_columns(spec: Sheet, sheets: list[CameSheet], found: Compared, lang: Lang) -> None:
    """Refuse a sheet without a column that people fill in, named as it stood there; take note of what else is gone or new."""
    needed = {column.key: column.named(lang) for column in spec.columns if column.editable}
    if not needed:
        return
    if not sheets:
        raise ColumnsMissing(sheet=spec.title(lang), columns=", ".join(needed.values()))
    for sheet in sheets:
        lost = [name for key, name in needed.items() if key not in sheet.columns]
        lost += [key for key in _HIDDEN if key not in sheet.columns]
        lost += [needed[key] for key in sheet.doubled if key in needed]
        if lost:
            raise ColumnsMissing(sheet=sheet.title, columns=", ".join(lost))
        own = {column.key for column in spec.columns}
        found.unknown_columns += len(set(sheet.columns) - own - set(_HIDDEN))
        found.lost_columns += [column.key for column in spec.columns if column.key not in sheet.columns]


@dataclass(slots=True)
class _First:
    """Where an id was met first, and what the row said."""

    digest: int
    sheet: CameSheet
    row: int
    case: str | None


class _Sheets:
    """The sheets of one kind while they are read."""

    def __init__(self, rows: Rows, snapshot: Snapshot, spec: Sheet, found: Compared, hand: Actor) -> None:
        self.rows = rows
        self.hand = hand
        self.snapshot = snapshot
        self.spec = spec
        self.found = found
        self.readers = found.readers[spec.marker]
        self.editable = [reader for reader in self.readers.values() if reader.column.editable]
        self.locked = [
            reader
            for reader in self.readers.values()
            if not reader.column.editable and reader.key in snapshot.columns[spec.marker]
        ]
        self.first: dict[str, _First] = {}
        self.clashing: set[str] = set()
        self.strange: set[str] = set()
        self.loose: dict[str, int] = {}
        self.unknown = 0
        self.filled = 0
        self.compared = 0
        self.differing = 0
        self.edited: list[Edited] = []
        self.items: list[Item] = []

    def read(self, sheets: list[CameSheet], out: int) -> None:
        """Read them all, then judge them together."""
        every = ((sheet, row) for sheet in sheets for row in sheet.rows())
        for some in chunks(every):
            ids = [row_id for _sheet, row in some if (row_id := row.words("__id")) is not None]
            known = base_rows(self.rows, self.snapshot, self.spec.marker, ids)
            for sheet, row in some:
                self._row(sheet, row, known)
        self._judge(sheets, out)

    def _judge(self, sheets: list[CameSheet], out: int) -> None:
        if shuffled(self.compared, self.differing):
            if self.editable:
                raise RowsShuffled(sheet=sheets[0].title, differing=self.differing, rows=self.compared)
            self.items = self.items[:1]  # a read-only sheet sorted by column says nothing of its rows
        for row_id in sorted(self.clashing):
            first = self.first[row_id]
            self._say(
                Decision(Outcome.REFUSED, "R6", why="copied"), first.sheet, first.row, row_id, first.case
            )
        kept = [one for one in self.edited if one.row_id not in self.clashing]
        said = [one for one in self.items if one.row_id not in self.clashing or one.decision.rule == "R6"]
        self.found.edited += kept
        self.found.items += said
        if self.editable:
            self.found.missing += max(0, out - self.filled - len(self.strange - self.first.keys()))

    def _row(self, sheet: CameSheet, row: Row, known: Mapping[str, BaseRow]) -> None:
        row_id = row.words("__id")
        blank = all(_says_nothing(row.cells.get(reader.key, _BLANK)) for reader in self.editable)
        if row_id is None:
            if self.editable and not blank:
                self._count_unknown(sheet)
                self._without_id(sheet, row)
            return
        self.found.rows += 1
        base = known.get(row_id)
        if base is None or row_id in self.first or row_id in self.strange:
            self._count_unknown(sheet)
        if (base is not None and self._strange(sheet, row, base)) or self._seen(sheet, row, row_id, base):
            return
        rule = row_rule(
            RowFacts(
                row_id,
                opens=self.spec.spare > 0,
                blank=blank,
                exported=base is not None,
                spare=base is not None and base.spare,
                created=base is not None and base.created,
                same_version=base is None or row.words("__v") == base.version,
                erased=base is not None and base.erased,
            )
        )
        self._by_rule(sheet, row, row_id, rule, base)

    def _count_unknown(self, sheet: CameSheet) -> None:
        """Count a row that was not handed out, or was copied; so many are somebody else's list, or a slip of the hand."""
        self.unknown += 1
        if self.unknown > MOST_ROWS:
            raise RowsUnknown(sheet=sheet.title, most=MOST_ROWS)

    def _by_rule(self, sheet: CameSheet, row: Row, row_id: str, rule: Decision, base: BaseRow | None) -> None:
        if rule.rule == "R2":
            self._take(Edited(sheet, self.spec, row.number, row_id, rule, None, self._mine(row)))
        elif rule.rule == "R3" and base is not None:
            self._filled_before(sheet, row, row_id, base)
        elif rule.rule == "compare" and base is not None:
            self._compare(sheet, row, base)
        elif rule.outcome is not Outcome.NOTHING and self.editable:
            self._say(rule, sheet, row.number, row_id, self._case(row, base))

    def _seen(self, sheet: CameSheet, row: Row, row_id: str, base: BaseRow | None) -> bool:
        """Tell whether the id was met before; two rows of one id that differ are both refused (R6)."""
        digest = hash(tuple(str(row.cells.get(reader.key, _BLANK).value) for reader in self.editable))
        before = self.first.get(row_id)
        if before is None:
            self.first[row_id] = _First(digest, sheet, row.number, self._case(row, base))
            self.filled += base is not None and base.values is not None and not base.spare
            return False
        if before.digest != digest:
            self.clashing.add(row_id)
            refused = Decision(Outcome.REFUSED, "R6", why="copied")
            self._say(refused, sheet, row.number, row_id, self._case(row, base))
        return True

    def _compare(self, sheet: CameSheet, row: Row, base: BaseRow) -> None:
        values = base.values or {}
        self.compared += 1
        differs = False
        for reader in self.locked:
            if reader.key not in sheet.columns or reader.key not in values:
                continue  # a column that is gone; or what it said went with the consent that covered it
            cell = row.cells.get(reader.key, _BLANK)
            if not reader.same_locked(cell, values.get(reader.key)):
                differs = True
                rule = "14" if cell.kind == "f" else "6"
                decision = Decision(Outcome.LOCKED_EDIT, rule, why="locked")
                self._say(decision, sheet, row.number, base.row_id, base.case_code, reader.key)
        mine: dict[str, Value | Bad] = {}
        touched = False
        for reader in self.editable:
            cell = row.cells.get(reader.key, _BLANK)
            said = values.get(reader.key)
            if reader.is_untouched(cell, said):
                mine[reader.key] = said
                continue
            mine[reader.key] = value = reader.read(cell)
            changed = isinstance(value, Bad) or not same(value, said)
            touched |= changed
            differs |= changed and reader.key == "code"
        self.differing += differs
        if touched:
            self._take(Edited(sheet, self.spec, row.number, base.row_id, row_rule_compare(base), base, mine))

    def _strange(self, sheet: CameSheet, row: Row, base: BaseRow) -> bool:
        """Refuse a row that people write in, and that shows another code than the one its hidden id stands for (R6).

        Whose edits these are cannot be told; by the id they would go into somebody else's case. One that shows its own is taken.
        """
        values, code = base.values or {}, next((one for one in self.locked if one.key == "code"), None)
        if code is None or not self.editable or "code" not in sheet.columns or "code" not in values:
            return False
        moved = base.spare or base.erased or row.words("__v") != base.version
        if moved or code.same_locked(row.cells.get("code", _BLANK), values["code"]):
            return False
        once = base.row_id not in self.first and base.row_id not in self.strange
        self.compared, self.differing = self.compared + once, self.differing + once
        self.strange.add(base.row_id)
        refused = Decision(Outcome.REFUSED, "R6", why="other_code")
        self._say(refused, sheet, row.number, base.row_id, base.case_code, "code")
        return True

    def _filled_before(self, sheet: CameSheet, row: Row, row_id: str, base: BaseRow) -> None:
        """Lay a ready row that was taken before beside all that was made of it, in this copy of the export or in others."""
        mine = self._mine(row)
        made = [base, *self._made_of_copies(row_id)]
        found, one = beside(self.rows, self.snapshot.export_id, made, mine, self.spec.marker, self.hand)
        compared = Decision(Outcome.NOTHING, "R3")
        match found:
            case Copy.SAME:
                return
            case Copy.ERASED:
                gone = Decision(Outcome.GONE, "R10", why="row_gone")
                self._say(gone, sheet, row.number, row_id, self._case(row, one))
            case Copy.OWN if one is not None:
                self._take(Edited(sheet, self.spec, row.number, one.row_id, compared, one, mine))
            case Copy.OTHERS if one is not None:
                said = said_anew(one, mine)
                self._take(
                    Edited(sheet, self.spec, row.number, one.row_id, compared, one, said, blank_out=True)
                )
            case _:
                why: Why = "taken_before" if found is Copy.ASKED else ""
                rule = Decision(Outcome.NEW, "R3" if why else "R2", why=why)
                self._take(
                    Edited(sheet, self.spec, row.number, self._copy_id(row_id, len(made)), rule, None, mine)
                )

    def _made_of_copies(self, row_id: str) -> Iterator[BaseRow]:
        """Yield what imports made of a ready row in further copies of the export, in the order in which they came."""
        for number in count(1):
            known = self._copy_id(row_id, number)
            made = base_rows(self.rows, self.snapshot, self.spec.marker, [known]).get(known)
            if made is None:
                return
            yield made

    def _copy_id(self, row_id: str, number: int) -> str:
        return stable_id(self.snapshot.export_id, self.spec.marker, f"{row_id} copy {number}")

    def _without_id(self, sheet: CameSheet, row: Row) -> None:
        """Take a row that a person added herself: new in actions and referrals, nothing in the list of cases."""
        rule = row_rule(RowFacts(None, opens=self.spec.spare > 0))
        self.found.rows += 1
        if rule.outcome is not Outcome.NEW:
            self._say(rule, sheet, row.number, "", self._case(row, None))
            return
        text = repr(sorted(self._mine(row).items()))
        count = self.loose[text] = self.loose.get(text, 0) + 1
        made = stable_id(self.snapshot.export_id, self.spec.marker, f"row {count} {text}")
        twice = Decision(Outcome.NEW, "R4", why="equal_rows" if count > 1 else "")
        self._new_or_known(sheet, row, made, twice)

    def _new_or_known(self, sheet: CameSheet, row: Row, row_id: str, rule: Decision) -> None:
        """Take a row under an id made from what it says: new, or known from an earlier import."""
        mine = self._mine(row)
        base = base_rows(self.rows, self.snapshot, self.spec.marker, [row_id]).get(row_id)
        if base is None:
            self._take(Edited(sheet, self.spec, row.number, row_id, rule, None, mine))
        elif not base.erased and any(
            isinstance(value, Bad) or not same(value, (base.values or {}).get(key))
            for key, value in mine.items()
        ):
            self._take(
                Edited(sheet, self.spec, row.number, row_id, Decision(Outcome.NOTHING, "R3"), base, mine)
            )

    def _mine(self, row: Row) -> dict[str, Value | Bad]:
        return {reader.key: reader.read(row.cells.get(reader.key, _BLANK)) for reader in self.editable}

    def _take(self, edited: Edited) -> None:
        self.edited.append(edited)

    def _case(self, row: Row, base: BaseRow | None) -> str | None:
        if base is not None and base.case_code is not None:
            return base.case_code
        found = row.cells.get("code", _BLANK).value
        return found if isinstance(found, str) and len(found) <= 20 else None

    def _say(  # noqa: PLR0917 - where something was met, in the order in which a person reads it
        self, decision: Decision, sheet: CameSheet, row: int, row_id: str, case: str | None, key: str = ""
    ) -> None:
        cell = sheet.at(key or next(iter(sheet.columns), "code"), row)
        self.items.append(Item(decision, sheet.marker, sheet.title, cell, row_id, case, key))


def _says_nothing(cell: Cell) -> bool:
    """Tell whether a cell holds nothing, or blanks that somebody's thumb left there."""
    return cell.value is None or (isinstance(cell.value, str) and not cell.value.strip())


def row_rule_compare(base: BaseRow) -> Decision:
    """Return the rule under which a row that went out filled is compared."""
    return Decision(Outcome.NOTHING, "R3" if base.spare else "compare")
