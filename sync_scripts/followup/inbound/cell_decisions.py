"""Every cell that somebody wrote in, decided against what the register says now. Reads, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Final

from sqlalchemy import select

from sync_scripts.followup.cell_reader import like
from sync_scripts.followup.inbound.cell_rules import GONE, Field, Gone, Side, across, decide, in_charge
from sync_scripts.followup.inbound.comparison import Compared, Edited
from sync_scripts.followup.inbound.conflicts import ROW
from sync_scripts.followup.inbound.held_cells import NEVER_TAKEN
from sync_scripts.followup.inbound.known_rows import CaseState, Current, current
from sync_scripts.followup.inbound.values import BLOCKING, Bad, Decision, Item, Outcome, Value, Why
from sync_scripts.followup.outbound.content import DOUALA
from sync_scripts.followup.outbound.gather import service_for
from sync_scripts.followup.outbound.snapshot import Snapshot, all_cases, base_rows, cases_of
from sync_scripts.register.lifecycle.moves import INTERVENTION_FINAL
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Rows
from sync_scripts.store.detectors import hits
from sync_scripts.store.schema import register as tables

_OF_ROW: Final = frozenset({"equal_rows", "taken_before", "under_way"})
"""Why a person is asked about a new row as a whole."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the importer said beforehand.

    Attributes:
        erase: cells that were emptied are emptied in the register.
        accepted: cells, named ``Dossiers!I6``, whose warning or erasure a person has accepted.
        only_accepted: nothing else is taken; for a file that was applied before.
    """

    erase: bool = False
    accepted: frozenset[str] = frozenset()
    only_accepted: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """One row with the decision about each of its cells.

    Attributes:
        edited: the row.
        decided: key of a column -> its decision; cells that say nothing new are left out.
        case: code of the case.
        now: what the register says.
    """

    edited: Edited
    decided: Mapping[str, Decision]
    case: str | None
    now: Mapping[str, Value] = field(repr=False)

    def takes(self, key: str) -> bool:
        """Tell whether the cell of a column is to be written."""
        return key in self.decided and self.decided[key].outcome in (Outcome.APPLY, Outcome.NEW)

    def value(self, key: str) -> Value:
        """Return what a cell puts into the register, or what stands there."""
        return self.decided[key].value if self.takes(key) else self.now.get(key)

    @property
    def makes(self) -> bool:
        """Tell whether a new action or referral comes of it."""
        return self.edited.new and self.takes("code")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do: rows with something to write, and a line for all that is to be said."""

    rows: tuple[Settled, ...]
    items: tuple[Item, ...]

    @property
    def blocked(self) -> bool:
        """Tell whether an error keeps the whole file out."""
        return any(item.decision.outcome in BLOCKING for item in self.items)


def settle(rows: Rows, found: Compared, snapshot: Snapshot, said: Said, at: datetime) -> Plan:
    """Decide all that a file asks for, at an instant (aware UTC)."""
    named = {case for one in found.edited if (case := _case_of(one)) is not None}
    named |= {item.case for item in found.items if item.decision.why == "row_gone" and item.case}
    records = {one.base.record_id for one in found.edited if one.base is not None and one.base.record_id}
    now = current(rows, named, records, at)
    deciding = _Deciding(
        found,
        now,
        cases_of(rows, snapshot.export_id, named),
        said,
        at.astimezone(DOUALA).date(),
        referred_again(rows, found.edited),
        partial(all_cases, rows, snapshot.export_id),
    )
    settled: list[Settled] = []
    items = [one for one in found.items if not said.only_accepted or one.decision.outcome in NEVER_TAKEN]
    for edited in found.edited:
        done, more = deciding.row(edited)
        items += more
        if done is not None:
            settled.append(done)
    return Plan(tuple(settled), tuple(_with_reason(item, now) for item in items))


def _with_reason(item: Item, now: Current) -> Item:
    """Return a line that says of a row whose values are gone that something was withdrawn, where that is why."""
    state = now.cases.get(item.case or "")
    if item.decision.why != "row_gone" or state is None or not state.withdrawn:
        return item
    return replace(item, decision=replace(item.decision, why="row_withdrawn"))


def moved(rows: Rows, found: Compared, snapshot: Snapshot) -> bool:
    """Tell whether what is kept of a row changed since the file was compared: erased, or taken by another import."""
    for marker in {one.spec.marker for one in found.edited if one.rule.rule != "F3"}:
        mine = [one for one in found.edited if one.spec.marker == marker]
        kept = base_rows(rows, snapshot, marker, [one.row_id for one in mine])
        for one in mine:
            now = kept.get(one.row_id)
            taken = now is not None and (now.created or not now.spare)
            if taken if one.base is None else now != one.base:
                return True
    return False


def _case_of(edited: Edited) -> str | None:
    if edited.base is not None and edited.base.case_code is not None:
        return edited.base.case_code
    code = edited.mine.get("code")
    return None if isinstance(code, Bad) else code


