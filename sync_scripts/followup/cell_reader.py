"""How the cells of each column are read and compared with what went out, and the words for its codes. Pure, once the lists are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sync_scripts.followup.columns import WORKBOOK_STATES, Column, Lang, Sheet
from sync_scripts.followup.inbound.cell_rules import Field
from sync_scripts.followup.inbound.values import Bad, Cell, Choices, Value, clean, day, fold, text
from sync_scripts.followup.outbound.content import URGENCIES
from sync_scripts.register.model import codes
from sync_scripts.register.model.codes import nearest
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.store.detectors import KnownNames

_SHORT_LISTS: Final[Mapping[str, tuple[str, ...]]] = {"state": WORKBOOK_STATES, "urgency": URGENCIES}


@dataclass(frozen=True, slots=True)
class Lists:
    """What cells may choose from.

    Attributes:
        lang: language of the export.
        shown: list -> code -> label as they were shown when it went out; today's where that is not known.
        workers: every code of a worker that the register knows.
        here: those of them who work here.
        people: those of them that the importer may put in charge.
        today: the day in Africa/Douala.
        names: known names, with the vault open only.
        providers: the codes of the directory, as they are written there.
        cases: gives the codes of the cases of the export; asked only where one was mistyped.
    """

    lang: Lang
    shown: Mapping[str, Mapping[str, str]]
    workers: tuple[str, ...]
    here: frozenset[str]
    people: frozenset[str]
    today: date
    names: KnownNames | None = field(default=None, repr=False)
    providers: tuple[str, ...] = ()
    cases: Callable[[], Iterable[str]] = tuple


class Reader:
    """One column: reads its cells, and knows what a cell that nobody touched looks like."""

    def __init__(
        self, column: Column, lists: Lists, tongues: Iterable[Mapping[str, Mapping[str, str]]]
    ) -> None:
        """Take the words of the column's list in each language, those that were shown first."""
        self.column = column
        self.key: str = column.key
        self._lang = lists.lang
        self._cases = lists.cases
        self._words = [tongue.get(column.choices, {}) for tongue in tongues]
        self._choices: Choices | None = None
        if column.choices == "owner":
            self._choices = Choices(lists.workers, [])
        elif column.choices and column.choices != "case":
            self._choices = Choices(_SHORT_LISTS.get(column.choices, tuple(self._words[0])), self._words)
        self._written_as = {code.upper(): code for code in lists.providers if column.key == "provider"}
        self._untouched: dict[str, Any] = {}
        self._looks: dict[str, frozenset[str]] = {}
        self.field: Field = Field(
            column.key,
            "date" if column.kind == "date" else "choice" if column.choices else "text",
            editable=column.editable,
            erasable=column.erasable,
            today=lists.today,
            people=lists.people if column.choices == "owner" else None,
            here=lists.here,
            names=lists.names,
        )

    def is_untouched(self, cell: Cell, base: Value) -> bool:
        """Tell at a glance whether a cell holds just what was put there; False only means: look closer."""
        if base is None or cell.kind in "fe":
            return base is None and cell.value is None and cell.kind not in "fe"
        if base not in self._untouched:
            self._untouched[base] = self._written(base)
        return bool(cell.value == self._untouched[base])

    def _written(self, base: str) -> Any:
        if self.column.kind == "date":
            return datetime.fromisoformat(base)
        return clean(self.label(base))

    def _shown(self, base: str, words: Mapping[str, str]) -> Iterator[str]:
        """Yield how a value may look in one language: several codes with any joint that a workbook ever had."""
        if self.column.kind == "set":
            labels = [words.get(code, code) for code in base.split()]
            yield from (joint.join(labels) for joint in JOINTS)
        else:
            yield words.get(base, base) if self.column.choices else base

    def same_locked(self, cell: Cell, base: Value) -> bool:
        """Tell whether a locked cell still says what went out, in any language and however it is written."""
        if self.is_untouched(cell, base):
            return True
        found = day(cell) if self.column.kind == "date" else text(cell)
        if isinstance(found, Bad) or base is None or found is None:
            return not isinstance(found, Bad) and found == base
        if base not in self._looks:
            self._looks[base] = frozenset(
                fold(look)
                for look in (base, *(one for words in self._words for one in self._shown(base, words)))
            )
        return fold(found) in self._looks[base]

    def read(self, cell: Cell) -> Value | Bad:
        """Return what a cell means: a text, a code or an ISO day."""
        if self.column.kind == "date":
            return day(cell)
        if self.column.choices == "case":
            return _case(cell, self._cases)
        if self._choices is not None:
            return self._choices.read(cell)
        words = text(cell)
        return words if isinstance(words, Bad | None) else self._written_as.get(words.upper(), words)

    def label(self, code: Value) -> str:
        """Return what a person reads for a value, in the language of the export."""
        if code is None:
            return ""
        words = self._words[0]
        if self.column.kind == "set":
            return several((words.get(one, one) for one in code.split()), self._lang)
        return words.get(code, code) if self.column.choices else code


def _case(cell: Cell, cases: Callable[[], Iterable[str]]) -> Value | Bad:
    found = text(cell)
    if found is None or isinstance(found, Bad):
        return found
    return codes.read(found, "DK") or Bad("not_in_list", like(found, cases()))


def like(typed: str, cases: Iterable[str]) -> tuple[str, ...]:
    """Return the code of a case that is most like what was typed, if one is: to be named, and never to be taken."""
    return tuple(filter(None, (nearest(typed, cases),)))


def readers(sheet: Sheet, lists: Lists) -> dict[str, Reader]:
    """Return a reader for each column of a sheet, by key."""
    other: Lang = "en" if lists.lang == "fr" else "fr"
    now = labels_in(lists.lang)
    shown = {name: {**now.get(name, {}), **lists.shown.get(name, {})} for name in {*now, *lists.shown}}
    tongues = (shown, now, labels_in(other))
    return {column.key: Reader(column, lists, tongues) for column in sheet.columns}


_LISTS = {
    "state": "case_state",
    "urgency": "urgency",
    "service": "service",
    "status": "intervention_status",
    "closure_reason": "closure_reason",
    "yes_no": "yes_no",
    "victim_kind": "victim_kind",
    "violation": "violation_codes",
    "legal_step": "legal_step",
    "region": "cm_admin:region",
    "department": "cm_admin:department",
    "arrondissement": "cm_admin:arrondissement",
}
_FLAGS: Mapping[Lang, Mapping[str, str]] = {
    "fr": {"overdue": "▲ En retard", "soon": "● Sous 7 j", "fine": "○ À jour"},
    "en": {"overdue": "▲ Overdue", "soon": "● Within 7 d", "fine": "○ On time"},
}


_COMMA: Final = ", "
_APART: Final[Mapping[Lang, str]] = {"fr": "\u00a0; ", "en": "; "}
JOINTS: Final = (_COMMA, *_APART.values())
"""What stands between several labels in a cell; in workbooks of before always a comma."""


def several(labels: Iterable[str], lang: Lang) -> str:
    """Return several labels as one text; where one has a comma in it, semicolons tell where the next begins."""
    said = list(labels)
    return (_APART[lang] if any("," in one for one in said) else _COMMA).join(said)


def labels_in(lang: Lang) -> dict[str, dict[str, str]]:
    """Return list -> code -> label, in the order of the lists. Urgencies are numbered, so that they sort."""
    found = {name: labels_of(shared, lang) for name, shared in _LISTS.items()}
    found["urgency"] = {
        code: f"{at} · {found['urgency'][code]}" for at, code in enumerate(URGENCIES, start=1)
    }
    found["flag"] = dict(_FLAGS[lang])
    return found
