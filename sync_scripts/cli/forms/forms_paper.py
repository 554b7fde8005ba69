"""``dikalo forms paper``: a questionnaire to print. Parses, calls `xlsform.paper`, writes one file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Any

import click

from sync_scripts.cli.forms.form_files import forms_folder, to_check
from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell
from sync_scripts.cli.frame.tense import either
from xlsform import pdf
from xlsform.build import replace
from xlsform.model import Form
from xlsform.paper import Questionnaire, page, questionnaire
from xlsform.pdf import Route
from xlsform.rules import not_endless
from xlsform.sources import source
from xlsform.workbooks import workbook

__all__ = ["form_of", "paper"]


@command("paper")
@click.argument("form", metavar=_("FORM"))
@click.option(
    "--language",
    "code",
    metavar=_("CODE"),
    help=_("Another language of the form, such as wes; --lang if not given."),
)
@click.option(
    "--identity", is_flag=True, help=_("Print the questions about identity too; destroy each sheet.")
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("The file to write: .pdf or .html."),
)
@dry_run_option
@pass_shell
def paper(
    shell: Shell, *, form: str, code: str | None, identity: bool, output: Path | None, dry_run: bool
) -> None:
    """Lay a form out on paper; say what is left off and how the file was made."""
    found, media = form_of(shell, form)
    sheet = questionnaire(found, code or _own_language(shell, found), identity=identity)
    ways = pdf.routes()
    target = output or Path(f"{found.form_id or 'form'}-{sheet.language or 'x'}{'.pdf' if ways else '.html'}")
    as_pdf = _is_pdf(target, ways)
    _warn(shell, found, identity=identity)
    data, made_by = page(sheet, media).encode(), "HTML"
    if as_pdf and not dry_run:
        with shell.progress(_("Making the PDF"), 1) as done:
            data, way = pdf.printed(data.decode(), ways)
            done(1)
        made_by = way.name
    if not dry_run:
        replace(target, data)
    document = {
        "schema": "dikalo.forms.paper/1",
        "dry_run": dry_run,
        "form": found.form_id,
        "language": sheet.language,
        "identity": sheet.identity,
        "questions": len(sheet.asked),
        "left_off": sheet.left_off,
        "file": str(target),
        "made_by": None if dry_run else made_by,
    }
    shell.show(document, _lines(sheet, document, can_print=bool(ways)))


def _warn(shell: Shell, form: Form, *, identity: bool) -> None:
    """Say what printing identities means; or that nothing is left of a form that classes no question."""
    if identity:
        shell.warn(
            _(
                "These sheets will hold names and numbers in clear. Print only as many as you need; once entered, destroy "
                "each one. Every page says so."
            )
        )
    elif not any(row.cell("sensitivity") for row in form.survey):
        shell.warn(
            _(
                "This form says of no question how sensitive it is (column sensitivity), so each one counts as identity "
                "and is left off. Add the column, or print with --identity."
            )
        )


def form_of(shell: Shell, name: str) -> tuple[Form, Path]:
    """Return a form by name or file, and the folder where its pictures and sounds are.

    Raises:
        FormError: it is not there, or cannot be read.
    """
    root = forms_folder(shell)
    (path,) = to_check(root, (name,))
    beside = path.parent / "media"
    media = beside if beside.is_dir() else root / "media"
    if path.suffix.lower() in {".yaml", ".yml"}:
        return source.load(path, root), media
    return not_endless(workbook.read(workbook.load(path), file=path.name).form, path.name), media


def _own_language(shell: Shell, form: Form) -> str:
    """Return the program's language if the form speaks it, else the form's first one."""
    return shell.lang if shell.lang in form.languages else next(iter(form.languages), "")


def _is_pdf(target: Path, ways: Sequence[Route]) -> bool:
    """Tell whether the file is a PDF, else it is a page.

    Raises:
        click.BadParameter: its name ends in something else, or a PDF was asked for and nothing here makes one.
    """
    kind = target.suffix.lower()
    if kind not in {".html", ".htm", ".pdf"}:
        raise click.BadParameter(_("the name of the file must end in .pdf or .html"), param_hint="-o")
    if kind == ".pdf" and not ways:
        raise click.BadParameter(
            _("no program here makes a PDF (Chromium, Edge, LibreOffice); let the name end in .html"),
            param_hint="-o",
        )
    return kind == ".pdf"


def _lines(sheet: Questionnaire, document: dict[str, Any], *, can_print: bool) -> Iterator[str]:
    asked, off, dry_run = len(sheet.asked), sheet.left_off, document["dry_run"]
    name = Path(document["file"]).name
    yield either(
        _("Written: {file} ({how})"), _("Nothing was written; it would be {file}."), dry_run=dry_run
    ).format(file=name, how=document["made_by"])
    told = ngettext("{n} question on paper.", "{n} questions on paper.", asked)
    yield told.format(n=asked)
    if off:
        told = ngettext(
            "{n} question about identity is left off; --identity prints it.",
            "{n} questions about identity are left off; --identity prints them.",
            off,
        )
        yield told.format(n=off)
    if not can_print:
        yield _("No program here makes a PDF: open the page in any browser and print it.")
