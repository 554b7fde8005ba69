"""``dikalo phones``: one account a person at the servers; list, add, revoke, and what to know when a phone is lost.

Servers are asked one after the other: what fails at one stops no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from gettext import gettext as _
from gettext import ngettext
from typing import Annotated, Any, Final

import click

from sync_scripts.cli.frame.listing import show_list
from sync_scripts.cli.frame.logins import asking, chosen
from sync_scripts.cli.frame.options import DryRun, deed
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.config import ServerSettings, uids_of_teams
from sync_scripts.errors import N_, DikaloError
from sync_scripts.intake.connections import login_for, reached
from sync_scripts.publish.audiences import forms_for, teams_of
from sync_scripts.publish.kobo_forms import KoboPhones
from sync_scripts.publish.lost_phones import Traces, traces
from sync_scripts.publish.phones import (
    Added,
    CentralPhones,
    NotRevoked,
    Phone,
    Phones,
    PhoneUnknown,
    Revoked,
    settled,
)
from sync_scripts.register.model.listings import Column, Listing
from sync_scripts.register.rules.ruleset import local
from sync_scripts.secrets.slots import worker_code
from sync_scripts.servers.central import Project
from sync_scripts.servers.central.lists import Lists
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.sharing import Sharing
from sync_scripts.store.workspace import Workspace

OneServer = Annotated[str, option("--server", "This server alone.", _("SERVER"))]


@command("list")
def _list(shell: Shell, *, only: OneServer = "") -> None:
    with shell.workspace() as workspace:
        found: list[Phone] = []
        failures = at_each(shell, workspace, only, lambda one: found.extend(one.listed()))
        teams = {code.casefold(): team.name for team in workspace.settings.team for code in team.people}
    found.sort(key=lambda one: (not one.open, one.server, one.code))
    lines = [{**asdict(one), "team": teams.get(one.code.casefold(), "")} for one in found]
    show_list(shell, PHONES, lines, failures=codes(failures))
    end(shell, failures)


@command("add")
def _add(
    shell: Shell,
    *,
    code: Annotated[str, place(_("CODE"))],
    only: OneServer = "",
    reveal: Annotated[bool, option("--reveal", "Show the token of the account, once.")],
    dry_run: DryRun,
) -> None:
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


PHONES: Final = Listing(
    "dikalo.phones.list/1",
    "phones",
    (
        Column("code", N_("Phone")),
        Column("server", N_("Server")),
        Column("open", N_("State"), lambda is_open: _("open") if is_open else _("closed")),
        Column("team", N_("Team"), lambda team: team or _("(none)")),
        Column("last_used", N_("Last used"), local),
        Column("forms", N_("Forms"), " ".join),
        Column("rights", N_("More rights"), " ".join),
    ),
    narrow="forms:16 last_used server:10 team:10 forms",
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


@command("revoke")
def revoke(
    shell: Shell, *, code: Annotated[str, place(_("CODE"))], only: OneServer = "", dry_run: DryRun
) -> None:
    """Lock a phone out, and say loudly where that failed."""
    with shell.workspace() as workspace:  # without the lock: a phone is locked out while a pull goes on, too
        done = _locked_out(shell, workspace, only, _plain(code), dry_run=dry_run)
    if not any(one.accounts or one.failure for one in done):
        raise PhoneUnknown(phone=code)
    document = {"schema": "dikalo.phones.revoke/1", "code": code, "dry_run": dry_run, **_outcome(done)}
    shell.show(document, _revoked_lines(done, dry_run=dry_run))
    _loud(shell, code, done)


@command("lost")
def lost(shell: Shell, *, code: Annotated[str, place(_("CODE"))], dry_run: DryRun) -> None:
    """Lock a phone out first, then say what it sent and what its lists hold."""
    with shell.workspace() as workspace:  # without the lock: a phone is locked out while a pull goes on, too
        code = _plain(code)
        done = _locked_out(shell, workspace, "", code, dry_run=dry_run)
        teams = workspace.settings.team
        forms = frozenset[str]().union(*(one.held for one in done))
        left, unread = Traces((), (), ()), None
        try:
            left = traces(workspace.register, code, teams_of(teams), shell.clock(), forms)
        except DikaloError as failed:  # the door is closed by now, and that is to be said
            unread = failed
    if not (any(one.accounts or one.failure for one in done) or left.teams or left.sent or unread):
        raise PhoneUnknown(phone=code)
    document = {
        "schema": "dikalo.phones.lost/1",
        "code": code,
        "dry_run": dry_run,
        **_outcome(done),
        **_left(left),
        "failure": unread.code if unread else None,
    }
    told = () if unread else _traces(left)
    shell.show(document, (*_revoked_lines(done, dry_run=dry_run), *told))
    _loud(shell, code, done)
    if unread is not None:
        shell.warn(_("What this phone sent, and which cases its lists hold, could not be read here:"))
        shell.warn(f"{unread.code} · {unread.words()}")
        shell.exit_code = max(shell.exit_code, unread.exit_code)


def _plain(code: str) -> str:
    """Return a code without blanks around; an empty one is refused."""
    if not code.strip():
        raise click.UsageError(_("Give the code of a person."))
    return code.strip()


def _locked_out(shell: Shell, workspace: Workspace, only: str, code: str, *, dry_run: bool) -> list[Revoked]:
    """Lock a phone out everywhere; a server that could not be asked counts as one that still lets it in."""
    done: list[Revoked] = []
    failures = at_each(shell, workspace, only, lambda one: done.append(one.revoke(code, dry_run=dry_run)))
    done = settled(done, sum(one.kind == "kobo" for one in workspace.settings.server))
    for one in done:
        # `NotRevoked` is said aloud at the end
        if one.failure is not None and not isinstance(one.failure, NotRevoked):
            shell.warn(f"{one.server}: {one.failure.code} · {one.failure.words()}")
    return [*done, *(Revoked(server, failure=wrong) for server, wrong in failures.items())]


def _loud(shell: Shell, code: str, done: Iterable[Revoked]) -> None:
    """Say aloud that a phone is still let in, and end with 5."""
    still = [one.server for one in done if one.failure is not None]
    if still:
        wrong = NotRevoked(phone=code, servers=", ".join(still))
        shell.warn(click.style(f"{wrong.code} · {wrong.words()}", fg="red", bold=True))
        shell.exit_code = wrong.exit_code


# --- words ------------------------------------------------------------------------------------------------------


def _outcome(done: Iterable[Revoked]) -> dict[str, Any]:
    servers = [
        {
            "server": one.server,
            "accounts": one.accounts,
            "failure": one.failure.code if one.failure else None,
            "forms_open": list(one.forms),
            "forms_archived_unseen": list(one.archived),
        }
        for one in done
    ]
    return {"servers": servers, "locked_out": all(one["failure"] is None for one in servers)}


def _revoked_lines(done: Iterable[Revoked], *, dry_run: bool) -> Iterator[str]:
    for one in done:
        yield _revoked_line(one, dry_run=dry_run)
        if one.failure is not None and one.forms:
            yield _("  forms that may still let it in: {forms}").format(forms=" ".join(one.forms))
        if one.archived:
            yield _(
                "  archived forms that this login does not manage: {forms}. What the phone may do there was not seen, and nothing was "
                "taken. Nobody can send with them now; before one is opened again, take the phone off it in a browser."
            ).format(forms=" ".join(one.archived))


def _revoked_line(one: Revoked, *, dry_run: bool) -> str:
    if one.failure is not None:
        return _("{server}: NOT LOCKED OUT").format(server=one.server)
    words = _("{server}: there was no account.")
    if one.accounts:
        words = deed(_("{server}: locked out; accounts or rights taken: {n}."), dry_run=dry_run)
    return words.format(server=one.server, n=one.accounts)


def _left(left: Traces) -> dict[str, Any]:
    sent = [
        {
            "server": one.server,
            "form": one.form,
            "received_at": one.received_at,
            "alert": one.alert_code or None,
            "case": one.case_code or None,
            "aside": one.aside or None,
        }
        for one in left.sent
    ]
    return {
        "teams": list(left.teams),
        "cases_in_lists": list(left.cases),
        "cases_that_left": list(left.left),
        "sent": sent,
        "aside_of_nobody": left.aside_of_nobody,
    }


def _traces(left: Traces) -> Iterator[str]:
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
        aside = _("put aside: {entry}").format(entry=one.aside) if one.aside else ""
        codes = " ".join(code for code in (one.alert_code, one.case_code, aside) if code)
        yield f"  {local(one.received_at)}  {one.server}  {one.form}  {codes}".rstrip()
    if n := left.aside_of_nobody:
        yield ngettext(
            "Put aside at the servers, and by which account is not known here: {n} submission. It may be of this phone; see "
            "dikalo quarantine list.",
            "Put aside at the servers, and by which account is not known here: {n} submissions. They may be of this phone; see "
            "dikalo quarantine list.",
            n,
        ).format(n=n)
    yield _("What was filled and not sent is only on the phone. Warn the people of these alerts and cases.")


def at_each(
    shell: Shell, workspace: Workspace, only: str, deed: Callable[[Phones], object]
) -> dict[str, DikaloError]:
    """Do something at each server; one that fails does not stop the others. Return what failed, by server."""
    failures: dict[str, DikaloError] = {}
    for settings in _chosen(workspace, only):
        try:
            with _each_opened(shell, workspace, settings) as opened:
                deed(opened)
        except DikaloError as wrong:
            failures[settings.name] = wrong
            shell.warn(f"{settings.name}: {wrong.code} · {wrong.words()}")
    return failures


def codes(failures: dict[str, DikaloError]) -> dict[str, str]:
    """Return for programs what failed, by server."""
    return {server: wrong.code for server, wrong in failures.items()}


def end(shell: Shell, failures: dict[str, DikaloError]) -> None:
    """Let the run end with the gravest code of what failed."""
    shell.exit_code = max([shell.exit_code, *(wrong.exit_code for wrong in failures.values())])


def _chosen(workspace: Workspace, only: str) -> list[ServerSettings]:
    servers = workspace.settings.server
    return [chosen(servers, only)] if only else [one for one in servers if one.kind != "folder"]


@contextmanager
def _each_opened(shell: Shell, workspace: Workspace, settings: ServerSettings) -> Iterator[Phones]:
    """Give the phones of one server, with the login of the role publish."""
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
