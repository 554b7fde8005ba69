"""``dikalo cases task`` and ``alerts task``: what is due and what is to be looked at; ended, opened again, given, raised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import Any

import click

from sync_scripts.cli.deciding import decides
from sync_scripts.cli.listing import local, rows_listed
from sync_scripts.cli.options import new_option, plain_text, reason_option
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import done_lines, either, waits
from sync_scripts.register import decisions
from sync_scripts.register.decisions import By, Tasked
from sync_scripts.register.flags import in_keys_and_words, in_words
from sync_scripts.register.labels import label

__all__ = ["task"]

_SHORT = 6


@command("task")
@click.argument("code", metavar=_("CODE"))
@click.argument("name", required=False, metavar=_("[TASK]"))
@click.option("--done", is_flag=True, help=_("It is done, or looked at: say how with --reason."))
@click.option("--open", "opened", is_flag=True, help=_("It was ended by mistake."))
@click.option(
    "--all",
    "whole",
    is_flag=True,
    help=_("With --done or --open: all reminders of the same custody, act, hearing or appeal."),
)
@click.option("--owner", metavar=_("CODE"), help=_("Give it to this worker."))
@new_option
@click.option(
    "--flag", callback=plain_text, metavar=_("TEXT"), help=_("What somebody should look at. No names.")
)
@reason_option
@as_option
@dry_run_option
@pass_shell
def task(
    shell: Shell,
    code: str,
    name: str | None,
    *,
    done: bool,
    opened: bool,
    whole: bool,
    owner: str | None,
    new: bool,
    flag: str | None,
    reason: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """See and end tasks of one case or alert."""
    if name is None and flag is None:
        _listed(shell, code)
        return
    if whole and not (done or opened):
        raise click.UsageError(_("--all goes with --done or --open."))
    remark = flag is not None  # of a case that one does not see, too: somebody there has to look
    with decides(shell, "cases task", as_code=as_code, dry_run=dry_run, anyone=remark) as by:
        if flag is not None:
            found = decisions.raise_flag(by, code, flag)
        elif owner is not None:
            found = decisions.assign_task(by, code, name or "", owner, new=new)
        elif opened:
            found = _opened(by, code, name or "", reason, whole=whole)
        elif done:
            found = _ended(by, code, name or "", reason, whole=whole)
        else:
            raise click.UsageError(_("Say what becomes of it: --done, --open or --owner."))
    _tasked(shell, found, dry_run=dry_run)


def _ended(by: By, code: str, name: str, reason: str, *, whole: bool) -> Tasked:
    """End the task of a name, or settle the flag of an id."""
    if _is_flag(by, code, name, settled=False):
        return decisions.resolve_flag(by, code, name, resolution=reason)
    return decisions.end_task(by, code, name, reason=reason, whole=whole)


def _opened(by: By, code: str, name: str, reason: str, *, whole: bool) -> Tasked:
    """Open the task of a name again, or the flag of an id."""
    if _is_flag(by, code, name, settled=True):
        return decisions.open_flag(by, code, name, reason=reason)
    return decisions.open_task(by, code, name, reason=reason, whole=whole)


def _is_flag(by: By, code: str, name: str, *, settled: bool) -> bool:
    flags = decisions.flags_of(by, code, settled=settled)
    return len(name) >= _SHORT and any(one["flag_id"].startswith(name.lower()) for one in flags)


def _listed(shell: Shell, code: str) -> None:
    with shell.reading() as (workspace, rows):
        by = decisions.By(rows, workspace.actor(), shell.clock())
        shown = decisions.shown_to(by, code)
        tasks, flags = (decisions.tasks_of(by, code), decisions.flags_of(by, code)) if shown else ([], [])
    document = {
        "schema": "dikalo.tasks/1",
        "code": code.strip().upper(),
        "tasks": [
            {name: one[name] for name in ("task_id", "kind", "due_at", "assigned_to")} for one in tasks
        ],
        "flags": [
            {"flag_id": one["flag_id"], **in_keys_and_words(one["message"]), "raised_by": one["raised_by"]}
            for one in flags
        ],
    }
    sealed = _("This case is sealed (C4): the everyday register shows nothing more of it.")
    shell.show(document, _task_lines(tasks, flags) if shown else sealed)


def _task_lines(tasks: Sequence[Mapping[Any, Any]], flags: Sequence[Mapping[Any, Any]]) -> Iterator[str]:
    if not tasks and not flags:
        yield _("Nothing is due, and nothing is to be looked at.")
        return
    rows: list[Sequence[object]] = [
        (one["task_id"][:_SHORT], label("task_kind", one["kind"]), local(one["due_at"]), one["assigned_to"])
        for one in tasks
    ]
    rows += [(one["flag_id"][:_SHORT], in_words(one["message"]), "", "") for one in flags]
    yield from rows_listed([_("id"), _("task"), _("due"), _("with")], rows, order=((_("task"), 24),))


def _tasked(shell: Shell, done: Tasked, *, dry_run: bool) -> None:
    document = {
        "schema": "dikalo.task/1",
        "code": done.code,
        "id": done.id,
        "kind": done.kind,
        "proposal": done.proposal,
        "also": done.also,
        "left": done.left,
        "dry_run": dry_run,
    }
    if done.proposal is not None:
        told = waits(done.code, done.proposal, dry_run=dry_run)
        shell.show(document, done_lines(told, dry_run=dry_run))
        return
    told = either(
        _("{code}: written down for {what}."),
        _("{code}: it would be written down for {what}."),
        dry_run=dry_run,
    ).format(code=done.code, what=label("task_kind", done.kind))
    shell.show(document, done_lines(told, *_others(done), dry_run=dry_run))


def _others(done: Tasked) -> Iterator[str]:
    """Yield what is said of the other reminders of the same matter."""
    if done.also:
        yield ngettext("One more reminder with it.", "{count} more reminders with it.", done.also).format(
            count=done.also
        )
    if done.left:
        yield ngettext(
            "One more reminder of the same matter stays: --all ends it, too.",
            "{count} more reminders of the same matter stay: --all ends them, too.",
            done.left,
        ).format(count=done.left)
