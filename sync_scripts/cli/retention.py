"""``dikalo retention``: what is due to be erased, who confirms it, and carrying out exactly that, without the vault."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import Any

import click

from sync_scripts.cli.deciding import decides
from sync_scripts.cli.erased_line import rule_words
from sync_scripts.cli.listing import local, table
from sync_scripts.cli.options import plain_text
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import done_lines, either, nothing_written
from sync_scripts.register.closely import case_meant, sealed_from
from sync_scripts.register.labels import label
from sync_scripts.register.purging import carrying, confirming
from sync_scripts.register.purging.carrying import Done
from sync_scripts.register.purging.confirming import Confirmed, Plan
from sync_scripts.register.purging.due import Line

__all__ = ["plan", "run"]


@command("plan")
@click.option("--confirm", "name", metavar=_("PLAN"), help=_("Confirm the plan of this name."))
@click.option(
    "--reason",
    default="",
    callback=plain_text,
    metavar=_("TEXT"),
    help=_("Why; kept with the decision. No names. - asks for it, and no other program sees it."),
)
@click.option("--without", multiple=True, metavar=_("CODE"), help=_("Leave this one out. May be repeated."))
@click.option(
    "--reviewed",
    multiple=True,
    metavar=_("CODE"),
    help=_("You looked at this one, which asks for a review first. May be repeated."),
)
@as_option
@dry_run_option
@pass_shell
def plan(
    shell: Shell,
    *,
    name: str | None,
    reason: str,
    without: tuple[str, ...],
    reviewed: tuple[str, ...],
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Show a plan, or confirm it."""
    if name is None:
        if reason or without or reviewed:
            raise click.UsageError(_("--reason, --without and --reviewed go with --confirm PLAN."))
        _show(shell)
        return
    with decides(shell, "retention plan", as_code=as_code, dry_run=dry_run, own_hand=True) as by:
        done = confirming.confirm(by, name, reason=reason, without=_codes(without), reviewed=_codes(reviewed))
    document = {
        "schema": "dikalo.retention-confirmed/1",
        "plan": done[0].plan,
        "units": [_unit(one) for one in done],
        "dry_run": dry_run,
    }
    told = ngettext(
        "Plan {plan}: {n} is confirmed. It is erased by: dikalo retention run.",
        "Plan {plan}: {n} are confirmed. They are erased by: dikalo retention run.",
        len(done),
    )
    would = ngettext(
        "Plan {plan}: {n} would be confirmed, to be erased by dikalo retention run.",
        "Plan {plan}: {n} would be confirmed, to be erased by dikalo retention run.",
        len(done),
    )
    told = either(told, would, dry_run=dry_run)
    shell.show(document, done_lines(told.format(plan=done[0].plan, n=len(done)), dry_run=dry_run))


def _codes(typed: Sequence[str]) -> list[str]:
    return [one.strip().upper() for one in typed]


def _show(shell: Shell) -> None:
    with shell.reading() as (workspace, rows):
        found = confirming.plan(rows, shell.clock())
        waits = confirming.standing(rows)
        sealed = sealed_from(rows, workspace.actor())
        codes = {*(one.code for one in found.lines), *(one.code for one in waits)}
        quiet = {code for code in codes if (case_meant(rows, code) or "") in sealed}
    document = {
        "schema": "dikalo.retention-plan/1",
        "plan": found.id,
        "ruleset": found.ruleset,
        "lines": [_line(one, quiet) for one in found.lines],
        "confirmed": [_unit(one, quiet) for one in waits],
    }
    shell.show(document, _plan_lines(found, waits, quiet))


_OF_C4 = ("plan", "code", "due_at", "at", "by")
"""What is said of a C4 case to whoever does not see what is in it: why something of it is due tells what happened."""


def _line(one: Line, quiet: Container[str]) -> dict[str, Any]:
    names = ("code", "rule", "depth", "since", "due_at", "state", "who", "submissions", "items", "files")
    levels = {
        "urgency": one.urgency,
        "unit_state": one.stands,
    }  # a list of everything shows them of a C4 case, too
    return {
        **{name: getattr(one, name) if name in _OF_C4 or one.code not in quiet else None for name in names},
        **levels,
    }


def _unit(one: Confirmed, quiet: Container[str] = ()) -> dict[str, Any]:
    names = ("plan", "code", "rule", "depth", "at", "by", "reviewed")
    return {name: getattr(one, name) if name in _OF_C4 or one.code not in quiet else None for name in names}


