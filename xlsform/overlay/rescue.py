"""What may be kept of rows whose place in the base is gone: a question of the organisation's own, as well guarded. Pure."""

from __future__ import annotations

from xlsform import columns
from xlsform.model import Resolved
from xlsform.overlay.operations import Add
from xlsform.overlay.sheets import END, Cells, Name, Sheet, Sheets, is_section, parent_of

__all__ = ["addition", "behind", "row"]

LONGEST = 32
"""Characters of a name."""


def behind(sheet: Sheet, key: str) -> str:
    """Return the key to stand behind a row: that of its closing row for a section."""
    return END + key if END + key in sheet.cells else key


def addition(old: Sheets, sheets: Sheets, resolved: Resolved, op: Add) -> Add | None:
    """Return a row that we added, put into what is left around it; None when nothing is."""
    if op.sheet != "survey":
        return None
    home = _home(sheets, parent_of(op.sheet, op.key))
    key = "/".join(part for part in (home, op.key.rpartition("/")[2]) if part)
    if key in sheets.survey.cells:
        return None
    return _placed((old, sheets, resolved), key, op.key, op.row)


def row(old: Sheets, sheets: Sheets, resolved: Resolved, sheet: Name, key: str) -> Add | None:
    """Return a row that is gone from the base as one of our own; None when that cannot be."""
    cells = old[sheet].cells.get(key)
    if cells is None or sheet not in {"survey", "choices"} or (sheet == "survey" and is_section(cells)):
        return None
    parent = parent_of(sheet, key)
    own = "org_" + cells["name"].removeprefix("org_")[: LONGEST - 4]
    if sheet == "choices":
        made, keys = f"{parent}/{own}", sheets.choices.below.get(parent)
        if keys is None or made in sheets.choices.cells:
            return None
        return Add(sheet, made, keys[-1] if keys else parent, {**cells, "name": own})
    home = _home(sheets, parent)
    made = "/".join(part for part in (home, own) if part)
    if made in sheets.survey.cells:
        return None
    return _placed((old, sheets, resolved), made, key, {**cells, "name": own})


def _home(sheets: Sheets, parent: str) -> str:
    """Return the nearest section that is still there."""
    while parent and parent not in sheets.survey.below:
        parent = parent_of("survey", parent)
    return parent


def _placed(world: tuple[Sheets, Sheets, Resolved], key: str, before: str, cells: Cells) -> Add:
    """Return the row at its new place, under the conditions and the level that the groups gave it."""
    old, sheets, resolved = world
    parent = parent_of("survey", key)
    made = {name: text for name, text in cells.items() if name != columns.REGISTER}
    conditions = [*_conditions(old, parent_of("survey", before), parent), cells.get("relevant", "")]
    said = [text for text in conditions if text]
    if said:
        made["relevant"] = said[0] if len(said) == 1 else " and ".join(f"({text})" for text in said)
    made.setdefault(columns.SENSITIVITY, str(_level(resolved, parent_of("survey", before))))
    keys = sheets.survey.below[parent]
    return Add("survey", key, behind(sheets.survey, keys[-1]) if keys else parent, made)


def _conditions(old: Sheets, group: str, home: str) -> list[str]:
    """Return the conditions of the sections between the old place and what is left, outermost first."""
    found: list[str] = []
    while group and group != home:
        found.insert(0, old.survey.cells.get(group, {}).get("relevant", ""))
        group = parent_of("survey", group)
    return found


def _level(resolved: Resolved, group: str) -> int:
    section = resolved.section(tuple(group.split("/")))
    return section.level if section is not None else 3
