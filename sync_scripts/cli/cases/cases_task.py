"""The page of ``dikalo cases task`` and ``alerts task``: what is due and what is to be looked at, each with its id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from typing import Any

from sync_scripts.cli.frame.listing import local, rows_listed
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.register import every_decision
from sync_scripts.register.case.flags import in_keys_and_words, in_words
from sync_scripts.register.case_decisions.work import SHORT
from sync_scripts.register.rules.kinds import label

__all__ = ["tasks"]


def tasks(shell: Shell, said: Mapping[str, Any]) -> None:
    """Show the tasks and flags of one case or alert."""
    code = said["code"]
    with shell.reading() as (workspace, rows):
        by = every_decision.By(rows, workspace.actor(), shell.clock())
        shown = every_decision.shown_to(by, code)
        due, flags = (
            (every_decision.tasks_of(by, code), every_decision.flags_of(by, code)) if shown else ([], [])
        )
    document = {
        "schema": "dikalo.tasks/1",
        "code": code.strip().upper(),
        "tasks": [{name: one[name] for name in ("task_id", "kind", "due_at", "assigned_to")} for one in due],
        "flags": [
            {"flag_id": one["flag_id"], **in_keys_and_words(one["message"]), "raised_by": one["raised_by"]}
            for one in flags
        ],
    }
    sealed = _("This case is sealed (C4): the everyday register shows nothing more of it.")
    shell.show(document, _lines(due, flags) if shown else sealed)


def _lines(due: Sequence[Mapping[Any, Any]], flags: Sequence[Mapping[Any, Any]]) -> Iterator[str]:
    if not due and not flags:
        yield _("Nothing is due, and nothing is to be looked at.")
        return
    rows: list[Sequence[object]] = [
        (one["task_id"][:SHORT], label("task_kind", one["kind"]), local(one["due_at"]), one["assigned_to"])
        for one in due
    ]
    rows += [(one["flag_id"][:SHORT], in_words(one["message"]), "", "") for one in flags]
    yield from rows_listed([_("id"), _("task"), _("due"), _("with")], rows, order=((_("task"), 24),))
