"""``dikalo forms paper, dictionary, audio``: what goes beside a form: the questionnaire to print, what each answer is, questions read aloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Any, Final

import click

from sync_scripts.cli.forms.checking import forms_folder, to_check
from sync_scripts.cli.frame.options import DryRun, Yes, deed, either, nothing_written
from sync_scripts.cli.frame.shell import Shell, command, option, place
from xlsform import pack, pdf
from xlsform.answers import dictionary as made
from xlsform.answers import recordings
from xlsform.answers.recordings import Prompt
from xlsform.build import core_rows, replace
from xlsform.errors import FormError
from xlsform.model import Form
from xlsform.pack import Packed
from xlsform.paper import Questionnaire, page, questionnaire
from xlsform.pdf import Route
from xlsform.rules import not_endless
from xlsform.sources import source
from xlsform.workbooks import layout, workbook, writing


@command("paper")
def paper(
    shell: Shell,
    *,
    form: Annotated[str, place(_("FORM"))],
    code: Annotated[
        str | None,
        option("--language", "Another language of the form, such as wes; --lang if not given.", _("CODE")),
    ],
    identity: Annotated[
        bool, option("--identity", "Print the questions about identity too; destroy each sheet.")
    ],
    output: Annotated[Path | None, option("-o --output", "The file to write: .pdf or .html.")],
    dry_run: DryRun,
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
    shell.show(document, _paper_lines(sheet, document, can_print=bool(ways)))


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


def _paper_lines(sheet: Questionnaire, document: dict[str, Any], *, can_print: bool) -> Iterator[str]:
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


@command("dictionary")
def dictionary(
    shell: Shell,
    *,
    form: Annotated[str, place(_("FORM"))],
    output: Annotated[Path | None, option("-o --output", "The file to write: .xlsx or .md.")],
    dry_run: DryRun,
) -> None:
    """Show or write the dictionary."""
    found, _media = form_of(shell, form)
    language = shell.lang if shell.lang in found.languages else ""
    writers: dict[str, Callable[[], bytes]] = {
        ".xlsx": lambda: made.workbook(found, language),
        ".md": lambda: made.markdown(found, language).encode(),
    }
    if output is not None and output.suffix.lower() not in writers:
        raise click.BadParameter(_("the name of the file must end in .xlsx or .md"), param_hint="-o")
    if output is not None:
        data = writers[output.suffix.lower()]()
        if not dry_run:
            replace(output, data)
    for line in nothing_written(dry_run=dry_run and output is not None):
        shell.say(line)
    document = {
        "schema": "dikalo.forms.dictionary/1",
        "dry_run": dry_run,
        "form": found.form_id,
        "version": found.version,
        "file": str(output) if output is not None else None,
        "entries": [asdict(entry) for entry in made.entries(found, language)],
        "lists": {
            name: [{"code": choice.name, "labels": dict(choice.labels)} for choice in choices]
            for name, choices in found.choices.items()
        },
    }
    shell.show(document, str(output) if output is not None else made.markdown(found, language).rstrip("\n"))


NotYourForms: Final = FormError.declare(
    "DK-F96",
    "Recordings belong to your own forms, and this folder has none: a folder with dikalo.toml and forms/ is needed. "
    "Nothing was put in place. Go there, or name it with -C FOLDER.",
)


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A form, its recordings and what was asked for: ``there`` names the files by stem."""

    packed: Packed
    form: Form
    prompts: tuple[Prompt, ...]
    there: dict[str, str]


@command("audio")
def audio(
    shell: Shell,
    *,
    names: Annotated[tuple[str, ...], place(_("[FORM]..."))],
    folder: Annotated[
        Path | None,
        option(
            "--from",
            "The folder with your recordings, named as this command says.",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
        ),
    ],
    dry_run: DryRun,
    yes: Yes,
) -> None:
    """List and check what is in place, or check all files first and then put them in place."""
    root = forms_folder(shell)
    packed = [_packed(name, root, listing=folder is None) for name in names] or list(pack.forms(root))
    spoken = [_spoken(one, root) for one in packed]
    if folder is None:
        files = [file for one in spoken for file in recordings.in_place(one.form, root / "media")]
    else:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    wrong = list(recordings.accept(files, (prompt for one in spoken for prompt in one.prompts)))
    placed: list[str] = []
    if folder is not None and not wrong:
        placed = [file.name for file in files]
        if not dry_run:
            _place(shell, root, files, spoken, yes=yes)
            spoken = [_spoken(one, root) for one in packed]
    shell.show(
        _audio_document(spoken, placed, wrong, dry_run=dry_run),
        _audio_lines(spoken, placed, wrong, listing=folder is None, dry_run=dry_run),
    )
    if wrong:
        shell.exit_code = 1


