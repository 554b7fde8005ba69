"""``dikalo retention``: what is due to be erased, who confirms it, carrying out exactly that; and what the organisation deleted at a server.

Works without the vault.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import date
from gettext import gettext as _
from gettext import ngettext
from typing import Any, Final

from sync_scripts.cli.frame.listing import table
from sync_scripts.cli.frame.logins import chosen
from sync_scripts.cli.frame.options import AsCode, DryRun, deed, nothing_written
from sync_scripts.cli.frame.shell import Shell, command
from sync_scripts.cli.work.history import rule_words
from sync_scripts.errors import N_
from sync_scripts.intake.places import purged as intake
from sync_scripts.intake.places.purged import Gone
from sync_scripts.register.history.visibility import case_meant, sealed_from
from sync_scripts.register.model.listings import Column, day
from sync_scripts.register.purging import carrying, confirming
from sync_scripts.register.purging.carrying import Done
from sync_scripts.register.purging.confirming import OF_C4, Confirmed, Plan, shown
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.retention import Line
from sync_scripts.servers.folder import NAME as FOLDERS


def plan(shell: Shell, _said: Mapping[str, Any]) -> None:
    """Show what is due to be erased; nothing is."""
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
        "confirmed": [shown(one, quiet) for one in waits],
    }
    shell.show(document, _plan_lines(found, waits, quiet))


def _line(one: Line, quiet: Container[str]) -> dict[str, Any]:
    names = ("code", "rule", "depth", "since", "due_at", "state", "who", "submissions", "items", "files")
    levels = {
        "urgency": one.urgency,
        "unit_state": one.stands,
    }  # a list of everything shows them of a C4 case, too
    return {
        **{name: getattr(one, name) if name in OF_C4 or one.code not in quiet else None for name in names},
        **levels,
    }


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


def _state(one: Line) -> str:
    return label("alert_state" if one.unit.startswith("alert:") else "case_state", one.stands)


def _rule(one: Line, quiet: bool) -> str:
    return _("a sealed case (C4): not shown here") if quiet else rule_words()[one.rule]


_PLAN: Final = (
    Column("code", N_("code"), lambda line: line[0].code, whole=True),
    Column("urgency", N_("urgency"), lambda line: label("urgency", line[0].urgency), whole=True),
    Column("state", N_("state"), lambda line: _state(line[0]), whole=True),
    Column("rule", N_("rule"), lambda line: _rule(*line), whole=True),
    Column("by", N_("by"), lambda line: day(line[0].due_at), whole=True),
    Column("what", N_("what"), lambda line: "" if line[1] else _what(line[0]), whole=True),
    Column("sealed", N_("sealed"), lambda line: "" if line[1] else line[0].items, whole=True),
    Column("files", N_("files"), lambda line: "" if line[1] else line[0].files, whole=True),
)
"""Of a line of a plan, and whether it is quiet: of a C4 case that whoever reads does not see, nothing tells what happened."""


def _plan_lines(found: Plan, waits: Sequence[Confirmed], quiet: Container[str]) -> Iterator[str]:
    if found.lines:
        yield from table(_PLAN, [(one, one.code in quiet) for one in found.lines])
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
def run(shell: Shell, *, as_code: AsCode, dry_run: DryRun) -> None:
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
        "erased": [{**shown(one.one), **{name: getattr(one, name) for name in counts}} for one in erased],
        "left_out": [{**shown(one.one), "why": one.why} for one in done if one.why is not None],
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
            told = deed(_("{code}: erased ({items} sealed, {files} files)."), dry_run=dry_run)
            yield told.format(code=one.one.code, items=one.items, files=one.files)
        else:
            told = deed(_("{code}: left out, {why}. Look at the plan again."), dry_run=dry_run)
            yield told.format(code=one.one.code, why=why[one.why])
    if any(one.why is None for one in done) and not dry_run:
        yield _("The keys of what was erased are struck when the vault is next opened: dikalo vault test.")


def purged(shell: Shell, said: Mapping[str, Any]) -> None:
    """Show what is gone at a server."""
    server, before = said["server"], said["before"]
    with shell.workspace() as workspace, workspace.register.reading() as rows:
        if server != FOLDERS and not intake.is_known(rows, server):
            chosen(workspace.settings.server, server)
        seen = intake.Seen.of(workspace.register, server)
        at = intake.begins(before, shell.clock())
        found = intake.plan(rows, seen.tags, server, at, taken_out=seen.taken_out)
    shell.show({"schema": "dikalo.purged/1", **found.document()}, _purged_lines(found, before))


_GONE: Final = (
    Column("form", N_("form")),
    Column("count", N_("gone")),
    Column("oldest", N_("oldest"), day),
    Column("newest", N_("newest"), day),
)


def _purged_lines(found: Gone, before: date | None) -> Iterator[str]:
    if found.count:
        yield from table(_GONE, found.forms)
        if found.unread:
            yield ngettext(
                "{n} of them nobody here has read: deleted before it was pulled, or a new version of what was erased here. First ask who "
                "sent it, while the phone may still have it.",
                "{n} of them nobody here has read: deleted before they were pulled, or new versions of what was erased here. First ask "
                "who sent them, while the phones may still have them.",
                len(found.unread),
            ).format(n=len(found.unread))
        if found.taken_out:
            yield _(
                "{server} is no longer in dikalo.toml: what it showed and did not hand over counts as gone."
            ).format(server=found.server)
        said = f" --before {before.isoformat()}" if before else ""
        yield _(
            "Did you delete all of them at {server} yourselves? Look at dikalo log, where the server says which account did it. If "
            "so: {command}"
        ).format(
            server=found.server,
            command=f"dikalo retention purged {found.server}{said} --confirm {found.id} --reason …",
        )
    else:
        yield _("No pull told of a submission that is gone at {server} and came before {day}.").format(
            server=found.server, day=found.before.date().isoformat()
        )
    if found.later:
        yield ngettext(
            "{n} that came later is gone, too, and stands as an alarm (--before DAY shows it).",
            "{n} that came later are gone, too, and stand as alarms (--before DAY shows them).",
            found.later,
        ).format(n=found.later)
