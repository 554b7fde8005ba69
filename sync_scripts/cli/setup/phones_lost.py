"""``dikalo phones revoke`` and ``lost``: lock a phone out everywhere, and say what whoever holds it may know and do.

They take no lock and write nothing into the register: a pull that takes hours keeps no door open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from gettext import gettext as _
from gettext import ngettext
from typing import Any

import click

from sync_scripts.cli.frame.listing import local
from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell
from sync_scripts.cli.frame.tense import deed
from sync_scripts.cli.setup.phones_servers import at_each, server_option
from sync_scripts.errors import DikaloError
from sync_scripts.publish.audiences import teams_of
from sync_scripts.publish.lost_phones import Traces, traces
from sync_scripts.publish.phones import NotRevoked, PhoneUnknown, Revoked, settled
from sync_scripts.store.workspace import Workspace

__all__ = ["lost", "revoke"]


@command("revoke")
@click.argument("code", metavar=_("CODE"))
@server_option
@dry_run_option
@pass_shell
def revoke(shell: Shell, code: str, only: str, dry_run: bool) -> None:
    """Lock a phone out, and say loudly where that failed."""
    with shell.workspace() as workspace:  # without the lock: a phone is locked out while a pull goes on, too
        done = _locked_out(shell, workspace, only, _plain(code), dry_run=dry_run)
    if not any(one.accounts or one.failure for one in done):
        raise PhoneUnknown(phone=code)
    document = {"schema": "dikalo.phones.revoke/1", "code": code, "dry_run": dry_run, **_outcome(done)}
    shell.show(document, _revoked_lines(done, dry_run=dry_run))
    _loud(shell, code, done)


@command("lost")
@click.argument("code", metavar=_("CODE"))
@dry_run_option
@pass_shell
def lost(shell: Shell, code: str, dry_run: bool) -> None:
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
                "aside": one.aside or None,
            }
            for one in left.sent
        ],
        "aside_of_nobody": left.aside_of_nobody,
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