def _packed(name: str, root: Path, *, listing: bool) -> Packed:
    """Return a form by its name; to look at, one that a workspace does not have yet is the one that dikalo ships."""
    try:
        return pack.find(name, root)
    except pack.FormUnknown:
        if listing and any(one.form_id == name for one in pack.forms()):
            return pack.find(name)
        raise


def _spoken(packed: Packed, root: Path) -> _Spoken:
    form = _plain(packed)
    found = tuple(recordings.prompts(form))
    there = {one.stem: recordings.recorded(root / "media", one.stem) for one in found}
    return _Spoken(packed, form, found, {stem: name for stem, name in there.items() if name})


def _plain(packed: Packed) -> Form:
    """Return a form as its source or workbook says it, recordings that were laid in before taken out again."""
    if packed.source is not None:
        return source.load(packed.source, packed.workbook.parent)
    read = workbook.read(workbook.load(packed.workbook), file=packed.workbook.name).form
    return recordings.without(read)


# --- putting in place ---------------------------------------------------------------------------------------------


def _place(shell: Shell, root: Path, files: Sequence[Path], spoken: Sequence[_Spoken], *, yes: bool) -> None:
    """Copy the files into ``media``, then write the workbooks that have no source; each whole or not at all."""
    if root.name == "_forms":
        raise NotYourForms
    known = {prompt.stem: one for one in spoken for prompt in one.prompts}
    touched = {known[file.stem].packed.form_id: known[file.stem] for file in files}
    rewritten = [one for one in touched.values() if one.packed.source is None]
    others = sorted({name for one in rewritten for name in one.form.others} - {layout.TITLE})
    if others:
        question = _("The workbook is written anew; these sheets of yours are left out: {sheets}. Go on?")
        shell.confirm(question.format(sheets=", ".join(others)), yes=yes)
    for file in files:
        for old in recordings.SUFFIXES:  # a recording in another format would stand beside the new one
            if old != file.suffix:
                (root / "media" / f"{file.stem}{old}").unlink(missing_ok=True)
        replace(root / "media" / file.name, file.read_bytes())
    for one in rewritten:
        replace(one.packed.workbook, _with_audio(one, root))


def _with_audio(one: _Spoken, root: Path) -> bytes:
    form = recordings.laid(one.form, root / "media")
    return writing.write(form, core=core_rows(one.packed.form_id, root))


# --- showing ------------------------------------------------------------------------------------------------------


def _audio_document(
    spoken: Sequence[_Spoken], placed: Sequence[str], wrong: Sequence[FormError], *, dry_run: bool
) -> dict[str, Any]:
    return {
        "schema": "dikalo.forms.audio/1",
        "dry_run": dry_run,
        "placed": list(placed),
        "problems": [{"code": one.code, "message": one.words()} for one in wrong],
        "forms": [
            {
                "code": one.packed.form_id,
                "recorded": len(one.there),
                "missing": [
                    {
                        "file": prompt.stem,
                        "language": prompt.language,
                        "path": prompt.path,
                        "text": prompt.text,
                    }
                    for prompt in one.prompts
                    if prompt.stem not in one.there
                ],
            }
            for one in spoken
        ],
    }


def _audio_lines(
    spoken: Sequence[_Spoken],
    placed: Sequence[str],
    wrong: Sequence[FormError],
    *,
    listing: bool,
    dry_run: bool,
) -> Iterator[str]:
    yield from (f"{one.code} · {one.words()}" for one in wrong)
    if placed:
        told = ngettext("{n} recording in place.", "{n} recordings in place.", len(placed))
        yield deed(told, dry_run=dry_run).format(n=len(placed))
    for one in spoken:
        count = _("{form}: {there} of {all} recordings.")
        yield count.format(form=one.packed.form_id, there=len(one.there), all=len(one.prompts))
        if listing:
            missing = (prompt for prompt in one.prompts if prompt.stem not in one.there)
            yield from (f"  {prompt.stem}.ogg  {' '.join(prompt.text.split())}" for prompt in missing)
    if placed and not dry_run:
        yield _("Raise the version of the form, then run: dikalo forms build, dikalo forms check.")
