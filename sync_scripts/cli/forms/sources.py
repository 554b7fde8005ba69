"""``dikalo forms build, import``: from sources to workbooks, and from any XLSForm to a source. Parses, calls `xlsform`, prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from gettext import gettext as _
from pathlib import Path
from typing import Annotated, Any

from sync_scripts.cli.forms.adaptation_plan import Accepting, grave_lines
from sync_scripts.cli.forms.checking import forms_folder
from sync_scripts.cli.forms.finding_words import finding_lines
from sync_scripts.cli.frame.options import DryRun, Yes, deed
from sync_scripts.cli.frame.shell import THERE, Shell, command, option, place
from xlsform import pack
from xlsform.build import Built, faults, plan, replace, save
from xlsform.compare import Change, compare
from xlsform.compare.change import FILE, Acceptance, held_back, recorded
from xlsform.errors import FormError
from xlsform.findings.inspection import examine
from xlsform.findings.problems import Finding
from xlsform.overlay.sheets import FormRefused
from xlsform.rules import not_endless
from xlsform.sources import emit
from xlsform.workbooks import importing, workbook
from xlsform.workbooks.sheets import Reading


@command("build")
def build(
    shell: Shell,
    *,
    names: Annotated[tuple[str, ...], place(_("[FORM]..."))],
    only_compare: Annotated[
        bool, option("--check", "Write nothing; fail if a file is not what its source gives.")
    ],
    acceptance: Accepting,
    dry_run: DryRun,
) -> None:
    """Build what the sources give; refuse forms with errors and breaks nobody accepted; write only what differs."""
    accepted = acceptance.read()
    files = list(plan(forms_folder(shell), names))
    errors = list(_errors(files))
    changes = {} if only_compare else {one.path: _changes(one) for one in files}
    held = [change for some in changes.values() for change in held_back(some, accepted)]
    wrong = list(faults(files)) if only_compare else []
    if not (errors or held or only_compare or dry_run):
        for one in files:
            if one.state != "same":
                _record(one, changes[one.path], accepted, forms_folder(shell), shell.today())
                save(one)
    document = {
        "schema": "dikalo.forms.build/1",
        "dry_run": dry_run or only_compare,
        "files": [_built(one) for one in files],
        "findings": [finding.document() for finding in errors],
        "held": [change.document() for change in held],
        "problems": [{"code": fault.code, "message": fault.words()} for fault in wrong],
    }
    lines = [*finding_lines(errors)]
    lines += [line for change in held for line in grave_lines(change)]
    told = [_line(one, dry_run=dry_run) for one in files]
    lines += [f"{fault.code} · {fault.words()}" for fault in wrong] or told
    shell.show(document, lines)
    if held:
        _say_held(shell)
    if errors or wrong:
        shell.exit_code = 1
    if errors:
        shell.warn(_("Nothing was written: these errors would reach the phones."))


def _say_held(shell: Shell) -> None:
    shell.warn(
        _(
            "Nothing was written: these changes break what was collected. Take them back, or accept each one with "
            "--accept, --author and --why."
        )
    )
    shell.attention()


def _errors(files: Iterable[Built]) -> Iterator[Finding]:
    for one in files:
        if one.form is not None:
            findings = examine(one.form, one.data, one.form.file)
            yield from (finding for finding in findings if finding.level == "error")


def _changes(one: Built) -> tuple[Change, ...]:
    """Return what differs from the workbook that is there, under another version; while one is being written, nothing."""
    if one.form is None or one.state != "content":
        return ()
    try:
        there = workbook.read(one.path.read_bytes(), file=one.path.name).form
        return compare(there, one.form) if there.version != one.form.version else ()
    except (FormError, OSError):
        return ()  # what cannot be read was never deployed


def _record(one: Built, changes: tuple[Change, ...], accepted: Acceptance, root: Path, today: date) -> None:
    if one.form is None or not (changes and accepted.changes):
        return
    before = workbook.read(one.path.read_bytes(), file=one.path.name).form.version
    path = root / FILE
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    versions = before, one.form.version
    new = recorded(old, changes, accepted, form=one.form.form_id, versions=versions, day=today)
    if new != old:
        replace(path, new.encode())


def _built(one: Built) -> dict[str, Any]:
    form = one.form.form_id if one.form is not None else None
    return {"code": one.state, "file": str(one.path), "form": form, "bytes": len(one.data)}


def _line(one: Built, *, dry_run: bool) -> str:
    words = {
        "same": _("{file}: unchanged"),
        "missing": deed(_("{file}: new"), dry_run=dry_run),
        "content": deed(_("{file}: changed"), dry_run=dry_run),
        "writer": deed(
            _("{file}: written again with the same content; another program had saved it"), dry_run=dry_run
        ),
    }
    return words[one.state].format(file=one.path.name)


@command("import")
def import_(
    shell: Shell,
    *,
    file: Annotated[Path, place(_("WORKBOOK"), type=THERE)],
    target: Annotated[
        Path | None,
        option(
            "--to",
            "The source to write; comments of the one that is there are kept where their row is still there.",
        ),
    ],
    force: Annotated[
        bool,
        option(
            "--force",
            "Import in spite of errors in the cells; never in spite of what loosens consent or secrecy.",
        ),
    ],
    dry_run: DryRun,
    yes: Yes,
) -> None:
    """Read any XLSForm; stop on cells whose content would change in silence, and on what nobody may loosen."""
    reading = importing.tidy(workbook.read(workbook.load(file), file=file.name))
    refused = importing.refused(not_endless(reading.form, file.name))
    for line in finding_lines(reading.findings):
        shell.say(line)
    for line in (line for one in refused for line in grave_lines(one)):
        shell.say(line)
    stopped = importing.blocking(reading.findings) if not force else []
    old = importing.old_text(target)
    written = emit.write(reading.form, old=old, root=pack.forms_root())
    for number, comment in written.lost:
        lost = _("Comment that would be lost, line {line}: {comment}")
        shell.say(lost.format(line=number or "-", comment=comment))
    text = "" if stopped or refused else written.text
    document = {
        **_imported(reading, target, dry_run=dry_run),
        "refused": [one.document() for one in refused],
        "lost_comments": [comment for _line, comment in written.lost],
        "text": text,
    }
    if not text:
        shell.show(document, ())
        if refused:
            raise FormRefused(file=file.name, count=len(refused))
        raise importing.ImportStopped(file=file.name, count=len(stopped))
    if target is not None and not dry_run and text != old:
        if old:
            shell.confirm(_("Write over {file}?").format(file=target.name), yes=yes)
        replace(target, text.encode())
    shell.show(document, text.rstrip("\n") if target is None else str(target))


def _imported(reading: Reading, target: Path | None, *, dry_run: bool) -> dict[str, Any]:
    return {
        "schema": "dikalo.forms.import/1",
        "dry_run": dry_run,
        "form": reading.form.form_id,
        "file": str(target) if target else None,
        "findings": [finding.document() for finding in reading.findings],
    }
