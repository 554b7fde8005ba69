"""``dikalo phones``: one account a person at the servers; list, add, revoke, and what to know when a phone is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from gettext import gettext as _
from gettext import ngettext
from typing import TYPE_CHECKING, Any

import click

from sync_scripts.cli.shell import Shell, dry_run_option, group, pass_shell
from sync_scripts.cli.tense import either

if TYPE_CHECKING:
    from sync_scripts.config import ServerSettings
    from sync_scripts.errors import DikaloError
    from sync_scripts.publish.phones import Added, Phone, Phones, Revoked
    from sync_scripts.publish.traces import Traces
    from sync_scripts.store.workspace import Workspace

__all__ = ["phones"]

_SERVER = click.option("--server", "only", default="", metavar=_("SERVER"), help=_("This server alone."))


@group(
    "phones",
    help=_(
        "The accounts of phones at the servers, one a person and known by the worker's code. They use the login of the "
        "role publish (dikalo keys server NAME --role publish)."
    ),
)
def phones() -> None:
    """Group of the commands for the accounts of phones."""


@phones.command(
    "list", help=_("Show which phones may fetch and send, with which forms, and whose team they are.")
)
@_SERVER
@pass_shell
def _list(shell: Shell, only: str) -> None:
    with shell.workspace() as workspace:
        found: list[Phone] = []
        failures = _each(shell, workspace, only, lambda one: found.extend(one.listed()))
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
    document = {"schema": "dikalo.phones.list/1", "phones": lines, "failures": _codes(failures)}
    shell.show(document, _table(lines))
    _end(shell, failures)


@phones.command(
    "add",
    help=_(
        "Give the phone of a person (CODE, never a name) an account and the forms of dikalo.toml, least rights: those of its "
        "team and those for all, no other team's. Again adds forms that are missing. On KoboToolbox the account of that name "
        "must exist; it is allowed to send and nothing else. The token is a secret: it is shown only with --reveal; dikalo qr CODE asks for it."
    ),
)
@click.argument("code", metavar=_("CODE"))
@_SERVER
@click.option("--reveal", is_flag=True, help=_("Show the token of the account, once."))
@dry_run_option
@pass_shell
def _add(shell: Shell, code: str, only: str, reveal: bool, dry_run: bool) -> None:
    from sync_scripts.publish.zones import forms_for
    from sync_scripts.secrets.slots import worker_code

    with shell.workspace(write=not dry_run, command="phones add") as workspace:
        done: list[Added] = []
        code = worker_code(code)
        wanted = forms_for(workspace.settings.forms, workspace.settings.team, code)
        failures = _each(
            shell, workspace, only, lambda one: done.append(one.add(code, wanted, dry_run=dry_run))
        )
        known = any(code.casefold() in map(str.casefold, team.people) for team in workspace.settings.team)
    document = {
        "schema": "dikalo.phones.add/1",
        "code": code,
        "dry_run": dry_run,
        "servers": [_added(one, reveal=reveal) for one in done],
        "in_team": known,
        "failures": _codes(failures),
    }
    shell.show(document, _added_lines(code, done, reveal=reveal, dry_run=dry_run, known=known))
    _end(shell, failures)


@phones.command(
    "revoke",
    help=_(
        "Lock a phone out of every server, and look whether it is. What lies on the phone stays there. On KoboToolbox its "
        "rights on the forms are taken; its password is changed by the person or the administrator in a browser. It waits for "
        "no other command: a pull that goes on keeps no door open."
    ),
)
@click.argument("code", metavar=_("CODE"))
@_SERVER
@dry_run_option
@pass_shell
def _revoke(shell: Shell, code: str, only: str, dry_run: bool) -> None:
    from sync_scripts.publish.phones import PhoneUnknown

    with shell.workspace() as workspace:  # without the lock: a phone is locked out while a pull goes on, too
        done = _locked_out(shell, workspace, only, _plain(code), dry_run=dry_run)
    if not any(one.accounts or one.failure for one in done):
        raise PhoneUnknown(phone=code)
    document = {"schema": "dikalo.phones.revoke/1", "code": code, "dry_run": dry_run, **_outcome(done)}
    shell.show(document, _revoked_lines(done, dry_run=dry_run))
    _loud(shell, code, done)


@phones.command(
    "lost",
    help=_(
        "A phone is lost or was taken: lock it out everywhere first, then show what it sent and which cases stand in the "
        "lists it held, so that those people can be warned. It waits for no other command: a pull that goes on keeps no door "
        "open."
    ),
)
@click.argument("code", metavar=_("CODE"))
@dry_run_option
@pass_shell
def _lost(shell: Shell, code: str, dry_run: bool) -> None:
    from sync_scripts.errors import DikaloError
    from sync_scripts.publish.phones import PhoneUnknown
    from sync_scripts.publish.traces import Traces, traces
    from sync_scripts.publish.zones import teams_of

    with shell.workspace() as workspace:  # without the lock: a phone is locked out while a pull goes on, too
        code = _plain(code)
        done = _locked_out(shell, workspace, "", code, dry_run=dry_run)
        teams = workspace.settings.team
        forms = frozenset[str]().union(*(one.held for one in done))
        left, unread = Traces((), (), ()), None
        try:
            left = traces(workspace.register, code, teams_of(teams), forms)
        except DikaloError as failed:  # the door is closed by now, and that is to be said
            unread = failed
    if not (any(one.accounts or one.failure for one in done) or left.teams or left.sent or unread):
        raise PhoneUnknown(phone=code)
    document = {
        "schema": "dikalo.phones.lost/1",
        "code": code,
        "dry_run": dry_run,
        **_outcome(done),
        "teams": list(left.teams),
        "cases_in_lists": list(left.cases),
        "cases_that_left": list(left.left),
        "sent": [
            {
                "server": one.server,
                "form": one.form,
                "received_at": one.received_at,
                "alert": one.alert_code or None,
                "case": one.case_code or None,
            }
            for one in left.sent
        ],
        "failure": unread.code if unread else None,
    }
    told = () if unread else _traces(left)
    shell.show(document, (*_revoked_lines(done, dry_run=dry_run), *told))
    _loud(shell, code, done)
    if unread is not None:
        shell.warn(_("What this phone sent, and which cases its lists hold, could not be read here:"))
        shell.warn(f"{unread.code} · {unread.words()}")
        shell.exit_code = max(shell.exit_code, unread.exit_code)


# --- servers ------------------------------------------------------------------------------------------------------


def _plain(code: str) -> str:
    """Return a code without blanks around; an empty one is refused."""
    if not code.strip():
        raise click.UsageError(_("Give the code of a person."))
    return code.strip()


def _chosen(workspace: Workspace, only: str) -> list[ServerSettings]:
    from sync_scripts.cli.keys import chosen

    servers = workspace.settings.server
    return [chosen(servers, only)] if only else [one for one in servers if one.kind != "folder"]


@contextmanager
def _opened(shell: Shell, workspace: Workspace, settings: ServerSettings) -> Iterator[Phones]:
    """Give the phones of one server, with the login of the role publish."""
    from sync_scripts.cli.keys import asking
    from sync_scripts.config import uids_of_teams
    from sync_scripts.intake.remote import login_for, reached
    from sync_scripts.publish.kobo_phones import KoboPhones
    from sync_scripts.publish.phones import CentralPhones
    from sync_scripts.servers.central import Project
    from sync_scripts.servers.central.lists import Lists
    from sync_scripts.servers.kobo import Account
    from sync_scripts.servers.kobo.sharing import Sharing

    kept = login_for(workspace.register, settings, "publish", asking(shell))
    with ExitStack() as stack:
        client = stack.enter_context(reached(settings, kept, workspace.root))
        if settings.kind == "central":
            yield CentralPhones(settings.name, Lists(Project(client, settings.project_id)))
        else:
            beside = uids_of_teams(workspace.settings)
            yield KoboPhones(
                settings.name,
                Sharing(Account(client)),
                settings.forms,
                beside,
                workspace.settings.team,
                workspace.settings.forms,
            )


def _each(
    shell: Shell, workspace: Workspace, only: str, deed: Callable[[Phones], object]
) -> dict[str, DikaloError]:
    """Do something at each server; one that fails does not stop the others. Return what failed, by server."""
    from sync_scripts.errors import DikaloError

    failures: dict[str, DikaloError] = {}
    for settings in _chosen(workspace, only):
        try:
            with _opened(shell, workspace, settings) as opened:
                deed(opened)
        except DikaloError as wrong:
            failures[settings.name] = wrong
            shell.warn(f"{settings.name}: {wrong.code} · {wrong.words()}")
    return failures


def _locked_out(shell: Shell, workspace: Workspace, only: str, code: str, *, dry_run: bool) -> list[Revoked]:
    """Lock a phone out everywhere; a server that could not be asked counts as one that still lets it in."""
    from sync_scripts.publish.phones import NotRevoked, Revoked, settled

    done: list[Revoked] = []
    failures = _each(shell, workspace, only, lambda one: done.append(one.revoke(code, dry_run=dry_run)))
    done = settled(done, sum(one.kind == "kobo" for one in workspace.settings.server))
    for one in done:
        # `NotRevoked` is said aloud at the end
        if one.failure is not None and not isinstance(one.failure, NotRevoked):
            shell.warn(f"{one.server}: {one.failure.code} · {one.failure.words()}")
    return [*done, *(Revoked(server, failure=wrong) for server, wrong in failures.items())]


def _loud(shell: Shell, code: str, done: Iterable[Revoked]) -> None:
    """Say aloud that a phone is still let in, and end with 5."""
    from sync_scripts.publish.phones import NotRevoked

    still = [one.server for one in done if one.failure is not None]
    if still:
        wrong = NotRevoked(phone=code, servers=", ".join(still))
        shell.warn(click.style(f"{wrong.code} · {wrong.words()}", fg="red", bold=True))
        shell.exit_code = wrong.exit_code


def _end(shell: Shell, failures: dict[str, DikaloError]) -> None:
    codes = [wrong.exit_code for wrong in failures.values()]
    shell.exit_code = max([shell.exit_code, *codes])


# --- words --------------------------------------------------------------------------------------------------------


def _codes(failures: dict[str, DikaloError]) -> dict[str, str]:
    return {server: wrong.code for server, wrong in failures.items()}


def _table(lines: list[dict[str, Any]]) -> Iterator[str]:
    from sync_scripts.cli.listing import local, rows_listed

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
            words = either(
                _("{server}: the account {code} is made."),
                _("{server}: the account {code} would be made."),
                dry_run=dry_run,
            )
        yield words.format(server=one.server, code=code)
        if one.forms:
            added = either(
                _("  forms added: {forms}"), _("  forms that would be added: {forms}"), dry_run=dry_run
            )
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


def _outcome(done: Iterable[Revoked]) -> dict[str, Any]:
    servers = [
        {
            "server": one.server,
            "accounts": one.accounts,
            "failure": one.failure.code if one.failure else None,
            "forms_open": list(one.forms),
        }
        for one in done
    ]
    return {"servers": servers, "locked_out": all(one["failure"] is None for one in servers)}


def _revoked_lines(done: Iterable[Revoked], *, dry_run: bool) -> Iterator[str]:
    for one in done:
        if one.failure is not None:
            yield _("{server}: NOT LOCKED OUT").format(server=one.server)
            if one.forms:
                yield _("  forms that may still let it in: {forms}").format(forms=" ".join(one.forms))
        elif dry_run:
            yield _("{server}: would be locked out; accounts or rights to take: {n}.").format(
                server=one.server, n=one.accounts
            )
        elif one.accounts:
            yield _("{server}: locked out; accounts or rights taken: {n}.").format(
                server=one.server, n=one.accounts
            )
        else:
            yield _("{server}: there was no account.").format(server=one.server)


def _traces(left: Traces) -> Iterator[str]:
    from sync_scripts.cli.listing import local

    yield ""
    if left.teams:
        count = ngettext("{n} case", "{n} cases", len(left.cases)).format(n=len(left.cases))
        yield _("Lists: team {teams}; {count} today, on the phone those of its last update:").format(
            teams=", ".join(left.teams), count=count
        )
        yield from (f"  {code}" for code in left.cases)
    else:
        yield _("Lists: this phone is in no team of dikalo.toml; what it held is not known.")
    if left.left:
        count = ngettext("{n} case", "{n} cases", len(left.left)).format(n=len(left.left))
        told = _(
            "{count} left its lists since it was last heard, or could not leave a form, and may still be on the phone:"
        )
        yield told.format(count=count)
        yield from (f"  {code}" for code in left.left)
    count = ngettext("{n} submission", "{n} submissions", len(left.sent)).format(n=len(left.sent))
    yield _("Sent by this account, as pulled so far: {count}").format(count=count)
    for one in left.sent:
        codes = " ".join(code for code in (one.alert_code, one.case_code) if code)
        yield f"  {local(one.received_at)}  {one.server}  {one.form}  {codes}".rstrip()
    yield _("What was filled and not sent is only on the phone. Warn the people of these cases.")
