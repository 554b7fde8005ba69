"""How long a form may be, for everything that would print, fill or translate it row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xlsform.errors import N_, FormError
from xlsform.model import Form
from xlsform.rules import MOST_CHOICES, MOST_ROWS

__all__ = ["FormTooLong", "not_endless"]


@dataclass(eq=False, kw_only=True)
class FormTooLong(FormError):
    """The form has more rows than any phone opens."""

    code: ClassVar[str] = "DK-F57"
    message: ClassVar[str] = N_(
        "{file} has {count} filled rows in the sheet {sheet}; forms have a few hundred. Nothing was done with it. Put long "
        "lists into a .csv file beside the form, and delete what is no question."
    )
    file: str
    sheet: str
    count: int


def not_endless(form: Form, file: str) -> Form:
    """Return the form if it has a size that people and phones can work with.

    Raises:
        FormTooLong: it has not.
    """
    choices = sum(len(some) for some in form.choices.values())
    for sheet, count, most in (("survey", len(form.survey), MOST_ROWS), ("choices", choices, MOST_CHOICES)):
        if count > most:
            raise FormTooLong(file=file, sheet=sheet, count=count)
    return form
