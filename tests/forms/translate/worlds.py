"""A small form with everything that a translation can break, and tables as they come back from translators."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

from openpyxl import load_workbook

from xlsform.model import Form
from xlsform.sources import source
from xlsform.translate.memory import Memory
from xlsform.translate.table import SHEET, Table, as_workbook, read, rows
from xlsform.translate.texts import Language

YAML = """
languages:
  fr: Français (fr)
  en: English (en)

settings:
  form_title: Essai
  form_id: essai
  version: 2026112501

survey:
  # The agreement comes first.
  - type: select_one yn
    name: consent
    label: {fr: "Accord ?", en: "Agreement?"}
    hint: {fr: Lisez **tout** à voix haute., en: Read **all** aloud.}
    required: yes
    required_message: {fr: Répondez., en: Answer.}
    register: alert.consent_state
    sensitivity: 1
  - type: begin_group
    name: facts
    label: {fr: Faits, en: Facts}
    relevant: ${consent} = 'yes'
    sensitivity: 2
  - type: integer
    name: age
    label: {fr: Âge, en: Age}
    image: {fr: age.png, en: age.png}
    audio: {fr: age-fr.ogg, en: age-en.ogg}
    constraint: . < 130
    constraint_message: {fr: "Moins de 130.", en: Below 130.}
  - type: note
    name: sum
    label:
      fr: |-
        Elle a ${age} ans.
        Voir <span style="color:red">ici</span> ou [la page](https://exemple.invalid/a).
      en: |-
        She is ${age}.
        See <span style="color:red">here</span> or [the page](https://exemple.invalid/a).
  - type: select_one region
    name: region
    label: {fr: "- région", en: "- region"}
  - type: end_group

choices:
  yn:
    - name: yes
      label: {fr: Oui, en: Yes}
    - name: no
      label: {fr: Non, en: No}
  region:
    - name: CM001
      label: {fr: Adamaoua, en: Adamawa}
"""

FR = Language("fr", "Français (fr)")
WES = Language("wes", "Pidgin (wes)")

KEEP = {
    "survey/consent/hint": "Tok **all** for strong voice.",
    "survey/facts/sum/label": (
        'She get ${age} year.\nSee <span style="color:red">here</span> or [di page](https://exemple.invalid/a).'
    ),
}
"""Translations that keep what must be kept."""


def form(text: str = YAML) -> Form:
    """Return the form of a source."""
    return source.read(text.encode(), file="essai.yaml")


def pidgin(key: str, source_text: str) -> str:
    """Return some words for a text: they keep its placeholders and marks."""
    return KEEP.get(key, f"W {source_text}")


def table_bytes(
    of: Form | None = None,
    words: Callable[[str, str], str] = pidgin,
    change: Mapping[str, str | float] | None = None,
    memory: Memory | None = None,
    target: Language = WES,
) -> bytes:
    """Return a workbook that a translator has filled in; ``change`` lays other values over some translations."""
    made = of or form()
    book = load_workbook(io.BytesIO(as_workbook(made, rows(made, FR, target, memory or {}), FR, target)))
    sheet = book[SHEET]
    header = {str(cell.value).partition(":")[0]: number for number, cell in enumerate(sheet[1], start=1)}
    for row in range(2, sheet.max_row + 1):
        key = str(sheet.cell(row, header["clé / key"]).value)
        text = words(key, str(sheet.cell(row, header["de / from"]).value))
        value = (change or {}).get(key, text)
        sheet.cell(row, header["vers / to"]).value = value or None
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def table(**more: object) -> Table:
    """Return a filled-in table, read."""
    return read(table_bytes(**more), file="essai.xlsx")  # type: ignore[arg-type]  # passed on as it came
