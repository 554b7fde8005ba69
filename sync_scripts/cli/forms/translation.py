"""``dikalo forms translate``: the texts of a form out to a translator's table, and back. Parses, calls, prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Any

import click

from sync_scripts.cli.forms.checking import forms_folder, to_check
from sync_scripts.cli.frame.layout import and_more
from sync_scripts.cli.frame.options import DryRun, Yes, deed, nothing_written
from sync_scripts.cli.frame.shell import THERE, Shell, command, option, place
from xlsform.build import replace
from xlsform.model import Form
from xlsform.translate import importing, memory, table, texts
from xlsform.translate.drafts import drafts
from xlsform.translate.importing import Held, Planned, hold
from xlsform.translate.texts import Language
from xlsform.workbooks import workbook

NAMED = 10
"""Most keys that are named one by one."""


# --- export -------------------------------------------------------------------------------------------------------


@command("export")
def export(
    shell: Shell,
    *,
    form: Annotated[str, place(_("FORM OR FILE"))],
    target: Annotated[
        str,
        option(
            "--to",
            'The language to translate into: a code (wes), or a name with its code ("Hausa (ha)").',
            _("LANGUAGE"),
        ),
    ],
    source: Annotated[
        str,
        option("--from", "The language to translate from; the form's first one if not given.", _("LANGUAGE")),
    ] = "",
    since: Annotated[
        Path | None,
        option(
            "--since",
            "An earlier version of the form (workbook or source): what was reworded since is marked as changed.",
            type=THERE,
        ),
    ],
    todo: Annotated[bool, option("--todo", "Only the texts that are missing or have changed.")],
    out: Annotated[
        Path | None, option("--out", "The table to write, .xlsx or .csv; beside the workspace if not given.")
    ],
    as_csv: Annotated[bool, option("--csv", "Write CSV instead of a workbook.")],
    dry_run: DryRun,
    yes: Yes,
) -> None:
    """Write the table; ask before it writes over one that may hold somebody's work."""
    root, held = _held(shell, form)
    of = held.form
    here, there = texts.of_form(of, source), texts.added(of, target)
    _refuse_same(here, there)
    kept = memory.read(memory.path_of(root, of.form_id, here.code, there.code))
    earlier = _held(shell, str(since))[1].form if since is not None else None
    found = table.rows(of, here, there, kept, earlier, drafts=drafts(there.code))
    counts = memory.Progress(
        len(found),
        sum(row.state is memory.State.MISSING for row in found),
        sum(row.state is memory.State.CHANGED for row in found),
    )
    rows = [row for row in found if not todo or row.state is not memory.State.DONE]
    path = _table_path(shell, of, here, there, out, as_csv=as_csv)
    write = table.as_csv if path.suffix.lower() == ".csv" else table.as_workbook
    raw = write(of, rows, here, there)
    if not dry_run:
        if path.exists():
            shell.confirm(_("Write over {file}? It may hold translations.").format(file=path.name), yes=yes)
        replace(path, raw)
    shell.show(
        {
            "schema": "dikalo.forms.translate.export/1",
            "dry_run": dry_run,
            "form": of.form_id,
            "version": of.version,
            "from": here.name,
            "to": there.name,
            "new_language": there.code not in of.languages,
            "file": str(path),
            "rows": len(rows),
            **counts.document(),
            "drafts": sum(bool(row.draft) for row in rows),
        },
        [
            *nothing_written(dry_run=dry_run),
            *_export_lines(path, rows, counts, here, there, dry_run=dry_run),
        ],
    )


def _export_lines(
    path: Path,
    rows: Sequence[table.Row],
    counts: memory.Progress,
    here: Language,
    there: Language,
    *,
    dry_run: bool,
) -> Iterator[str]:
    told = ngettext(
        "{file}: {n} text, {source} to {target}", "{file}: {n} texts, {source} to {target}", len(rows)
    )
    yield deed(told, dry_run=dry_run).format(file=path, n=len(rows), source=here.name, target=there.name)
    yield _("  {missing} missing, {changed} changed since they were translated.").format(
        missing=counts.missing, changed=counts.changed
    )
    if drafted := sum(bool(row.draft) for row in rows):
        yield ngettext(
            "  Beside {n} of them stands a draft that no speaker has read: say it aloud and write what is right.",
            "  Beside {n} of them stand drafts that no speaker has read: say them aloud and write what is right.",
            drafted,
        ).format(n=drafted)


def _table_path(
    shell: Shell, form: Form, here: Language, there: Language, out: Path | None, *, as_csv: bool
) -> Path:
    if out is None:
        suffix = "csv" if as_csv else "xlsx"
        return shell.root / f"{form.form_id or 'form'}.{here.code}-{there.code}.{suffix}"
    if out.suffix.lower() not in {".xlsx", ".csv"}:
        raise click.BadParameter(_("The table must be called .xlsx or .csv."), param_hint="--out")
    return out


def _refuse_same(here: Language, there: Language) -> None:
    if here.code == there.code:
        raise click.BadParameter(_("A language is not translated into itself."), param_hint="--to")


# --- import -------------------------------------------------------------------------------------------------------


