"""The judge of the corpus: checks forms as rows, in this process and without files, and says of each fault whether it was found.

Found: the expected code at the expected cell. Misled: something new was said, but not that. Missed: nothing new was said.
The converter is asked only where no rule spoke, from bytes that never reach a disk.
"""

from __future__ import annotations

import io
import pkgutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Literal

from openpyxl import Workbook

from tests.forms.faults import families
from tests.forms.faults.planting import Drawn, Fault, planted, sheets_of
from tests.forms.rules import faults as tables
from tests.forms.rules.faults.planted import Planted, Sheets, parsed, typed, whole
from xlsform.errors import FormError
from xlsform.findings.inspection import SAID_BY_RULES, examine
from xlsform.findings.problems import Finding
from xlsform.findings.profiles import Profile, Severity, profile_of
from xlsform.rules import Target, check, is_ours
from xlsform.rules.lists import Folder, at
from xlsform.workbooks import workbook
from xlsform.workbooks.ooxml import SheetFacts
from xlsform.workbooks.sheets import CellKind, RawCell, RawSheet, Reading, form_of

Verdict = Literal["found", "misled", "missed"]
ASIDE = frozenset({"media", "expect"})
SMALL = frozenset(
    {"LIST-UNUSED", "REQ-NOMSG", "CON-NOMSG", "NOT-OURS", "UNMAPPED", "SENS-MISSING", "NO-GATE"}
)
GRAVE = frozenset({Severity.BREAKS, Severity.LOSES})


@dataclass(frozen=True)
class Outcome:
    """What became of one fault: the verdict, and the codes that were new."""

    family: str
    words: str
    code: str
    verdict: Verdict
    said: tuple[str, ...] = ()


@dataclass
class Row:
    """A line of the table."""

    counts: Counter[Verdict] = field(default_factory=Counter)

    @property
    def planted(self) -> int:
        """How many faults the family has."""
        return sum(self.counts.values())


# --- a form as rows -----------------------------------------------------------------------------------------------


def raw_sheets(sheets: Sheets) -> list[RawSheet]:
    """Return the sheets as a workbook would give them."""
    return [
        RawSheet(name, {number: _cells(row) for number, row in enumerate(rows, 1) if any(row)}, SheetFacts())
        for name, rows in sheets.items()
        if name not in ASIDE
    ]


def _cells(row: list[str]) -> dict[int, RawCell]:
    return {index: _cell(text) for index, text in enumerate(row, 1) if text}


def _cell(text: str) -> RawCell:
    kinds: Mapping[str, CellKind] = {"#": "fraction", "@": "date", "=": "formula"}
    if len(text) < 2 or text[0] not in kinds or text.startswith("#survey"):
        return RawCell(text, "text")
    kind = kinds[text[0]]
    if kind == "fraction" and float(text[1:]).is_integer():
        return RawCell(str(int(float(text[1:]))), "number")
    return RawCell("" if kind == "formula" else text[1:], kind)


