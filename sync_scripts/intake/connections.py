"""From the settings and a login to a server that can be read; asks for a login where none is kept.

One login a role: what is made here can only read. The login session of a Central is ended when the work is done. Of logins that
another program keeps in the clear it is said that they lie there, no more.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import urlsplit

import msgspec

from sync_scripts.config import ServerSettings
from sync_scripts.errors import DikaloError, NotAllowed, Unreachable, UsageProblem
from sync_scripts.servers.base import Abilities, AttachmentRef, Kind, Server, Sighting
from sync_scripts.servers.central import Central, Project, visiting
from sync_scripts.servers.http import Client, Credential, Patience, Road
from sync_scripts.servers.kobo import Account, Kobo
from sync_scripts.servers.kobo.door import Door, openrosa
from sync_scripts.store import logins
from sync_scripts.store.database import Register
from sync_scripts.store.health import Finding
from sync_scripts.store.logins import Kept, Role

PYODK: Final = ".pyodk_config.toml"
"""A login in the clear that pyodk keeps in the home folder; read when it names the same server."""

PYODK_VARIABLE: Final = "PYODK_CONFIG_FILE"

Ask = Callable[[ServerSettings, Role], "Kept | None"]
"""Asks a person for a login; None = nobody can be asked."""


LoginMissing: Final = NotAllowed.declare(
    "DK-I59",
    "There is no login for the server {server} in this workspace ({role}). Nothing was asked of it. Store one with "
    "dikalo keys server {server} --role {role}.",
)
ServerNotAsked: Final = Unreachable.declare(
    "DK-I96", "The server {server} of dikalo.toml was not asked. {why}"
)


def not_asked(server: str, wrong: UsageProblem) -> Unreachable:
    """Return that a server was not asked, with the code and the words of what keeps it from being asked."""
    return ServerNotAsked(server=server, why=f"{wrong.code}: {wrong.words()}")


def nobody(_settings: ServerSettings, _role: Role) -> None:
    """Ask nobody."""


def login_for(
    register: Register, settings: ServerSettings, role: Role, ask: Ask = nobody, *, home: Path | None = None
) -> Kept:
    """Return the login of a role and touch no other: the one that is kept, else pyodk's (Central, to pull), else typed.

    Raises:
        LoginMissing: there is none, and nobody to ask.
        KeyringNotInstalled, NoKeyring, KeyringForgot, LoginsDamaged: what is kept cannot be had.
    """
    found = logins.find(register, settings.name, role)
    if found is None and role == "pull":
        found = pyodk_login(settings, home or Path.home())
    found = found or ask(settings, role)
    if found is None:
        raise LoginMissing(server=settings.name, role=role)
    return found


@contextmanager
def reached(
    settings: ServerSettings, kept: Kept, root: Path, *, patience: Patience | None = None
) -> Iterator[Client]:
    """Give a client bound to a server; its login session and its connections end with the work.

    A login is made when it is first needed, and again when the server has forgotten it.
    """
    authority = root / settings.authority if settings.authority else None
    road = Road(authority=authority, proxy=settings.proxy, files_from=settings.files_from)
    if settings.kind == "kobo":
        with Client(
            settings.url, Credential.token(kept.token, "Token"), road=road, patience=patience
        ) as made:
            yield made
        return
    made, visit = visiting(
        lambda login: Client(settings.url, login, road=road, patience=patience), kept.account, kept.password
    )
    with made:
        try:
            yield made
        finally:
            visit.end()


def same_house(own: str, other: str) -> bool:
    """Tell whether two addresses are of one house: the same host, or hosts under one domain, no less protected."""
    ours, theirs = urlsplit(own), urlsplit(other)
    if theirs.scheme not in {"https", ours.scheme} or not theirs.hostname or not ours.hostname:
        return False
    if ours.hostname == theirs.hostname:
        return True
    named = ours.hostname.count(".") > 1 and not ours.hostname.replace(".", "").isdigit()
    return named and theirs.hostname.endswith("." + ours.hostname.partition(".")[2])


@contextmanager
def phones_door(settings: ServerSettings, client: Client, kept: Kept, root: Path) -> Iterator[Door | None]:
    """Give the address that phones use at a KoboToolbox, from the settings or as the server says it; None = neither says.

    Without it nobody can tell whether phones get what was sent. The token goes there too, so an address that the
    server says is believed only under the server's own domain and never without TLS where the server has it.
    """
    where = settings.openrosa or openrosa(client)
    if not where or not (settings.openrosa or same_house(settings.url, where)):
        yield None
        return
    with reached(msgspec.structs.replace(settings, url=where), kept, root) as phones:
        yield Door(phones)


@contextmanager
def opened(
    register: Register,
    settings: ServerSettings,
    root: Path,
    ask: Ask = nobody,
    beside: Sequence[str] = (),
    *,
    largest: int = 0,
) -> Iterator[Server]:
    """Give a server to pull from, with the login that may only read; ``beside`` = forms that are some team's.

    ``largest`` = bytes of a file that is wanted, where that is more than a client takes by itself.

    A server for which there is no login, or whose settings cannot be used, comes all the same, and says so when it is read: the
    others are not stopped.
    """
    with ExitStack() as stack:
        try:
            made = stack.enter_context(reached(settings, login_for(register, settings, "pull", ask), root))
        except UsageProblem as wrong:
            yield Barred(settings.name, settings.kind, not_asked(settings.name, wrong))
            return
        except DikaloError as missing:
            yield Barred(settings.name, settings.kind, missing)
            return
        made.file_limit = max(made.file_limit, largest)
        yield source(settings, made, beside)


_HURRY: Final = Patience(connect_s=5.0, read_s=5.0, total_s=10.0, tries=1)


def end_token(settings: ServerSettings, kept: Kept, root: Path) -> None:
    """Let a token open its server no more; one try, as whoever waits has no time.

    Raises:
        What the server answers, or that it cannot be reached.
    """
    with reached(settings, kept, root, patience=_HURRY) as made:
        Account(made).end_token()


def source(settings: ServerSettings, made: Client, beside: Sequence[str] = ()) -> Server:
    """Return a server's project or account as a source."""
    if settings.kind == "kobo":
        return Kobo(settings.name, Account(made), settings.forms, beside)
    return Central(settings.name, Project(made, settings.project_id), settings.forms, beside)


