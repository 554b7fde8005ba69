"""What the form says of an answer that a person corrects: its limits, read from the version in which it was collected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from sync_scripts.errors import UsageProblem, When
from sync_scripts.register.decisions.base import By
from sync_scripts.register.forms.answers import Record
from sync_scripts.register.forms.formmap import FormMap
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import Kind, Limit, as_number, unfit
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import metadata
from sync_scripts.store.schema.raw import form_version
from sync_scripts.texts import language
from xlsform import pack
from xlsform.model import Question, resolve

_SHIPPED = ("case", "followup", "alert", "closure", "situation")
_TIMES = ("date", "dateTime")


ValueImpossible: Final = UsageProblem.declare(
    "DK-R24",
    '"{value}" is not allowed in {field}: the form does not accept it. {rule} Nothing was changed.',
    instead=(
        When(
            "why",
            "no_hour",
            '"{value}" is a day, and {field} is a moment. Nothing was changed. Write it with its hour, as 2026-11-25T08:30, the time '
            "of Cameroon.",
        ),
        When(
            "why",
            "ahead",
            '"{value}" is not allowed in {field}: it is still to come, or too far ahead. Nothing was changed. Check '
            "the year first.",
        ),
        When(
            "why",
            "long_ago",
            '"{value}" is not allowed in {field}: that is more than 120 years ago. Nothing was changed. Check the '
            "year first.",
        ),
    ),
    rule="",
)


def require_possible(by: By, one: tuple[Filed, Record], field: str, value: str, *, held: FormMap) -> None:
    """Let a value pass that the form would take, as of when it was filled or of now.

    Raises:
        ValueImpossible: it would not; says why, in the form's own words where it has some.
    """
    filed, record = one
    column = metadata.tables[record.entity].c[field].info["kind"]
    kinds: dict[str, Kind] = {"date": "date", "instant": "instant", "number": "number"}
    if column not in kinds:
        return
    limits = [
        Limit(asked.type, asked.row.cell("constraint"), asked.row.text("constraint_message", language()))
        for asked in _questions(by.rows, filed, record.entity, field)
    ]
    answers = dict(_answers(filed, record, held))
    why, rule = unfit(value, kinds[column], limits, answers, then=filed.at, now=by.now)
    if why:
        raise ValueImpossible(field=f"{record.entity}.{field}", value=value, why=why, rule=rule)


def _questions(rows: Rows, filed: Filed, entity: str, field: str) -> list[Question]:
    """Return the questions that feed a field: of the form's own workbook, else of the forms that travel with the product."""
    from xlsform.workbooks.workbook import read  # ten megabytes of memory, of which a pull has no use

    asked = select(form_version.c.workbook).where(
        form_version.c.stamp == filed.root[0], form_version.c.version == filed.form_version
    )
    own = rows.execute(asked).scalar_one()
    books = (own,) if own else (pack.find(name).workbook.read_bytes() for name in _SHIPPED)
    for book in books:
        every = resolve(read(book, file="xlsx").form).questions
        if found := [one for one in every if (one.entity, one.field) == (entity, field)]:
            return found
    return []


def _answers(filed: Filed, record: Record, held: FormMap) -> Iterator[tuple[str, str]]:
    """Yield the answers that a limit may look at, by the name of their question; of several repetitions only its own."""
    for asked in held.questions:
        if asked.entity is None or asked.field is None:
            continue
        found = [record] if asked.entity == record.entity else filed.all(asked.entity)
        value = found[0].fields.get(asked.field) if len(found) == 1 else None
        if isinstance(value, str):
            try:
                yield asked.path[-1], str(as_number(value)) if asked.type in _TIMES else value
            except (ValueError, OverflowError):
                continue