@dataclass(frozen=True, slots=True)
class _Deciding:
    """What the decisions about all rows share."""

    found: Compared
    now: Current
    exported: set[str]
    said: Said
    today: date
    again: frozenset[str]
    every: Callable[[], list[str]]
    """Gives the codes of all cases of the export."""

    def row(self, edited: Edited) -> tuple[Settled | None, list[Item]]:
        """Decide one row: what is to be written of it, and what is to be said."""
        case = _case_of(edited)
        state = self.now.cases.get(case) if case is not None else None
        if edited.rule.rule == "F3" and (edited.base is None or state is None):
            return None, list(self._whole(edited, case, state))
        now = self._values(edited, state)
        decided = self._cells(edited, case, state, now)
        decided = self._accepted(edited, decided)
        if not isinstance(now, Gone):
            side = Side(edited.spec.marker, now, decided, self.today, new=edited.new)
            for key, decision in across(side):
                if key not in decided or decided[key].outcome is not Outcome.ERROR:
                    decided[key] = decision
        if self.said.only_accepted:
            decided = {key: one for key, one in decided.items() if self._was_held(edited, key, one)}
        values = {} if isinstance(now, Gone) else now
        settled = Settled(edited, decided, case, values)
        wanted = any(settled.takes(key) for key in decided) or any(
            one.outcome is Outcome.SEAL for one in decided.values()
        )
        if edited.new:
            wanted = (
                settled.makes
            )  # without a case of this workbook nothing is made, nor asked of the register
        return (settled if wanted else None), list(self._items(settled))

    def _whole(self, edited: Edited, case: str | None, state: CaseState | None) -> Iterator[Item]:
        """Yield the question about a filled row of which nobody knows any more whether it was taken before.

        One whose case nobody knows here is no row that is gone: perhaps its code was mistyped, and the file alone has what it says.
        """
        values = {key: value for key, value in edited.mine.items() if not isinstance(value, Bad)}
        texts = [value for value in values.values() if value is not None]
        kind = next((kind for value in texts for kind in hits(value)), None)
        open_ = state is not None and not state.left and edited.spec.spare > 0
        if state is None:
            nearest = like(case or "", self.every())
            decision, shown = Decision(Outcome.UNKNOWN_ROW, "R7", why="case_unknown", nearest=nearest), None
        elif not open_:
            decision, shown = Decision(Outcome.GONE, "R10", why="row_gone"), None
        elif kind is not None:
            decision, shown = Decision(Outcome.WARNING, "17", why=kind), None
        else:
            decision, shown = edited.rule, canonical(values)
        cell = edited.sheet.at("code", edited.row)
        yield Item(
            decision,
            edited.spec.marker,
            edited.sheet.title,
            cell,
            edited.row_id,
            case,
            ROW,
            file=shown,
        )

    def _values(self, edited: Edited, state: CaseState | None) -> Mapping[str, Value] | Gone:
        if edited.new:
            return {}
        if edited.spec.marker == "dk:cases":
            return GONE if state is None else state.values
        record = edited.base.record_id if edited.base is not None else None
        return self.now.interventions.get(record or "", GONE)

    def _cells(
        self, edited: Edited, case: str | None, state: CaseState | None, now: Mapping[str, Value] | Gone
    ) -> dict[str, Decision]:
        decided: dict[str, Decision] = {}
        for key, mine in edited.mine.items():
            reader = self.found.readers[edited.spec.marker][key]
            asked = reader.field
            if state is not None and state.hides(reader.column.source):
                asked = replace(asked, editable=False)
            one = self._decide(edited, asked, now if isinstance(now, Gone) else now.get(key), mine)
            if one.outcome is Outcome.NOTHING:
                continue
            if one.outcome is Outcome.LOCKED_EDIT:
                one = Decision(
                    Outcome.REFUSED, "6", why="withheld"
                )  # written where nothing was shown: it is said
            elif state is not None and state.left and one.outcome not in {Outcome.ERROR, Outcome.SAME}:
                one = Decision(Outcome.GONE, "R10", why=state.why_left)
            elif edited.new and one.outcome is Outcome.APPLY:
                one = self._new(edited, one, key, case)
            decided[key] = one
        return decided

    def _decide(self, edited: Edited, asked: Field, now: Value | Gone, mine: Value | Bad) -> Decision:
        """Decide one cell; where nobody knows what it went out with, whatever differs is a question."""
        if edited.rule.rule != "F3":
            return decide(asked, edited.said(asked.key), now, mine)
        # whom it names may have left since, and nobody changed that cell: whoever settles it is asked, too
        one = decide(replace(asked, people=None), None, now, mine)
        if one.outcome in {Outcome.APPLY, Outcome.CONFLICT}:
            both = asked.kind == "text" and None not in (now, mine)
            left = one.value is not None and in_charge(asked, one.value)
            return replace(
                edited.rule, value=one.value, both=both, why="no_base_not_here" if left else "no_base"
            )
        return Decision(Outcome.NOTHING, "1") if one.outcome is Outcome.SAME else one

    def _new(self, edited: Edited, one: Decision, key: str, case: str | None) -> Decision:
        """Return the decision about a filled cell of a new row; its case must have been in the workbook."""
        if key == "code" and (case not in self.exported or case not in self.now.cases):
            return Decision(Outcome.ERROR, "8", why="not_in_list", nearest=like(case or "", self.every()))
        asks = self._asks(edited)
        if asks and self._place(edited, "code") not in self.said.accepted:
            return Decision(Outcome.WARNING, edited.rule.rule, one.value, why=asks)
        return Decision(Outcome.NEW, edited.rule.rule, one.value)

    def _asks(self, edited: Edited) -> Why:
        """Return what is asked about a new row as a whole; accepted at its case, it is taken."""
        if edited.rule.why or edited.row_id not in self.again:
            return edited.rule.why
        return "under_way"

    def _accepted(self, edited: Edited, decided: dict[str, Decision]) -> dict[str, Decision]:
        """Return the decisions after what a person has accepted beforehand."""
        made: dict[str, Decision] = {}
        for key, one in decided.items():
            yes = self._place(edited, key) in self.said.accepted
            if one.outcome is Outcome.ERASE and (yes or self.said.erase):
                made[key] = Decision(Outcome.APPLY, "7")
            elif one.rule == "15" and yes:
                made[key] = Decision(Outcome.NEW if edited.new else Outcome.APPLY, "15", one.value)
            elif one.rule == "17" and yes:
                made[key] = Decision(Outcome.SEAL, "17", one.value, one.why)
            else:
                made[key] = one
        return made

    def _was_held(self, edited: Edited, key: str, one: Decision) -> bool:
        """Tell whether a cell of a file that was applied before is one that waited, and is accepted now.

        So is one whose reason is a note that is accepted: it cannot be taken with it, and that has to be said.
        """
        if one.why == "note_sealed":
            return True
        whole = edited.new and bool(self._asks(edited))
        place = self._place(edited, "code" if whole else key)
        return place in self.said.accepted or (self.said.erase and one.rule == "7")

    def _place(self, edited: Edited, key: str) -> str:
        return f"{edited.sheet.title}!{edited.sheet.at(key, edited.row)}"

    def _items(self, settled: Settled) -> Iterator[Item]:
        """Yield a line for each cell; of a new row one for the whole, unless a cell of it has more to say."""
        if settled.makes:
            yield self._item(settled, "code", self._in_charge(settled), whole=True)
        for key, decision in settled.decided.items():
            if decision.why in _OF_ROW and key != "code":
                continue  # one question for the whole row
            if decision.outcome is not Outcome.NEW:
                yield self._item(settled, key, decision, whole=decision.why in _OF_ROW)

    def _in_charge(self, settled: Settled) -> Decision:
        """Return the decision about a new row, which says where it names nobody who does it."""
        decision, state = settled.decided["code"], self.now.cases.get(settled.case or "")
        named = settled.value("owner") or settled.edited.spec.marker != "dk:actions"
        if named or decision.why or decision.outcome is not Outcome.NEW or state is None:
            return decision
        return replace(decision, why="no_owner" if state.values["owner"] else "no_owner_at_all")

    def _item(self, settled: Settled, key: str, decision: Decision, *, whole: bool = False) -> Item:
        edited = settled.edited
        mine = edited.mine.get(key)
        shown = None if isinstance(mine, Bad) or decision.rule == "17" else mine
        state = self.now.cases.get(settled.case or "")
        source = self.found.readers[edited.spec.marker][key].column.source
        hidden = state is not None and state.hides(source)
        return Item(
            decision,
            edited.spec.marker,
            edited.sheet.title,
            edited.sheet.at(key, edited.row),
            edited.row_id,
            settled.case,
            "" if whole else key,
            None if hidden or whole else edited.said(key),
            None if hidden or whole else settled.now.get(key),
            _row(settled) if whole else None if hidden else shown,
            edited.base.record_id if edited.base is not None else None,
        )


