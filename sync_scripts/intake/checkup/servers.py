"""Every server of the settings, each with the logins that are kept for it, each on its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from gettext import gettext as _
from pathlib import Path
from typing import Final

from sync_scripts.config import ServerSettings, Settings, forms_of_teams, uids_of_teams
from sync_scripts.errors import DikaloError
from sync_scripts.intake.checkup import findings, lying
from sync_scripts.intake.checkup.central import CentralCheck
from sync_scripts.intake.checkup.kobo import KoboCheck
from sync_scripts.intake.connections.remote import LoginMissing, login_for, reached
from sync_scripts.servers.central import Project
from sync_scripts.servers.central.lists import Lists
from sync_scripts.servers.http import Client
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.sharing import Sharing
from sync_scripts.store.database import Register
from sync_scripts.store.local import logins
from sync_scripts.store.local.health import Finding
from sync_scripts.store.local.logins import Kept, Place, Role

ROLES: Final[tuple[Role, ...]] = ("deploy", "publish", "review", "pull")
"""The widest first: with it what only managers see is looked at."""


def of_servers(register: Register, settings: Settings, root: Path, now: datetime) -> Iterator[Finding]:
    """Yield what is found at each server; asks nobody for a login.

    One that is down, or whose login is refused, is a finding, and the next one is asked.
    """
    for server in settings.server:
        if server.kind != "folder":
            yield from _one(register, settings, server, root, now)


def _one(
    register: Register, settings: Settings, server: ServerSettings, root: Path, now: datetime
) -> Iterator[Finding]:
    try:
        kept = _kept(register, server)
    except DikaloError as wrong:
        yield Finding("server-login", "bad", f"{server.name}: {wrong.code} · {wrong.words()}", server.name)
        return
    for role in kept:
        yield _place(server.name, role, logins.where(register, server.name, role))
    if not kept:
        missing = LoginMissing(server=server.name, role="pull")
        yield Finding("server-login", "warn", f"{server.name}: {missing.words()}", server.name)
        return
    if "pull" not in kept:
        words = _("{server}: no login for pull is kept; dikalo asks for it each time.")
        yield Finding("server-login", "note", words.format(server=server.name), server.name)
    seen = False
    for role, login in kept.items():
        try:
            with reached(server, login, root) as client:
                old = lying.known(register, server.name, findings.cutoff(now))
                check = check_of(settings, server, role, client, now, old=old)
                yield from check.identity()
                if not seen:
                    yield from check.project()
                seen = True
        except DikaloError as wrong:
            words = _("{server}: the login for {role} did not get through. {why}")
            said = words.format(server=server.name, role=role, why=f"{wrong.code}: {wrong.words()}")
            yield Finding("server-reach", "bad", said, server.name)


def _kept(register: Register, server: ServerSettings) -> dict[Role, Kept]:
    """Return the logins that this register keeps, the widest first; pyodk's counts as one for pull."""
    kept = {role: found for role in ROLES if (found := logins.find(register, server.name, role)) is not None}
    if not kept:
        try:
            return {"pull": login_for(register, server, "pull")}
        except LoginMissing:
            return {}
    return kept


def _place(server: str, role: Role, place: Place | None) -> Finding:
    """Say where the login in use is kept."""
    words = {
        "workspace": _("{server}: the login for {role} is kept in this workspace, encrypted."),
        "keyring": _(
            "{server}: the login for {role} is in the keyring of this computer; it opens with the session."
        ),
        None: _("{server}: the login for {role} is the one that pyodk keeps in the clear on this computer."),
    }[place]
    return Finding("server-login", "ok" if place else "warn", words.format(server=server, role=role), server)


def check_of(
    settings: Settings,
    server: ServerSettings,
    role: Role,
    client: Client,
    now: datetime,
    *,
    old: lying.Known | None = None,
) -> CentralCheck | KoboCheck:
    """Return what looks at one server with the login of one role; ``old`` is what is known here of what lies there."""
    old = old or lying.Known()
    if server.kind == "kobo":
        sharing, beside = Sharing(Account(client)), uids_of_teams(settings)
        return KoboCheck(server.name, sharing, role, now, server.forms, beside, old)
    wanted = (*server.forms, *forms_of_teams(settings.team)) if server.forms else ()
    people = frozenset(code.casefold() for team in settings.team for code in team.people)
    lists = Lists(Project(client, server.project_id))
    return CentralCheck(server.name, lists, role, now, people, wanted, old, server.forms)
