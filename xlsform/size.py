"""How long a form may be, for everything that would print, fill or translate it row by row."""

from __future__ import annotations

from typing import Final

from xlsform.errors import FormError
from xlsform.model import Form
from xlsform.rules import MOST_CHOICES, MOST_ROWS

__all__ = ["FormTooLong", "not_endless"]


FormTooLong: Final = FormError.declare(
    "DK-F57",
    "{file} has {count} filled rows in the sheet {sheet}; forms have a few hundred. Nothing was done with it. Put long "
    "lists into a .csv file beside the form, and delete what is no question.",
)


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
