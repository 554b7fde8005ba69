"""The question library: groups of questions that an organisation takes into its form, or out of it again. Pure but for reading files.

A group of the library is an overlay that only adds (``forms/library/NAME.yaml``), so it passes the same guard and the same check
as what a trainer adds in Excel, and belongs to the organisation from then on: every text and choice of it may be changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from xlsform import pack
from xlsform.errors import FormError
from xlsform.overlay import file
from xlsform.overlay.bench import Standing
from xlsform.overlay.operations import Add, Drop, Op, Unfit, apply, derive, perform
from xlsform.overlay.sheets import flat, form_of
from xlsform.workbooks import workbook

QuestionsUnknown: Final = FormError.declare(
    "DK-F32",
    "There are no questions called {name} in the library. It has: {known}.",
)
QuestionsUnfit: Final = FormError.declare(
    "DK-F33",
    "The questions {name} do not fit the form {form} as it is here: there is no place for the row {key}, or rows of "
    "your own stand in it. Nothing was written. Put it right in the workbook: dikalo forms customise {form}.",
)


@dataclass(frozen=True, slots=True)
class Questions:
    """One group of the library.

    Attributes:
        name: what is typed for it.
        form: id of the form that it belongs to.
        titles: label of its group, by code of the language.
        rows: what it adds, in order.
    """

    name: str
    form: str
    titles: dict[str, str]
    rows: tuple[Add, ...]

    @property
    def count(self) -> int:
        """Return how many questions it holds."""
        return sum(row.sheet == "survey" for row in self.rows) - 1


def library(root: Path | None = None) -> tuple[Questions, ...]:
    """Return all groups, by name; ``root`` is the folder of the shipped forms.

    Raises:
        OverlayDamaged, FormError: one of the files cannot be read.
    """
    folder = (root or pack.forms_root()) / "library"
    return tuple(_read(path) for path in sorted(folder.glob("*.yaml")))


def questions_named(name: str, root: Path | None = None) -> Questions:
    """Return one group by its name.

    Raises:
        QuestionsUnknown: the library has none of that name.
    """
    known = {one.name: one for one in library(root)}
    if name not in known:
        raise QuestionsUnknown(name=name, known=", ".join(known) or "-")
    return known[name]


def _read(path: Path) -> Questions:
    overlay = file.read(workbook.load(path), file=path.name)
    rows = tuple(op for op in overlay.ops if isinstance(op, Add))
    titles = {
        column.partition(".")[2]: text for column, text in rows[0].row.items() if column.startswith("label.")
    }
    return Questions(path.stem, overlay.form, titles, rows)


def taken_in(stand: Standing, questions: Questions) -> tuple[Op, ...]:
    """Return the organisation's operations with these questions among them; what is there already stays as it is.

    Raises:
        QuestionsUnfit: a row has no place in the form.
    """
    return _changed(stand, questions, questions.rows)


def taken_out(stand: Standing, questions: Questions) -> tuple[Op, ...]:
    """Return the organisation's operations without these questions.

    Raises:
        QuestionsUnfit: something of the organisation's own stands among them.
    """
    return _changed(stand, questions, [Drop(one.sheet, one.key, {}) for one in reversed(questions.rows)])


def _changed(stand: Standing, questions: Questions, wanted: Sequence[Add | Drop]) -> tuple[Op, ...]:
    form = stand.used or (apply(stand.base, stand.overlay) if stand.overlay else stand.base)
    sheets = flat(form)
    for op in wanted:
        there = sheets[op.sheet].cells.get(op.key)
        if (there is not None) is isinstance(op, Add):
            continue
        try:
            perform(sheets, op if there is None else Drop(op.sheet, op.key, dict(there)))
        except Unfit as unfit:
            raise QuestionsUnfit(name=questions.name, form=questions.form, key=op.key) from unfit
    return derive(stand.shipped, form_of(sheets, version=stand.shipped.version, file=f"{stand.form_id}.xlsx"))
