"""Small forms written as tables, for the tests of the rules."""

from __future__ import annotations

from collections.abc import Mapping

from xlsform import columns
from xlsform.findings.problems import Finding
from xlsform.model import Choice, Form, Place, Row
from xlsform.rules import Target, check

LANGUAGES = {"fr": "Français (fr)", "en": "English (en)"}
SETTINGS = {"form_id": "alerte_essai", "version": "2026112501", "form_title": "Alerte / Alert"}

GATE = """
type                     | name    | register           | sensitivity | required
select_one consent_alert | consent | alert.consent_state | 1          | yes
"""
BEHIND = """
type        | name  | relevant               | register | sensitivity
begin_group | facts | ${consent} = 'given'   | alert    | 1
"""
END = """
type
end_group
"""
CHOICES = """
list_name      | name    | label.fr    | label.en
consent_alert  | given   | Oui         | Yes
consent_alert  | refused | Non         | No
yes_no         | yes     | Oui         | Yes
yes_no         | no      | Non         | No
yes_no_unknown | yes     | Oui         | Yes
yes_no_unknown | no      | Non         | No
yes_no_unknown | unknown | Ne sait pas | Don't know
"""


def lines(table: str) -> list[dict[str, str]]:
    """Read a table: one header line, cells parted by bars, empty cells left out."""
    header, *rows = [
        [cell.strip() for cell in line.split("|")] for line in table.splitlines() if line.strip()
    ]
    return [{name: cell for name, cell in zip(header, row, strict=False) if cell} for row in rows]


def form(
    table: str,
    *,
    choices: str = CHOICES,
    settings: Mapping[str, str] = SETTINGS,
    languages: Mapping[str, str] = LANGUAGES,
    others: tuple[str, ...] = (),
) -> Form:
    """Return a form. ``label`` gives a question one text in both languages, ``label.fr`` one of them."""
    survey = [_row(cells, number) for number, cells in enumerate(lines(table), start=2)]
    lists: dict[str, list[Choice]] = {}
    for number, cells in enumerate(lines(choices), start=2):
        place = Place(file="f.xlsx", sheet="choices", row=number)
        name, texts, rest = _parts(cells)
        lists.setdefault(rest.pop("list_name"), []).append(Choice(name, texts, rest, place))
    return Form(
        languages=languages,
        settings=settings,
        survey=tuple(survey),
        choices={name: tuple(some) for name, some in lists.items()},
        file="f.xlsx",
        others=others,
    )


def gated(table: str, **more: str) -> str:
    """Return the rows of a table behind a gate, in a group of the entity alert, level 1."""
    rows = [*lines(GATE), *lines(BEHIND), *lines(table), *lines(END)]
    header = list(dict.fromkeys(name for row in rows for name in row))
    body = "\n".join(" | ".join(row.get(name, "") for name in header) for row in rows)
    return " | ".join(header) + "\n" + body


ASIDE = frozenset({"LIST-UNUSED", "REQ-NOMSG", "CON-NOMSG", "NOT-OURS"})
"""What these small forms have by being small."""


def found(made: Form, target: Target = "any") -> list[Finding]:
    """Return what the check finds; what is small by design is left out."""
    return [one for one in check(made, target, protect=True) if one.code not in ASIDE]


def codes(made: Form) -> list[str]:
    """Return the codes of what the check finds, sorted, each once."""
    return sorted({finding.code for finding in found(made)})


def _row(cells: dict[str, str], number: int) -> Row:
    kind = cells.pop("type")
    if not kind.startswith("end_") and not any(name.startswith("label") for name in cells):
        cells["label"] = "Question"
    name, texts, rest = _parts(cells)
    return Row(type=kind, name=name, cells=rest, texts=texts, place=Place("f.xlsx", None, "survey", number))


def _parts(cells: dict[str, str]) -> tuple[str, dict[str, dict[str, str]], dict[str, str]]:
    texts: dict[str, dict[str, str]] = {}
    rest: dict[str, str] = {}
    for column, cell in cells.items():
        base, _, language = column.partition(".")
        if base in columns.TRANSLATED:
            texts.setdefault(base, {}).update(
                {language.replace("-", ""): cell} if language else {"fr": cell, "en": cell}
            )
        elif column != "name":
            rest[column] = cell
    return cells.get("name", ""), texts, rest
