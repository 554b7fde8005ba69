"""The servers that have phones, asked one after the other for ``dikalo phones``: what fails at one stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from gettext import gettext as _
from typing import Any

import click

from sync_scripts.cli.frame.logins import asking, chosen
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.config import ServerSettings, uids_of_teams
from sync_scripts.errors import DikaloError
from sync_scripts.intake.connections import login_for, reached
from sync_scripts.publish.kobo_forms import KoboPhones
from sync_scripts.publish.phones import CentralPhones, Phones
from sync_scripts.servers.central import Project
from sync_scripts.servers.central.lists import Lists
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.sharing import Sharing
from sync_scripts.store.workspace import Workspace

__all__ = ["at_each", "codes", "end", "server_option"]

server_option: Callable[[Any], Any] = click.option(
    "--server", "only", default="", metavar=_("SERVER"), help=_("This server alone.")
)


def at_each(
    shell: Shell, workspace: Workspace, only: str, deed: Callable[[Phones], object]
) -> dict[str, DikaloError]:
    """Do something at each server; one that fails does not stop the others. Return what failed, by server."""
    failures: dict[str, DikaloError] = {}
    for settings in _chosen(workspace, only):
        try:
            with _opened(shell, workspace, settings) as opened:
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
def _opened(shell: Shell, workspace: Workspace, settings: ServerSettings) -> Iterator[Phones]:
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