def _row(settled: Settled) -> str | None:
    """Return what a new row puts into the register beside its case: not what identifies, nor what its case hides."""
    cells = {
        key: one.value
        for key, one in settled.decided.items()
        if key != "code" and (settled.takes(key) or one.why in _OF_ROW)
    }
    return canonical(cells) if cells else None


def referred_again(rows: Rows, edited: Iterable[Edited]) -> frozenset[str]:
    """Return the ids of new rows of referrals that are under way in the register, or stand further up in the same file."""
    found: set[str] = set()
    seen: set[tuple[str, str, str]] = set()
    for one in edited:
        if not one.new or one.spec.marker != "dk:referrals":
            continue
        case, provider = one.mine.get("code"), one.mine.get("provider")
        if not isinstance(case, str) or not isinstance(provider, str):
            continue
        service = service_for(rows, case, provider)
        if service is None:  # which one it is has to be said first
            continue
        if (case, service, provider.upper()) in seen or _under_way(rows, case, service, provider):
            found.add(one.row_id)
        seen.add((case, service, provider.upper()))
    return frozenset(found)


def _under_way(rows: Rows, case: str, service: str, provider: str) -> bool:
    made = tables.intervention.c
    given = select(made.provider_code).where(
        made.case_code == case, made.service == service, made.status.not_in(INTERVENTION_FINAL)
    )
    return any((code or "").upper() == provider.upper() for code in rows.execute(given).scalars())