def _what(one: Line) -> str:
    """Return in words what a line would do, or what stands before it."""
    if one.state == "held":
        return _("legal hold: nothing is erased")
    if one.state == "review":
        return _("look at it first (--reviewed {code})").format(code=one.code)
    if one.who:
        return _("dikalo person erase {code} {who}").format(code=one.code, who=one.who)
    if one.state == "by_hand":
        return _("decide how long: cases set {code} --retention").format(code=one.code)
    return _("all but the trace") if one.depth == "trace" else _("who it is, all that is sealed")


def _levels(one: Line) -> tuple[str, str]:
    """Return the urgency and the state of an alert or case, in words."""
    states = "alert_state" if one.unit.startswith("alert:") else "case_state"
    return label("urgency", one.urgency), label(states, one.stands)


def _plan_lines(found: Plan, waits: Sequence[Confirmed], quiet: Container[str]) -> Iterator[str]:
    if found.lines:
        rows: list[Sequence[object]] = [
            (
                one.code,
                *_levels(one),
                rule_words()[one.rule],
                local(one.due_at)[:10],
                _what(one),
                one.items,
                one.files,
            )
            if one.code not in quiet
            else (
                one.code,
                *_levels(one),
                _("a sealed case (C4): not shown here"),
                local(one.due_at)[:10],
                "",
                "",
                "",
            )
            for one in found.lines
        ]
        headings = [
            _("code"),
            _("urgency"),
            _("state"),
            _("rule"),
            _("by"),
            _("what"),
            _("sealed"),
            _("files"),
        ]
        yield from table(headings, rows)
        yield _("Plan {plan}, by {ruleset}. Nothing is erased until somebody confirms it: {command}").format(
            plan=found.id,
            ruleset=found.ruleset,
            command=f"dikalo retention plan --confirm {found.id} --reason …",
        )
    else:
        yield _("Nothing is due to be erased.")
    if waits:
        yield ngettext(
            "{n} is confirmed and not carried out yet. Run: dikalo retention run.",
            "{n} are confirmed and not carried out yet. Run: dikalo retention run.",
            len(waits),
        ).format(n=len(waits))


@command("run")
@as_option
@dry_run_option
@pass_shell
def run(shell: Shell, *, as_code: str | None, dry_run: bool) -> None:
    """Carry out what was confirmed; exit code 3 when something was left out."""
    now = shell.clock()
    with shell.workspace(write=not dry_run, command="retention run") as workspace:
        if dry_run:
            with workspace.register.reading() as rows:
                done = list(carrying.would(rows, now))
        else:
            with shell.progress(_("Erased"), None) as progress:
                done = []
                for one in carrying.run(workspace.register, workspace.actor(as_code), now):
                    done.append(one)
                    progress(1)
    shell.show(_run_document(done, dry_run=dry_run), _run_lines(done, dry_run=dry_run))
    if any(one.why is not None for one in done):
        shell.attention()


def _run_document(done: Sequence[Done], *, dry_run: bool) -> dict[str, Any]:
    counts = ("submissions", "items", "files", "notices", "snapshots")
    erased = [one for one in done if one.why is None]
    return {
        "schema": "dikalo.retention-run/1",
        "dry_run": dry_run,
        "erased": [{**_unit(one.one), **{name: getattr(one, name) for name in counts}} for one in erased],
        "left_out": [{**_unit(one.one), "why": one.why} for one in done if one.why is not None],
    }


def _run_lines(done: Sequence[Done], *, dry_run: bool) -> Iterator[str]:
    why = {
        "held": _("a legal hold is on it"),
        "not_due": _("it is not due by that rule any more"),
        "changed": _("something came or went since it was confirmed"),
        "old": _("it was confirmed too long ago"),
        "already": _("it is erased already"),
    }
    yield from nothing_written(dry_run=dry_run)
    if not done:
        yield _("Nothing was confirmed that is not carried out. See: dikalo retention plan.")
    for one in done:
        if one.why is None:
            told = either(
                _("{code}: erased ({items} sealed, {files} files)."),
                _("{code}: would be erased ({items} sealed, {files} files)."),
                dry_run=dry_run,
            )
            yield told.format(code=one.one.code, items=one.items, files=one.files)
        else:
            told = either(
                _("{code}: left out, {why}. Look at the plan again."),
                _("{code}: would be left out, {why}. Look at the plan again."),
                dry_run=dry_run,
            )
            yield told.format(code=one.one.code, why=why[one.why])
    if any(one.why is None for one in done) and not dry_run:
        yield _("The keys of what was erased are struck when the vault is next opened: dikalo vault test.")
