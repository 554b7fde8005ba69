"""What people decide on what is due and what is to be looked at, declared: ended, opened again, given, raised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from gettext import ngettext
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register.case_decisions.work import (
    SHORT,
    Tasked,
    assign_task,
    end_task,
    flags_of,
    open_flag,
    open_task,
    raise_flag,
    resolve_flag,
)
from sync_scripts.register.decisions.base import By
from sync_scripts.register.declarations import CODE, NEW, Declaration, named, option, place, some_of, switch


def _task(
    by: By, code: str, name: str | None, *, flag: str | None, owner: str | None, new: bool, **said: Any
) -> Tasked:
    """Raise a remark, give a task to somebody, or say that one is done or was not."""
    if flag is not None:
        return raise_flag(by, code, flag)
    name = name or ""
    if owner is not None:
        return assign_task(by, code, name, owner, new=new)
    opened, reason, whole = said["opened"], said["reason"], said["whole"]
    flags = flags_of(by, code, settled=opened)
    if len(name) >= SHORT and any(one["flag_id"].startswith(name.lower()) for one in flags):
        if opened:
            return open_flag(by, code, name, reason=reason)
        return resolve_flag(by, code, name, resolution=reason)
    return (open_task if opened else end_task)(by, code, name, reason=reason, whole=whole)


def _with_it(done: Tasked) -> Iterable[str]:
    if done.also:
        yield ngettext("One more reminder with it.", "{count} more reminders with it.", done.also).format(
            count=done.also
        )


def _left(done: Tasked) -> Iterable[str]:
    if done.left:
        yield ngettext(
            "One more reminder of the same matter stays: --all ends it, too.",
            "{count} more reminders of the same matter stay: --all ends them, too.",
            done.left,
        ).format(count=done.left)


OF_CASE: Final = Declaration(
    name="cases task",
    decide=_task,
    writes=("task.done", "task.open", "task.assign", "flag.raise", "flag.resolve", "flag.open"),
    schema="dikalo.task/1",
    shows=named("code", "id", "kind", "proposal", "also", "left"),
    asked=("name", "flag"),
    # of a case that one does not see, too: somebody there has to look
    anyone=lambda said: said["flag"] is not None,
    effects=_with_it,
    facts=_left,
    together=(
        some_of(("done", "opened"), N_("--all goes with --done or --open."), when=lambda said: said["whole"]),
        some_of(
            ("done", "opened", "owner", "flag"),
            N_("Say what becomes of it: --done, --open or --owner."),
            when=lambda said: said["name"] is not None,
        ),
        some_of(
            ("name", "flag"),
            N_(
                "Say which task or remark: name it by its mark. Without --done, --open and --owner the marks are shown."
            ),
            when=lambda said: said["done"] or said["opened"] or said["owner"] is not None,
        ),
    ),
    arguments=(
        CODE,
        place("name", N_("[TASK]"), required=False),
        switch("done", "It is done, or looked at: say how with --reason."),
        switch("opened", "It was ended by mistake.", option="open"),
        switch(
            "whole",
            "With --done or --open: all reminders of the same custody, act, hearing or appeal.",
            option="all",
        ),
        option("owner", "Give it to this worker.", N_("CODE")),
        NEW,
        option("flag", "What somebody should look at. No names.", N_("TEXT"), kind="plain"),
    ),
)
OF_ALERT: Final = replace(OF_CASE, name="alerts task")
