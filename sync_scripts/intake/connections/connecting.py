"""Getting to know a server before it stands in the settings: what it is, what a login sees there and may do. Asks only.

The address comes as people copy it from a browser. What kind of server answers is asked of the server, without any
login; a login is tried before it is kept, and what it may do beyond its role is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from sync_scripts.config import ServerSettings, Settings
from sync_scripts.errors import UsageProblem
from sync_scripts.intake.checkup.central import CentralCheck
from sync_scripts.intake.checkup.servers import check_of
from sync_scripts.intake.connections.remote import reached
from sync_scripts.servers.base import Kind
from sync_scripts.servers.central import Project
from sync_scripts.servers.central.site import is_central, projects
from sync_scripts.servers.http import Client, Road
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.site import is_kobo, openrosa
from sync_scripts.store.local.health import Finding
from sync_scripts.store.local.logins import Kept, Role

__all__ = ["Address", "FormThere", "KindUnknown", "Seen", "address", "known", "look", "name_for"]

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
