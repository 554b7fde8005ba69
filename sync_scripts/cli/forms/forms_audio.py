"""``dikalo forms audio``: questions read aloud. Parses, calls `xlsform.answers.recordings`, puts files in place or lists them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Any, Final

import click

from sync_scripts.cli.forms.form_files import forms_folder
from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell, yes_option
from sync_scripts.cli.frame.tense import deed
from xlsform import pack
from xlsform.answers import recordings
from xlsform.answers.recordings import Prompt
from xlsform.build import core_rows, replace
from xlsform.errors import FormError
from xlsform.model import Form
from xlsform.pack import Packed
from xlsform.sources import source
from xlsform.workbooks import layout, workbook

__all__ = ["audio"]


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
@click.argument("names", nargs=-1, metavar=_("[FORM]..."))
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=_("The folder with your recordings, named as this command says."),
)
@dry_run_option
@yes_option
@pass_shell
def audio(shell: Shell, *, names: tuple[str, ...], folder: Path | None, dry_run: bool, yes: bool) -> None:
    """List, or check all files first and then put them in place."""
    root = forms_folder(shell)
    packed = [_packed(name, root, listing=folder is None) for name in names] or list(pack.forms(root))
    files = sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder else []
    spoken = [_spoken(one, root) for one in packed]
    wrong = list(recordings.accept(files, (prompt for one in spoken for prompt in one.prompts)))
    placed: list[str] = []
    if folder is not None and not wrong:
        placed = [file.name for file in files]
        if not dry_run:
            _place(shell, root, files, spoken, yes=yes)
            spoken = [_spoken(one, root) for one in packed]
    shell.show(
        _document(spoken, placed, wrong, dry_run=dry_run),
        _lines(spoken, placed, wrong, listing=folder is None, dry_run=dry_run),
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
        replace(one.packed.workbook, _workbook(one, root))


def _workbook(one: _Spoken, root: Path) -> bytes:
    form = recordings.laid(one.form, root / "media")
    return workbook.write(form, core=core_rows(one.packed.form_id, root))


# --- showing ------------------------------------------------------------------------------------------------------


def _document(
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


def _lines(
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
