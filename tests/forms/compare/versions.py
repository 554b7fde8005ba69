"""Two versions of a form, made for a test, and what the comparison finds between them."""

from __future__ import annotations

from tests.forms.rules.tables import SETTINGS, form
from xlsform.compare import Change, compare
from xlsform.model import Form

LATER = {**SETTINGS, "version": "2026112502"}
BASE = """
type                     | name        | label                      | relevant             | required | constraint | calculation  | choice_filter | register            | sensitivity
select_one consent_alert | consent     | Agreement?                 |                      | yes      |            |              |               | alert.consent_state | 1
begin_group              | facts       | Facts                      | ${consent} = 'given' |          |            |              |               | alert               | 1
select_one yes_no        | danger_now  | Is there danger right now? |                      | yes      |            |              |               | danger_now          | 2
text                     | short_text  | What happened to them?     |                      |          |            |              |               | short_text          | 3
integer                  | people      | How many people?           |                      |          | . <= 10    |              |               | victim_count        | 2
select_one yes_no        | filtered    | Was anybody wounded?       |                      |          |            |              |               |                     | 2
calculate                | doubled     |                            |                      |          |            | ${people} * 2 |              |                     | 1
note                     | thanks      | Thank you                  | ${people} > 5        |          |            |              |               |                     |
end_group
begin_repeat             | victim      | Victim                     | ${consent} = 'given' |          |            |              |               | person              | 2
calculate                | person_uid  |                            |                      |          |            | once(uuid()) |               | uid                 | 0
text                     | wounds      | Which wounds?              | ${people} > 0        |          |            |              |               |                     | 2
end_repeat
"""
KEYS = ("MIIBIjANBgkqhkiGfirst", "MIIBIjANBgkqhkiGsecond")


def made(table: str = BASE, **more: object) -> Form:
    """A version of the base form; blanks in it do not count."""
    settings = {"settings": LATER, **more}
    return form(table, **settings)  # type: ignore[arg-type] # the same keywords


def old(**more: object) -> Form:
    """The version in use."""
    return made(**{"settings": SETTINGS, **more})  # type: ignore[arg-type] # the same keywords


def swapped(*pairs: tuple[str, str], table: str = BASE) -> str:
    """The base table with some cells replaced; each must be there."""
    for before, after in pairs:
        assert before in table, before
        table = table.replace(before, after)
    return table


def found(one: Form, other: Form, *, harmless: bool = False) -> dict[str, list[Change]]:
    """The changes by code; those without harm only when asked for."""
    changes: dict[str, list[Change]] = {}
    for change in compare(one, other):
        if harmless or change.level != "info":
            changes.setdefault(change.code, []).append(change)
    return changes


def only(one: Form, other: Form) -> Change:
    """The one change that does harm."""
    (changes,) = found(one, other).values()
    (change,) = changes
    return change


def without(name: str, table: str = BASE) -> str:
    """The base table without one row."""
    return "\n".join(line for line in table.splitlines() if f"| {name} " not in line)


def row(name: str, table: str = BASE) -> str:
    """One row of the base table."""
    (line,) = [line for line in table.splitlines() if f"| {name} " in line]
    return line
