"""The workbook of conflicts: what a trainer settles in Excel, and what is read back from it. Writes and reads no file.

Its first sheet ``Conflits`` has one row a conflict; the form as far as it is settled stands behind it, so that each row
can point to its cell. French and English stand side by side and never follow the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from xlsform import columns
from xlsform.errors import N_
from xlsform.model import Form
from xlsform.overlay.operations import Op
from xlsform.overlay.rebasing import Conflict, Decision, Key, Rebased, Way, rebase
from xlsform.overlay.sheets import BASE, ConflictsDamaged
from xlsform.workbooks import layout, workbook, writing
from xlsform.workbooks.sheets import RawSheet

SHEET = "Conflits"

_TITLES = (
    (
        "Choisissez dans la colonne jaune\u00a0: base = prendre ce que dit la nouvelle base\u00a0; nous = garder ce que vous "
        "avez écrit\u00a0; autre = le texte que vous écrivez à côté."
    ),
    "Enregistrez, puis lancez à nouveau\u00a0: dikalo forms upgrade {form}",
    (
        "Choose in the yellow column: base = take what the new base says; ours = keep what you wrote; other = the text that you "
        "write beside it."
    ),
    "Save, then run again: dikalo forms upgrade {form}",
)
_HEADER = (
    "cellule / cell",
    "ce qui se passe / what happens",
    "base avant / base before",
    "base maintenant / base now",
    "chez vous / yours",
    "choix / choice",
    "autre texte / other text",
    "code",
    "feuille / sheet",
    "ligne / row",
    "colonne / column",
)
_CHOICE, _TEXT, _CODE = 6, 7, 8
_WIDTHS = (14, 40, 40, 40, 40, 12, 40, 20, 12, 28, 20)
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "CELL": "La base et vous avez changé la même cellule. / The base and you changed the same cell.",
        "ROW-GONE": (
            "La base n'a plus cette ligne, son groupe ou sa liste. «\u00a0nous\u00a0» la garde comme question à vous (org_). / "
            'The base no longer has this row, its group or its list. "ours" keeps it as a question of your own (org_).'
        ),
        "KEY-TAKEN": (
            "La base a maintenant une ligne de ce nom. «\u00a0nous\u00a0» y met vos textes. / "
            'The base now has a row of this name. "ours" puts your texts into it.'
        ),
        "ANCHOR-GONE": (
            "La ligne qui précédait votre ajout n'existe plus. «\u00a0nous\u00a0» le met à la fin de son groupe. / "
            'The row before your addition is gone. "ours" puts it at the end of its group.'
        ),
        "DROPPED-CHANGED": (
            "Vous aviez retiré cette ligne\u00a0; la base l'a changée. «\u00a0nous\u00a0» la retire encore. / "
            'You had removed this row; the base changed it. "ours" removes it again.'
        ),
        "TRANSLATE": (
            "Texte nouveau, à traduire dans votre langue\u00a0: choisissez autre et écrivez-le\u00a0; base = laisser le texte "
            "de la base. / New text to translate into your language: choose other and write it; base = leave the base's text."
        ),
    }
)
_WAYS: Mapping[str, Way] = MappingProxyType(
    {"base": "base", "nous": "ours", "ours": "ours", "autre": "other", "other": "other"}
)
_OFFERED: Mapping[Way, str] = MappingProxyType({"base": "base", "ours": "nous", "other": "autre"})


@dataclass(frozen=True, slots=True)
class Settled:
    """What a workbook of conflicts says: the form, the choices made, and the texts that they were made for."""

    form: str
    decisions: Mapping[Key, Decision]
    texts: Mapping[Key, tuple[str, ...]]


def write(
    conflicts: Sequence[Conflict], form: Form, *, base: str, kept: Mapping[Key, Decision] | None = None
) -> bytes:
    """Return the workbook of conflicts, the same bytes each time.

    Args:
        conflicts: what has to be decided.
        form: the new base with everything that is settled.
        base: ``alert@2026112601``, the base that the form goes to.
        kept: choices made before, which are shown again.
    """
    decided = kept or {}
    body = replace(form, settings={**form.settings, BASE: base})
    rows: list[tuple[str, ...]] = [(line.format(form=form.form_id),) for line in _TITLES]
    rows.append(_HEADER)
    links: dict[tuple[int, int], str] = {}
    for number, conflict in enumerate(conflicts, start=len(rows) + 1):
        address = _address(body, conflict)
        if address:
            links[number, 1] = address
        decision = decided.get(conflict.id)
        rows.append(_row(conflict, address, decision))
    front = layout.Front(
        title=SHEET,
        widths=_WIDTHS,
        rows=tuple(rows),
        header=len(_TITLES) + 1,
        links=links,
        offers={_CHOICE: "base,nous,autre"},
        ask=frozenset((_CHOICE, _TEXT)),
    )
    return writing.write(body, front=front)


def _row(conflict: Conflict, address: str, decision: Decision | None) -> tuple[str, ...]:
    ways = " · ".join(_OFFERED[way] for way in conflict.ways)
    return (
        address.replace("!", " ") or "-",
        f"{_WORDS[conflict.code]} [{ways}]",
        conflict.before,
        conflict.now,
        conflict.ours,
        _OFFERED[decision.way] if decision else "",
        decision.text if decision else "",
        *conflict.id,
    )


def _address(form: Form, conflict: Conflict) -> str:
    column, _, code = conflict.column.partition(".")
    if conflict.sheet == columns.SETTINGS:
        place = form.places.get(conflict.key)
        return layout.address(form, place, conflict.key) if place else ""
    if conflict.sheet == columns.SURVEY:
        rows = (("/".join(path), row.place) for path, row in form.paths())
    else:
        rows = (
            (f"{name}/{choice.name}", choice.place) for name, some in form.choices.items() for choice in some
        )
    place = next((place for key, place in rows if key == conflict.key), None)
    return layout.address(form, place, column or "name", code) if place else ""


# --- reading ------------------------------------------------------------------------------------------------------


def is_conflicts(sheets: Sequence[RawSheet]) -> bool:
    """Say whether a workbook is one of conflicts."""
    return any(sheet.name == SHEET for sheet in sheets)


def read(raw: bytes, *, file: str) -> Settled:
    """Return the choices in a workbook of conflicts; rows without a choice are left out.

    Raises:
        ConflictsDamaged: the sheet lost what it is read by, or holds a choice that does not exist.
        FormError: the file is no workbook that can be opened, or holds no form.
    """
    sheets = workbook.cells(raw, file=file)
    sheet = next((sheet for sheet in sheets if sheet.name == SHEET), None)
    if sheet is None:
        raise ConflictsDamaged(file=file, why=N_("it has no sheet called Conflits"))
    form = workbook.read(raw, file=file).form
    found, at, base = form.settings.get(BASE, "").partition("@")
    if not (at and found and base):
        raise ConflictsDamaged(
            file=file, why=N_("its sheet settings no longer says which base it belongs to")
        )
    made = _decisions(sheet, file)
    return Settled(found, {key: one for key, one, _ in made}, {key: texts for key, _, texts in made})


def decide(
    old: Form, new: Form, ops: Sequence[Op], settled: Settled | None
) -> tuple[Rebased, Mapping[Key, Decision]]:
    """Return the operations on the new base with the choices that still fit, and these choices.

    A choice counts while the texts that it was made for are the same, also when the base has moved on again since.
    """
    fitting: dict[Key, Decision] = {}
    while True:
        done = rebase(old, new, ops, fitting)
        more = {
            one.id: settled.decisions[one.id]
            for one in done.conflicts
            if settled is not None and one.id not in fitting and settled.texts.get(one.id) == _texts(one)
        }
        if not more:
            return done, fitting
        fitting |= more


def _texts(conflict: Conflict) -> tuple[str, ...]:
    return tuple(" ".join(text.split()) for text in (conflict.before, conflict.now, conflict.ours))


def _decisions(sheet: RawSheet, file: str) -> list[tuple[Key, Decision, tuple[str, ...]]]:
    head = next(
        (n for n, row in sheet.rows.items() if (cell := row.get(_CODE)) and cell.text == "code"), None
    )
    if head is None:
        raise ConflictsDamaged(file=file, why=N_("the row of headers of the sheet Conflits is gone"))
    found = []
    for number, row in sheet.rows.items():
        texts = [row[index].text if index in row else "" for index in range(1, len(_HEADER) + 1)]
        chosen = re.sub(r"\W", "", texts[_CHOICE - 1]).lower()
        if number <= head or not texts[_CODE - 1] or not chosen:
            continue
        if chosen not in _WAYS or (_WAYS[chosen] == "other" and not texts[_TEXT - 1]):
            raise ConflictsDamaged(
                file=file, why=N_("a choice is none of base, nous, autre, or the other text is missing")
            )
        key: Key = (texts[7], texts[8], texts[9], texts[10])
        decision = Decision(_WAYS[chosen], texts[_TEXT - 1] if _WAYS[chosen] == "other" else "")
        found.append((key, decision, tuple(" ".join(text.split()) for text in texts[2:5])))
    return found