def whose(settings: ServerSettings, made: Client) -> str:
    """Return whose login it is, after a look at what the settings name; raises what the server answers."""
    if settings.kind == "kobo":
        kobo = Kobo(settings.name, Account(made), wanted=settings.forms)
        for form in kobo.forms():
            kobo.account.count(form)
        return kobo.account.me().username
    project = Project(made, settings.project_id)
    project.said()
    for form in settings.forms:
        project.count(form)
    return project.account().display_name


@dataclass(frozen=True, slots=True)
class Barred:
    """A source that cannot be entered; every look at it raises why."""

    name: str
    kind: Kind
    why: DikaloError
    abilities: Abilities = Abilities(  # noqa: RUF009 - a frozen value
        edits_by_root=False, deletions="unknown"
    )

    @property
    def origin(self) -> str:
        """Return the kind alone."""
        return self.kind

    def pages(self, after: str | None) -> NoReturn:  # noqa: ARG002 - the protocol names it
        """Raise."""
        raise self.why

    def again(self, wanted: Iterable[tuple[str, str]]) -> NoReturn:  # noqa: ARG002 - the protocol names it
        """Raise."""
        raise self.why

    def sweep(self) -> NoReturn:
        """Raise."""
        raise self.why

    def fetch(self, sightings: Iterable[Sighting]) -> NoReturn:  # noqa: ARG002 - the protocol names it
        """Raise."""
        raise self.why

    def attachments(self, place: str) -> NoReturn:  # noqa: ARG002 - the protocol names it
        """Raise."""
        raise self.why

    def open(self, ref: AttachmentRef) -> NoReturn:  # noqa: ARG002 - the protocol names it
        """Raise."""
        raise self.why

    def count(self) -> NoReturn:
        """Raise."""
        raise self.why


def pyodk_file(home: Path) -> Path:
    """Return where pyodk keeps its login: where its own variable says, else in the home folder."""
    said = os.environ.get(PYODK_VARIABLE)
    return Path(said) if said else home / PYODK


def pyodk_login(settings: ServerSettings, home: Path) -> Kept | None:
    """Return pyodk's login when it is for this very server; what cannot be read is not there."""
    if settings.kind != "central":
        return None
    try:
        table = tomllib.loads(pyodk_file(home).read_text(encoding="utf-8"))["central"]
        base, account, password = (str(table[name]) for name in ("base_url", "username", "password"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError):
        return None
    same = _origin(base) == _origin(settings.url)
    return Kept(account=account, password=password) if same else None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def clear_logins(home: Path) -> Iterator[Finding]:
    """Yield a finding when pyodk keeps a password in the clear in this home folder."""
    path = pyodk_file(home)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("central", {})
    except OSError:
        return
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        table = {"password": "?"}
    if isinstance(table, dict) and table.get("password"):
        words = _(
            "{file} on this computer holds the password of an ODK Central in the clear: whoever takes this computer has "
            "it. Keep it with dikalo keys server SERVER, delete the file, and change that password."
        )
        yield Finding("clear-login", "bad", words.format(file=path.name))
