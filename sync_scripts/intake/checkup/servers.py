"""Every server of the settings, each with the logins kept for it; and a server met before it stands in the settings. Asks only.

Each server stands for itself: one that is down is said and stops no other. An address comes as people copy it from a browser;
what kind of server answers is asked of it without any login. A login is tried before it is kept, and what it may do beyond its
role is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from gettext import gettext as _
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from sync_scripts.config import ServerSettings, Settings, forms_of_teams, uids_of_teams
from sync_scripts.errors import DikaloError, UsageProblem
from sync_scripts.intake.checkup import findings
from sync_scripts.intake.checkup.central import CentralCheck
from sync_scripts.intake.checkup.kobo import KoboCheck
from sync_scripts.intake.connections import LoginMissing, login_for, reached
from sync_scripts.servers.base import Kind
from sync_scripts.servers.central import Project
from sync_scripts.servers.central.lists import Lists, is_central, projects
from sync_scripts.servers.http import Client, Road
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.door import is_kobo, openrosa
from sync_scripts.servers.kobo.sharing import Sharing
from sync_scripts.store import logins
from sync_scripts.store.database import Register
from sync_scripts.store.health import Finding
from sync_scripts.store.logins import Kept, Place, Role

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
                old = findings.known(register, server.name, findings.cutoff(now))
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
    old: findings.Known | None = None,
) -> CentralCheck | KoboCheck:
    """Return what looks at one server with the login of one role; ``old`` is what is known here of what lies there."""
    old = old or findings.Known()
    if server.kind == "kobo":
        sharing, beside = Sharing(Account(client)), uids_of_teams(settings)
        return KoboCheck(server.name, sharing, role, now, server.forms, beside, old)
    wanted = (*server.forms, *forms_of_teams(settings.team)) if server.forms else ()
    people = frozenset(code.casefold() for team in settings.team for code in team.people)
    lists = Lists(Project(client, server.project_id))
    return CentralCheck(server.name, lists, role, now, people, wanted, old, server.forms)


_PROJECT: Final = re.compile(r"/projects/([0-9]+)")
_PLAIN: Final = re.compile(r"[a-z0-9-]+")


KindUnknown: Final = UsageProblem.declare(
    "DK-J20",
    "What answers at {server} is neither an ODK Central nor a KoboToolbox. No login was sent. Copy the address from the "
    "browser in which you see your projects, not that of the phones; at KoboToolbox it begins with kf or eu.",
)


@dataclass(frozen=True, slots=True)
class Address:
    """What somebody typed as an address.

    Attributes:
        url: the server alone, ``https://host``.
        project: the project that stood in it (Central), None = none.
    """

    url: str
    project: int | None = None


@dataclass(frozen=True, slots=True)
class FormThere:
    """A form at a server: what the settings call it, and its name for people."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a login sees.

    Attributes:
        account: whose it is, as the server calls him.
        forms: the forms it sees; those of the settings alone when these name some.
        findings: what is to be said of its rights.
    """

    account: str
    forms: tuple[FormThere, ...]
    findings: tuple[Finding, ...]


def address(text: str) -> Address:
    """Return the server and the project of what was copied from a browser.

    >>> address("central.example.org/#/projects/3/forms/alert")
    Address(url='https://central.example.org', project=3)
    >>> address(" https://kf.example.org/#/forms/aB3/summary ")
    Address(url='https://kf.example.org', project=None)
    """
    typed = text.strip()
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        found = _PROJECT.search(f"{parts.path}#{parts.fragment}")
        url = f"{parts.scheme}://{parts.netloc}"  # a user name in it stays, to be refused where it is used
    except ValueError:
        return Address(typed)
    return Address(url, int(found[1]) if found else None)


def known(settings: ServerSettings, root: Path) -> ServerSettings:
    """Return settings with what the server itself says: its kind, and where phones send to (KoboToolbox).

    Raises:
        KindUnknown: it is neither of the two.
        UsageProblem, Unreachable: as `Client` says; nothing was sent but the question.
    """
    road = Road(authority=root / settings.authority if settings.authority else None, proxy=settings.proxy)
    with Client(settings.url, road=road) as client:
        kind: Literal["central", "kobo"] | None = (
            "central" if is_central(client) else "kobo" if is_kobo(client) else None
        )
        if kind is None:
            raise KindUnknown(server=client.server)
        where = openrosa(client) if kind == "kobo" else ""
    return msgspec.structs.replace(settings, kind=kind, openrosa=settings.openrosa or where)


def places(settings: ServerSettings, login: Kept, root: Path) -> tuple[tuple[int, str], ...]:
    """Return the projects of a Central that a login sees, with their names; none for KoboToolbox.

    Raises:
        NotAllowed, Unreachable: as the server answers.
    """
    if settings.kind != "central":
        return ()
    with reached(settings, login, root) as client:
        return tuple((one.id, one.name) for one in projects(client))


def look(
    settings: ServerSettings, whole: Settings, login: Kept, *, role: Role, root: Path, now: datetime
) -> Seen:
    """Try a login: whose it is, which forms it sees and, to pull, may read, and what it may do beyond its role.

    Raises:
        NotAllowed, Unreachable: as the server answers; the login must not be kept.
    """
    with reached(settings, login, root) as client:
        forms = _forms(settings, client)
        if role == "pull" and forms:
            _read_one(settings, client, forms[0].id)
        check = check_of(whole, settings, role, client, now)
        findings = list(check.identity())
        if role == "pull" and isinstance(check, CentralCheck):
            findings += check.age([one.id for one in forms])
        account = _account(settings, client)
    return Seen(account, forms, tuple(one for one in findings if one.level != "ok"))


def _forms(settings: ServerSettings, client: Client) -> tuple[FormThere, ...]:
    if settings.kind == "kobo":
        return tuple(FormThere(one.uid, one.name or one.uid) for one in Account(client).deployed())
    return tuple(
        FormThere(one.xml_form_id, one.xml_form_id)
        for one in Project(client, settings.project_id).published()
    )


def _read_one(settings: ServerSettings, client: Client, form: str) -> None:
    """Count the submissions of a form; an account that may see forms and not read what was sent is refused here."""
    if settings.kind == "kobo":
        Account(client).count(form)
    else:
        Project(client, settings.project or 0).count(form)


def _account(settings: ServerSettings, client: Client) -> str:
    if settings.kind == "kobo":
        return Account(client).me().username
    return Project(client, settings.project_id).account().display_name


def name_for(url: str, kind: Kind, taken: set[str]) -> str:
    """Return a short name for a server: from its address, and not one of those taken (``config.taken_names``)."""
    first = (urlsplit(url).hostname or "").partition(".")[0]
    word = first if _PLAIN.fullmatch(first) and not first.isdigit() else kind
    candidates = [word, *(f"{word}-{number}" for number in range(2, len(taken) + 3))]
    return next(one for one in candidates if one not in taken)
