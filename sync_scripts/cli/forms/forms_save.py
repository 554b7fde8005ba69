"""``dikalo forms save``: bring an edited workbook, an overlay or settled conflicts into use. Parses, calls, prints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from gettext import gettext as _
from pathlib import Path
from typing import cast

import click

from sync_scripts.cli.forms.form_files import finding_lines
from sync_scripts.cli.forms.forms_bench import (
    Wish,
    author_options,
    carry_on,
    folder_of,
    show_conflicts,
    wish_of,
)
from sync_scripts.cli.forms.forms_upgrade import go_on
from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell
from xlsform.build import replace as put
from xlsform.findings.problems import Finding
from xlsform.model import Form
from xlsform.overlay import Op, Overlay, conflicts, derive, file, rebase
from xlsform.overlay.bench import Folder, Standing, base_named, edited, load_overlay, standing
from xlsform.overlay.sheets import BASE, FormRefused, OtherForm, UpgradeFirst
from xlsform.workbooks import workbook
from xlsform.workbooks.importing import blocking

__all__ = ["save"]


@command("save")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar=_("FILE"))
@author_options
@dry_run_option
@pass_shell
def save(
    shell: Shell,
    *,
    file: Path,
    accept: tuple[str, ...],
    author: str,
    why: str,
    org: str,
    dry_run: bool,
) -> None:
    """Say what the file changes; refuse what nobody may change; write base, overlay and workbook."""
    wish = wish_of(
        "dikalo.forms.save/1", shell, accept=accept, author=author, why=why, org=org, dry_run=dry_run
    )
    folder = folder_of(shell)
    if file.suffix.lower() in {".yaml", ".yml"}:
        _overlay(shell, folder, file, wish)
        return
    raw = workbook.load(file)
    if conflicts.is_conflicts(workbook.cells(raw, file=file.name)):
        settled = conflicts.read(raw, file=file.name)
        go_on(shell, folder, settled.form, wish, settled)
    else:
        _workbook(shell, folder, raw, file.name, wish)


@dataclass(frozen=True, slots=True)
class _What:
    """What is to be saved: operations, the base they fit, and the form as a person edited it."""

    base: Form
    ops: tuple[Op, ...]
    seen: Form | None = None


def _overlay(shell: Shell, folder: Folder, file: Path, wish: Wish) -> None:
    overlay = load_overlay(file)
    stand = standing(folder, overlay.form)
    said = wish.credits_
    wish = replace(
        wish,
        credits_=type(said)(said.org or overlay.org, said.author or overlay.author, said.why or overlay.why),
    )
    base = (
        stand.shipped
        if overlay.base == stand.shipped.version
        else base_named(folder, overlay.form, overlay.base)
    )
    _finish(shell, folder, stand, _What(base, overlay.ops), wish)


def _workbook(shell: Shell, folder: Folder, raw: bytes, name: str, wish: Wish) -> None:
    reading = edited(raw, file=name)
    form = reading.form
    if stopped := blocking(reading.findings):
        _show_cells(shell, reading.findings, form, wish)
        raise FormRefused(file=name, count=len(stopped))
    found, at, version = form.settings.get(BASE, "").partition("@")
    if at and found != form.form_id:
        raise OtherForm(file=name, found=form.form_id or "-", form=found)
    stand = standing(folder, form.form_id)
    version = version if at else stand.base.version
    base = stand.shipped if version == stand.shipped.version else base_named(folder, form.form_id, version)
    _finish(shell, folder, stand, _What(base, derive(base, form), form), wish)


def _show_cells(shell: Shell, findings: object, form: Form, wish: Wish) -> None:
    found = [one for one in cast("tuple[Finding, ...]", findings) if one.level == "error"]
    document = {
        "schema": wish.schema,
        "form": form.form_id,
        "written": False,
        "dry_run": wish.dry_run,
        "refused": [one.document() for one in found],
    }
    shell.show(document, (line for one in found for line in finding_lines(one)))


def _finish(shell: Shell, folder: Folder, stand: Standing, what: _What, wish: Wish) -> None:
    """Save on the base that is shipped; what was made from an older one is first brought to it."""
    if not stand.is_current:
        raise UpgradeFirst(form=stand.form_id, base=stand.base.version, shipped=stand.shipped.version)
    if what.base is stand.shipped:
        carry_on(shell, folder, stand, what.ops, wish, seen=what.seen)
        return
    done = rebase(what.base, stand.shipped, what.ops)
    if not done.conflicts:
        carry_on(shell, folder, stand, done.ops, wish)
        return
    if not wish.dry_run:
        _let_wait(folder, stand, what, wish)
    show_conflicts(shell, folder.conflicts(stand.form_id), stand, done, wish, kept={})


def _let_wait(folder: Folder, stand: Standing, what: _What, wish: Wish) -> None:
    """Keep what was to be saved until its conflicts are settled."""
    said = wish.credits_
    names = {"org": said.org, "author": said.author, "why": said.why}
    overlay = Overlay(stand.form_id, what.base.version, stand.shipped.version, what.ops, **names)
    put(folder.waiting(stand.form_id), file.write(overlay).encode())
