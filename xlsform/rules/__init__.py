"""The rules of the form check, one function per family. Pure: no Java, no network, and nothing is changed.

Each is ``check_…(form) -> Iterator[Finding]`` over a resolved form; those that look at lists and pictures are
given the folder of media too. A new rule is a function in its family and an entry in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, Literal

from xlsform import columns
from xlsform.errors import FormError
from xlsform.expressions.types import Types
from xlsform.findings.causes import without_consequences
from xlsform.findings.problems import Finding
from xlsform.model import Form, Place, Resolved, resolve
from xlsform.reasoning.facts import Facts
from xlsform.rules.files import check_files
from xlsform.rules.gate import check_gate, check_key, check_safety
from xlsform.rules.languages import check_columns, check_languages, check_names
from xlsform.rules.leaks import check_leaks
from xlsform.rules.lists import Folder, check_lists, check_media
from xlsform.rules.logic.arguments import check_arguments
from xlsform.rules.logic.brackets import check_brackets
from xlsform.rules.logic.calculated import check_calculated
from xlsform.rules.logic.classes import check_classes
from xlsform.rules.logic.comparisons import check_comparisons, check_shown
from xlsform.rules.logic.emptiness import check_emptiness
from xlsform.rules.logic.order import check_order
from xlsform.rules.logic.placement import check_placement
from xlsform.rules.logic.repeats import check_repeats
from xlsform.rules.logic.spelling import check_spelling
from xlsform.rules.logic.truth import check_truth
from xlsform.rules.lookups import check_lookups
from xlsform.rules.mapping import check_mapping
from xlsform.rules.offered import check_offered
from xlsform.rules.readability import check_reading
from xlsform.rules.screens import check_central, check_screens, check_servers
from xlsform.rules.wrong_language import check_wrong_language
from xlsform.workbooks import layout

__all__ = [
    "GENERAL",
    "PROTECTING",
    "TYPED",
    "FormTooLong",
    "Rule",
    "Target",
    "check",
    "is_ours",
    "not_endless",
]

Rule = Callable[[Resolved], Iterator[Finding]]
Target = Literal["any", "central", "kobo"]

GENERAL: tuple[Rule, ...] = (
    check_columns,
    check_names,
    check_languages,
    check_wrong_language,
    check_reading,
    check_screens,
    check_key,
)
"""The families that hold for every form, whoever made it."""

TYPED: tuple[Callable[[Types], Iterator[Finding]], ...] = (
    check_spelling,
    check_comparisons,
    check_shown,
    check_emptiness,
    check_arguments,
    check_repeats,
    check_placement,
    check_order,
)
"""The families on expressions: they hold for every form, too, and share what each expression gives."""

PROTECTING: tuple[Rule, ...] = (check_gate, check_safety, check_leaks, check_mapping)
"""The families on consent, secrecy and the register: for our forms, and for all that are deployed."""

MOST_ROWS, MOST_CHOICES = 5_000, 20_000
"""Rows of a form that is still looked at, and of its sheet choices."""

FormTooLong: Final = FormError.declare(
    "DK-F57",
    "{file} has {count} filled rows in the sheet {sheet}; forms have a few hundred. Nothing was done with it. Put long "
    "lists into a .csv file beside the form, and delete what is no question.",
)


def is_ours(form: Form) -> bool:
    """Say whether a form says where its answers go: it has a column register or sensitivity, be it empty."""
    ours = {columns.REGISTER, columns.SENSITIVITY}
    if any(sheet == columns.SURVEY and column in ours for sheet, column, _ in form.letters):
        return True
    return any(ours & row.cells.keys() for row in form.survey)


def check(
    form: Form, target: Target = "any", *, protect: bool = False, folder: Folder | None = None
) -> list[Finding]:
    """Return what is wrong with a form, in sheet order within each family.

    Args:
        form: the form as read from its source or workbook, without the stamps of the build.
        target: where it is to run; ``any`` asks for what every server can do.
        protect: apply the rules on consent, secrecy and the register to a form of other people too.
        folder: the form's pictures, sounds and lists; None when they are not to be looked at.
    """
    if too_long := list(_too_long(form)):
        return too_long
    resolved = resolve(form if form.letters else replace(form, letters=layout.letters(form)))
    ours = is_ours(form)
    families = (*GENERAL, *PROTECTING) if ours or protect else GENERAL
    found = [finding for family in families for finding in family(resolved)]
    types = Types(resolved)
    found += [finding for family in TYPED for finding in family(types)]
    facts = Facts(resolved, types.formulas)
    found += [*check_offered(facts), *check_lookups(types, folder)]
    found += [*check_brackets(facts), *check_classes(facts), *check_calculated(types, facts)]
    found += [*check_lists(resolved, folder), *check_media(resolved, folder), *_servers(resolved, target)]
    found += [*check_truth(facts, folder), *check_files(resolved, folder)]
    if not ours:
        found.insert(0, Finding("NOT-OURS", place=Place(file=form.file)))
    return without_consequences(found)


def _servers(form: Resolved, target: Target) -> Iterable[Finding]:
    if target != "central":
        yield from check_servers(form)
    if target != "kobo":
        yield from check_central(form)


def _too_long(form: Form) -> Iterator[Finding]:
    for sheet, count, most in _over(form):
        place = Place(file=form.file, sheet=sheet, row=most + 2)
        words = {"sheet": sheet, "count": str(count)}
        yield Finding("TOO-LONG", place=place, cell=f"{sheet}!{most + 2}", data=words)


def not_endless(form: Form, file: str) -> Form:
    """Return the form if it has a size that people and phones can work with, for what prints, fills or translates it row by row.

    Raises:
        FormTooLong: it has not.
    """
    for sheet, count, _most in _over(form):
        raise FormTooLong(file=file, sheet=sheet, count=count)
    return form


def _over(form: Form) -> Iterator[tuple[str, int, int]]:
    """Yield each sheet that is too long, with its rows and how many are still looked at."""
    choices = sum(len(some) for some in form.choices.values())
    for sheet, count, most in (
        (columns.SURVEY, len(form.survey), MOST_ROWS),
        (columns.CHOICES, choices, MOST_CHOICES),
    ):
        if count > most:
            yield sheet, count, most