def workbook_of(sheets: Sheets) -> bytes:
    """Return the bytes of a workbook with these sheets, for the converter."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        if name not in ASIDE:
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append([typed(text) for text in row])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@contextmanager
def _media(sheets: Sheets) -> Iterator[Folder]:
    """Lay the files beside a form, the only thing of it that is a file: a name, and its lines if it is a list."""
    rows = sheets.get("media", [])
    if not rows:
        yield Folder({}, {})
        return
    with tempfile.TemporaryDirectory(prefix="dikalo-") as folder:
        for name, *lines in rows:
            Path(folder, name).write_text("\n".join(lines) or "x", encoding="utf-8")
        yield at(Path(folder))


# --- findings -----------------------------------------------------------------------------------------------------


def rule_findings(reading: Reading, target: Target, profile: Profile, media: Folder) -> list[Finding]:
    """Return what reading and rules say."""
    found = check(reading.form, target, protect=profile.protect, folder=media)
    return [*reading.findings, *found]


def findings(
    sheets: Sheets, wanted: str = "", *, target: Target | None = None, converter: bool = True
) -> list[Finding]:
    """Return what is said of a form; the converter is asked when no rule said what is wanted."""
    try:
        reading = form_of(raw_sheets(sheets), "form.xlsx")
    except FormError as failure:
        return [Finding(failure.code, here=Severity.BREAKS)]
    profile = profile_of(None, ours=is_ours(reading.form))
    chosen = target or profile.target
    with _media(sheets) as media:
        found = rule_findings(reading, chosen, profile, media)
        if not converter or wanted in {one.code for one in found}:
            return found
        said = examine(
            reading.form,
            workbook_of(sheets),
            "form.xlsx",
            chosen,
            protect=profile.protect,
            media=media,
            read=reading.findings,
        )
        return [*said]


# --- the judge ----------------------------------------------------------------------------------------------------


def judged(family: str, words: str, code: str, places: Iterable[str], news: list[Finding]) -> Outcome:
    """Return the verdict over what was newly said; ``places`` are the cells that may be named, none for any."""
    said = tuple(sorted({one.code for one in news}))
    cells = {*places}
    codes = {code, *SAID_BY_RULES.get(code, ())}
    right = [one for one in news if _is_named(one, code, codes) and (not cells or _is_at(one, cells))]
    verdict: Verdict = "found" if right else "misled" if said else "missed"
    return Outcome(family, words, code, verdict, said)


def _is_named(one: Finding, code: str, codes: set[str]) -> bool:
    return one.code in codes if code else one.severity is not Severity.STYLE


def _is_at(one: Finding, cells: set[str]) -> bool:
    """Say whether a finding names one of the cells; one that names only a sheet or row of the form must be in theirs."""
    if one.cell:
        return one.cell in cells or (one.cell.partition("!")[2].isdigit() and _rows(cells) == {one.cell})
    place = f"{one.place.sheet}!" if one.place.sheet else ""
    return any(cell.startswith(place) for cell in cells)


def _rows(cells: set[str]) -> set[str]:
    return {
        f"{cell.partition('!')[0]}!{cell.partition('!')[2].lstrip('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}"
        for cell in cells
    }


def _news(before: Iterable[Finding], after: Iterable[Finding]) -> list[Finding]:
    """Return what is said of the second form only; matters of style are no answer to a fault unless asked for."""
    known = Counter((one.code, one.path, one.data.get("name", "")) for one in before)
    fresh = []
    for one in after:
        key = (one.code, one.path, one.data.get("name", ""))
        if known[key]:
            known[key] -= 1
        else:
            fresh.append(one)
    return fresh


@cache
def _said_of_base(name: str) -> tuple[Finding, ...]:
    return tuple(findings(sheets_of(name)))


def _judge_fault(family: str, fault: Fault) -> Outcome:
    sheets, place = planted(fault)
    news = _news(_said_of_base(fault.base), findings(sheets, fault.code))
    return judged(family, fault.words, fault.code, [place] if place else [], news)


def _judge_drawn(family: str, one: Drawn) -> Outcome:
    """Judge a form that was drawn as rows: what small forms have anyway is no answer."""
    news = [found for found in check(one.form, protect=True) if found.code not in SMALL]
    right = any(found.code == one.code and found.place.row == one.row for found in news)
    return judged(family, one.words, one.code, [], news if right else [n for n in news if n.code != one.code])


def _judge_table(family: str, one: Planted) -> Outcome:
    """Judge a table of the rules: the fault is what its mended twin has not."""
    words = f"{one.code}: {one.wrong or one.table.strip().splitlines()[-1]}"
    if one.spoil is not None or one.rows > 1 or one.by == "converter" or any(one.media):
        news = [one_ for one_ in _of_bytes(one, mended=False) if one_.code not in one.also]
        return judged(family, words, one.code, [], news)
    faulty, mended = (whole(one.real(text), one) for text in (one.faulty, one.mended))
    news = _news(
        findings(mended, target=one.target, converter=False), findings(faulty, one.code, target=one.target)
    )
    return judged(family, words, one.code, [], news)


def _of_bytes(one: Planted, *, mended: bool) -> list[Finding]:
    raw = one.workbook(mended=mended)
    try:
        reading = workbook.read(raw, file="form.xlsx")
    except FormError as failure:
        return [Finding(failure.code, here=Severity.BREAKS)]
    profile = profile_of(None, ours=is_ours(reading.form))
    with tempfile.TemporaryDirectory(prefix="dikalo-") as folder:
        beside = one.write(Path(folder, "form"), mended=mended).parent / "media"
        said = examine(
            reading.form,
            raw,
            "form.xlsx",
            one.target,
            protect=profile.protect,
            media=at(beside, own=[beside]),
            read=reading.findings,
        )
    return [*said]


def outcomes() -> Iterator[Outcome]:
    """Yield what becomes of every fault, family by family."""
    for info in pkgutil.iter_modules(families.__path__):
        module = import_module(f"{families.__name__}.{info.name}")
        for fault in getattr(module, "FAULTS", ()):
            yield _judge_fault(info.name, fault)
        for one in getattr(module, "drawn", tuple)():
            yield _judge_drawn(info.name, one)
    for info in pkgutil.iter_modules(tables.__path__):
        for one in getattr(import_module(f"{tables.__name__}.{info.name}"), "TABLES", ()):
            if one.by in {"check", "converter"}:
                yield _judge_table(f"rules: {info.name}", one)


def table(some: Iterable[Outcome]) -> dict[str, Row]:
    """Return a line for each family."""
    rows: dict[str, Row] = {}
    for one in some:
        rows.setdefault(one.family, Row()).counts[one.verdict] += 1
    return rows


# --- clean forms --------------------------------------------------------------------------------------------------

OTHERS = Path(__file__).parents[1] / "rules" / "others"


def clean_forms() -> dict[str, Callable[[], Sheets]]:
    """Return forms in the manner of others, all clean: those of the rules' tests, and large or odd ones made here."""
    from tests.forms.faults import clean

    read = {path.stem: _reader(path) for path in sorted(OTHERS.glob("*.txt"))}
    return {**read, **clean.FORMS}


def _reader(path: Path) -> Callable[[], Sheets]:
    return lambda: parsed(path.read_text(encoding="utf-8"))


def grave(sheets: Sheets) -> list[Finding]:
    """Return what is said to break a form of others or to lose its answers."""
    return [one for one in findings(sheets) if one.severity in GRAVE]
