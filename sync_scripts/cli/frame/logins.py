"""The login of a server, where a command needs one that is kept nowhere: typed, or handed over. Keeps none."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from gettext import gettext as _
from typing import Final

import click

from sync_scripts.cli.frame.layout import for_stream
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.config import ServerSettings
from sync_scripts.errors import UsageProblem
from sync_scripts.intake.connections import Ask
from sync_scripts.store.logins import Kept, Role

DESCRIPTOR = "DIKALO_SERVER_FD"


ServerUnknown: Final = UsageProblem.declare(
    "DK-C24",
    "dikalo.toml names no server {name} that needs a login (it has: {known}). Nothing was done. Correct the name, "
    "or add a [[server]] with kind central or kobo.",
)


def asking(shell: Shell) -> Ask:
    """Return what asks a person for a login that is kept nowhere; None where nobody can be asked."""

    def ask(settings: ServerSettings, role: Role) -> Kept | None:
        if not (shell.handed(DESCRIPTOR) or (sys.stdin.isatty() and sys.stderr.isatty())):
            return None
        return asked(shell, settings, role)

    return ask


def chosen(servers: Iterable[ServerSettings], name: str) -> ServerSettings:
    """Return the server of this name that needs a login.

    Raises:
        ServerUnknown: there is none.
    """
    known = {one.name: one for one in servers if one.kind != "folder"}
    if name not in known:
        raise ServerUnknown(name=name, known=", ".join(known) or "-")
    return known[name]


def asked(shell: Shell, settings: ServerSettings, role: Role) -> Kept:
    """Return a login typed now, hidden, or handed over by the program that started this one."""
    words = {
        "pull": _("only read"),
        "publish": _("send lists"),
        "deploy": _("send forms"),
        "review": _("set review states"),
    }
    may = words.get(role, role)
    if settings.kind == "kobo":
        question = _("API token of the account that may {role} on {server}")
        return Kept(
            token=shell.secret(question.format(role=may, server=settings.name), descriptor=DESCRIPTOR)
        )
    if shell.handed(DESCRIPTOR):
        account, _sep, password = shell.secret("", descriptor=DESCRIPTOR).partition("\t")
        return Kept(account=account, password=password)
    question = _("E-mail of the account that may {role} on {server}")
    said = question.format(role=may, server=settings.name)
    account = click.prompt(for_stream(said, sys.stderr), prompt_suffix=_(": "), err=True)
    return Kept(account=account, password=shell.ask_secret(_("Its password"), descriptor=DESCRIPTOR))