@command("import")
def import_(
    shell: Shell,
    *,
    file: Annotated[Path, place(_("TABLE"), type=THERE)],
    form: Annotated[str | None, place(_("[FORM OR FILE]"))],
    fill: Annotated[
        bool,
        option(
            "--fill",
            "Show the original words where a translation is missing, so that no screen of the phone is empty.",
        ),
    ],
    dry_run: DryRun,
    yes: Yes,
) -> None:
    """Read, compare, write; exit code 3 when something was made from older words or has lost its row."""
    read = table.read(workbook.load(file), file=file.name)
    root, held = _held(shell, form or read.form)
    here = texts.of_form(held.form, read.source)
    there = texts.added(held.form, read.target)
    _refuse_same(here, there)
    place = memory.path_of(root, held.form.form_id, here.code, there.code)
    protected = importing.protected_words(held.form.form_id, root) if _is_workspace(shell) else ()
    planned = importing.plan(held.form, read, memory.read(place), frozen=protected, fill=fill)
    lost: list[str] = []
    if not planned.faults and planned.form != held.form:
        raw, found = importing.rewritten(held, planned.form, root)
        lost = list(found)
        if not dry_run:
            _write(shell, held, raw, yes=yes)
    if not planned.faults and not dry_run:
        _remember(place, planned)
    for comment in lost:
        shell.say(_("Comment that found no place: {comment}").format(comment=comment))
    shell.show(
        _import_document(held, planned, lost, dry_run=dry_run), _import_lines(held, planned, dry_run=dry_run)
    )
    if planned.faults:
        raise importing.TranslationRefused(count=len(planned.faults))
    if planned.stale or planned.gone:
        shell.attention()


def _write(shell: Shell, held: Held, raw: bytes, *, yes: bool) -> None:
    _refuse_packed(held.path)
    if held.sheets:
        question = _("These sheets of {file} would be left out: {sheets}. Go on?").format(
            file=held.path.name, sheets=", ".join(held.sheets)
        )
        shell.confirm(question, yes=yes)
    replace(held.path, raw)


def _refuse_packed(path: Path) -> None:
    """Leave the forms of an installed program alone; those of a checkout or a folder may be changed."""
    if path.parent.name == "_forms" or path.parent.parent.name == "_forms":
        raise click.UsageError(
            _(
                "The forms that came with the program are not changed. Run this in a folder with dikalo.toml and your own "
                "forms/."
            )
        )


def _remember(place: Path, planned: Planned) -> None:
    raw = memory.written(planned.memory)
    if planned.memory and (not place.is_file() or place.read_bytes() != raw):
        replace(place, raw)


def _import_document(held: Held, planned: Planned, lost: list[str], *, dry_run: bool) -> dict[str, Any]:
    return {
        "schema": "dikalo.forms.translate.import/1",
        "dry_run": dry_run,
        "form": held.form.form_id,
        "file": str(held.path),
        "language": planned.language.name,
        "new_language": planned.is_new,
        "written": planned.taken,
        "place_names": planned.names,
        "same": planned.same,
        "empty": planned.left,
        "filled_in": planned.filled,
        "changed_source": list(planned.stale),
        "gone": list(planned.gone),
        "faults": [fault.document() for fault in planned.faults],
        "lost_comments": lost,
    }


def _import_lines(held: Held, planned: Planned, *, dry_run: bool) -> Iterator[str]:
    for fault in planned.faults:
        yield f"{fault.code} · {fault.cell} · {fault.key}"
        yield f"  {fault.what}."
    if planned.faults:
        return
    name = held.path.name
    yield from _taken(name, planned, dry_run=dry_run)
    yield from _named(_("  Made from older words, please look at it again: {key}"), planned.stale)
    left = deed(_("  The form has this text no more, it was left out: {key}"), dry_run=dry_run)
    yield from _named(left, planned.gone)
    if dry_run:
        yield _("Nothing was written (--dry-run).")
    elif planned.taken or planned.filled or planned.is_new:
        overlay = held.path.parent / "overlays" / f"{held.path.stem}.yaml"
        if overlay.is_file():
            yield _(
                "Now keep it, under a new version, so that an upgrade keeps it too: dikalo forms save {file}"
            ).format(file=held.path.as_posix())
        else:
            yield _("Raise the version of the form before it goes to the phones again.")


def _taken(name: str, planned: Planned, *, dry_run: bool) -> Iterator[str]:
    """Yield how many texts were taken, or would be."""
    if planned.is_new:
        yield deed(_("{file}: {language} is a new language of the form."), dry_run=dry_run).format(
            file=name, language=planned.language.name
        )
    told = ngettext(
        "{file}: {n} text in {language} written, {same} unchanged, {empty} left empty.",
        "{file}: {n} texts in {language} written, {same} unchanged, {empty} left empty.",
        translated := planned.taken - planned.names,
    )
    yield deed(told, dry_run=dry_run).format(
        file=name, n=translated, language=planned.language.name, same=planned.same, empty=planned.left
    )
    if planned.names:
        told = ngettext(
            "  {n} name of a place was taken as it stands in the original language.",
            "  {n} names of places were taken as they stand in the original language.",
            planned.names,
        )
        yield deed(told, dry_run=dry_run).format(n=planned.names)
    if planned.filled:
        told = ngettext(
            "  {n} missing text is shown in the original language for now.",
            "  {n} missing texts are shown in the original language for now.",
            planned.filled,
        )
        yield deed(told, dry_run=dry_run).format(n=planned.filled)


def _named(sentence: str, keys: tuple[str, ...]) -> Iterator[str]:
    yield from (sentence.format(key=key) for key in keys[:NAMED])
    yield from and_more(len(keys), NAMED, "  … ")


# --- both ---------------------------------------------------------------------------------------------------------


def _held(shell: Shell, given: str) -> tuple[Path, Held]:
    """Return the forms folder and the form that is meant, read for rewriting."""
    root = forms_folder(shell)
    (path,) = to_check(root, (given,))
    return root, hold(path, root)


def _is_workspace(shell: Shell) -> bool:
    return (shell.root / "dikalo.toml").is_file()
