"""``dikalo phones``: one account a person at the servers; list, add, revoke, and what to know when a phone is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from gettext import gettext as _
from typing import Any

import click

from sync_scripts.cli.frame.listing import local, rows_listed
from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell
from sync_scripts.cli.frame.tense import deed
from sync_scripts.cli.setup.phones_servers import at_each, codes, end, server_option
from sync_scripts.publish.audiences import forms_for
from sync_scripts.publish.phones import Added, Phone
from sync_scripts.secrets.slots import worker_code

__all__ = []


@command("list")
@server_option
@pass_shell
def _list(shell: Shell, only: str) -> None:
    with shell.workspace() as workspace:
        found: list[Phone] = []
        failures = at_each(shell, workspace, only, lambda one: found.extend(one.listed()))
        teams = {code.casefold(): team.name for team in workspace.settings.team for code in team.people}
    lines = [
        {
            "code": one.code,
            "server": one.server,
            "open": one.open,
            "team": teams.get(one.code.casefold(), ""),
            "forms": list(one.forms),
            "rights": list(one.rights),
            "last_used": one.last_used,
        }
        for one in sorted(found, key=lambda one: (not one.open, one.server, one.code))
    ]
    document = {"schema": "dikalo.phones.list/1", "phones": lines, "failures": codes(failures)}
    shell.show(document, _table(lines))
    end(shell, failures)


@command("add")
@click.argument("code", metavar=_("CODE"))
@server_option
@click.option("--reveal", is_flag=True, help=_("Show the token of the account, once."))
@dry_run_option
@pass_shell
def _add(shell: Shell, code: str, only: str, reveal: bool, dry_run: bool) -> None:
    with shell.workspace(write=not dry_run, command="phones add") as workspace:
        done: list[Added] = []
        code = worker_code(code)
        wanted = forms_for(workspace.settings.forms, workspace.settings.team, code)
        failures = at_each(
            shell, workspace, only, lambda one: done.append(one.add(code, wanted, dry_run=dry_run))
        )
        known = any(code.casefold() in map(str.casefold, team.people) for team in workspace.settings.team)
    document = {
        "schema": "dikalo.phones.add/1",
        "code": code,
        "dry_run": dry_run,
        "servers": [_added(one, reveal=reveal) for one in done],
        "in_team": known,
        "failures": codes(failures),
    }
    shell.show(document, _added_lines(code, done, reveal=reveal, dry_run=dry_run, known=known))
    end(shell, failures)


# --- words ------------------------------------------------------------------------------------------------------


def _table(lines: list[dict[str, Any]]) -> Iterator[str]:
    headings = [_("Phone"), _("Server"), _("State"), _("Team"), _("Last used"), _("Forms"), _("More rights")]
    yield from rows_listed(
        headings,
        (
            (
                line["code"],
                line["server"],
                _("open") if line["open"] else _("closed"),
                line["team"] or _("(none)"),
                local(line["last_used"]),
                " ".join(line["forms"]),
                " ".join(line["rights"]),
            )
            for line in lines
        ),
        order=((_("Forms"), 16), (_("Last used"), 0), (_("Server"), 10), (_("Team"), 10), (_("Forms"), 0)),
    )


def _added(one: Added, *, reveal: bool) -> dict[str, Any]:
    shown = {"server": one.server, "made": one.made, "forms": list(one.forms), "beyond": list(one.beyond)}
    return {**shown, "token": one.token or None} if reveal else shown


def _added_lines(
    code: str, done: Iterable[Added], *, reveal: bool, dry_run: bool, known: bool
) -> Iterator[str]:
    for one in done:
        words = _("{server}: the account {code} is there already.")
        if one.made:
            words = deed(_("{server}: the account {code} is made."), dry_run=dry_run)
        yield words.format(server=one.server, code=code)
        if one.forms:
            added = deed(_("  forms added: {forms}"), dry_run=dry_run)
            yield added.format(forms=" ".join(one.forms))
        if one.beyond:
            told = _(
                "  may send to forms of other teams too: {forms}. So it holds their list, and theirs is cut to what it may hold. "
                "To end that: dikalo phones revoke {code}, then add again."
            )
            yield told.format(forms=" ".join(one.beyond), code=code)
        if one.token and reveal:
            yield _("  token (whoever reads it can send as {code}): {token}").format(
                code=code, token=one.token
            )
        elif one.made and not dry_run:
            yield _("  Its token is a secret and is not shown; --reveal shows it.")
        if not dry_run:
            yield _("  Next: dikalo qr {code} --server {server}").format(code=code, server=one.server)
    if not known:
        yield _("{code} is in no team: write it into a [[team]] of dikalo.toml, or no list is sent.").format(
            code=code
        )
