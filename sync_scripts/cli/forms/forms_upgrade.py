"""``dikalo forms upgrade``: bring an organisation's form to the base that is shipped now. Parses, calls, prints."""

from __future__ import annotations

from dataclasses import replace
from gettext import gettext as _

import click

from sync_scripts.cli.forms.forms_bench import (
    Wish,
    author_options,
    carry_on,
    folder_of,
    notice_lines,
    show_conflicts,
    wish_of,
)
from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell
from xlsform.model import Form
from xlsform.overlay import Op, apply, conflicts, derive, same
from xlsform.overlay.bench import Folder, Standing, base_named, load_overlay, standing
from xlsform.overlay.conflicts import Settled, decide
from xlsform.overlay.renewal import back, undo
from xlsform.overlay.sheets import FormRefused, OtherForm, OutOfStep
from xlsform.workbooks import workbook

__all__ = ["go_on", "upgrade"]


@command("upgrade")
@click.argument("name", metavar=_("FORM"))
@author_options
@click.option("--undo", is_flag=True, help=_("Put back what was in use before the last save or upgrade."))
@dry_run_option
@pass_shell
def upgrade(
    shell: Shell,
    *,
    name: str,
    accept: tuple[str, ...],
    author: str,
    why: str,
    org: str,
    undo: bool,
    dry_run: bool,
) -> None:
    """Rebase the overlay, ask for what conflicts, and write base, overlay and workbook."""
    wish = wish_of(
        "dikalo.forms.upgrade/1", shell, accept=accept, author=author, why=why, org=org, dry_run=dry_run
    )
    folder = folder_of(shell)
    if undo:
        _undo(shell, folder, name, wish)
    else:
        go_on(shell, folder, name, wish, _settled(folder, name))


def go_on(shell: Shell, folder: Folder, name: str, wish: Wish, settled: Settled | None) -> None:
    """Upgrade a form with the decisions that were made; what nobody decided is asked again.

    Raises:
        OutOfStep: workbook and overlay say different things.
        FormRefused: the upgraded form does what nobody may do, or would not work on phones.
    """
    stand = standing(folder, name)
    base, ops = _what_to_keep(folder, stand)
    done, decisions = decide(base, stand.shipped, ops, settled)
    if done.conflicts:
        show_conflicts(shell, folder.conflicts(name), stand, done, wish, kept=decisions)
        return
    told = list(notice_lines(done, dry_run=wish.dry_run))
    more = {"notices": [{"code": one.code, "key": one.key} for one in done.notices], "said": told}
    carry_on(shell, folder, stand, done.ops, replace(wish, more=more))


def _settled(folder: Folder, name: str) -> Settled | None:
    path = folder.conflicts(name)
    if not path.is_file():
        return None
    settled = conflicts.read(workbook.load(path), file=path.name)
    if settled.form != name:
        raise OtherForm(file=path.name, found=settled.form, form=name)
    return settled


def _what_to_keep(folder: Folder, stand: Standing) -> tuple[Form, tuple[Op, ...]]:
    """Return the organisation's operations and the base they fit: what waits, else the overlay, else what is in use."""
    waiting = folder.waiting(stand.form_id)
    if waiting.is_file():
        overlay = load_overlay(waiting)
        known = overlay.base == stand.shipped.version
        return stand.shipped if known else base_named(folder, stand.form_id, overlay.base), overlay.ops
    if stand.overlay is None:
        return stand.base, derive(stand.base, stand.used) if stand.used else ()
    if stand.used is not None and not same(apply(stand.base, stand.overlay), stand.used):
        raise OutOfStep(form=stand.form_id)
    return stand.base, stand.overlay.ops


def _undo(shell: Shell, folder: Folder, name: str, wish: Wish) -> None:
    stand = standing(folder, name)
    kept = max((path for path in folder.before(name).glob("*") if path.name.isdigit()), default=None)
    document = {"schema": wish.schema, "form": name, "dry_run": wish.dry_run, "undone": False, "refused": []}
    if kept is None:
        shell.show(
            document, _("{form}: nothing was changed here that could be taken back.").format(form=name)
        )
        return
    made = back(stand, folder, kept, wish.today)
    undone = not (made.against or wish.dry_run)
    if undone:
        undo(made, folder, name)
    document |= {"undone": undone, "refused": [one.document() for one in made.against]}
    told = (
        _("{form}: what was in use before is in use again, under a new version.")
        if undone
        else _("{form}: what was in use before can be put back, under a new version. Nothing was written.")
    )
    against = [f"{one.code} · {one.what}" for one in made.against]
    shell.show(document, against or told.format(form=name))
    if against:
        raise FormRefused(file=f"{name}.xlsx", count=len(against))
