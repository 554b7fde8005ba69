"""The answers of ``dikalo init`` from a file, for an installation that nobody sits in front of. Holds no secret.

Logins come apart from it, handed over like passphrases: one a line, ``server<TAB>role<TAB>token`` for KoboToolbox and
``server<TAB>role<TAB>account<TAB>password`` for ODK Central. Each is tried before it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec

from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.setup.init_keep import Setup
from sync_scripts.config import ServerSettings, TeamSettings
from sync_scripts.errors import UsageProblem
from sync_scripts.intake.checkup.servers import address, known, look, places
from sync_scripts.register.model.places import departments_of
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store.health import Finding
from sync_scripts.store.logins import ROLES, Kept, Role

LOGINS_DESCRIPTOR: Final = "DIKALO_LOGINS_FD"


AnswersFaulty: Final = UsageProblem.declare(
    "DK-J12",
    "The file of answers cannot be used: look at {place}. Nothing was made. What may stand in it is shown by "
    "dikalo guide unattended.",
)
LoginLineFaulty: Final = UsageProblem.declare(
    "DK-J13",
    "Line {number} of the logins cannot be read, so no login was kept. With a tab between them, a line holds the "
    "server's name in dikalo.toml, a role (pull, publish, deploy or review), then a token, or an account and its "
    "password. Correct the line and run dikalo init again.",
)


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file; a word that it does not know is an error."""


class ServerAnswer(_Strict, frozen=True, kw_only=True):
    """A source; its kind is asked of the server when it is not said."""

    name: str
    kind: Literal["folder", "central", "kobo"] | None = None
    path: str = ""
    url: str = ""
    project: int | None = None
    forms: tuple[str, ...] = ()
    authority: str | None = None
    proxy: str | None = None
    files_from: tuple[str, ...] = ()
    reviews: bool = False


class PersonAnswer(_Strict, frozen=True, kw_only=True):
    """A person by code."""

    code: str
    roles: tuple[str, ...] = ("documenter",)


class TeamAnswer(_Strict, frozen=True, kw_only=True):
    """A team; its departments by name or code, or whole regions."""

    name: str
    departments: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()


class Answers(_Strict, frozen=True, kw_only=True):
    """The whole file; what is not said stays as it is."""

    language: Literal["fr", "en"] | None = None
    worker: str | None = None
    organisation: str | None = None
    recovery: str | None = None
    forms: tuple[str, ...] | None = None
    languages: tuple[str, ...] | None = None
    server: tuple[ServerAnswer, ...] = ()
    person: tuple[PersonAnswer, ...] = ()
    team: tuple[TeamAnswer, ...] = ()
    deadlines: dict[str, dict[str, int]] | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """One login that was handed over."""

    server: str
    role: Role
    kept: Kept = field(repr=False)


def read_answers(path: Path) -> Answers:
    """Return the answers of a file.

    Raises:
        AnswersFaulty: it is no TOML, or says something that is not asked; names the place, never a value.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Answers)
    except OSError:
        raise AnswersFaulty(place=path.name) from None
    except msgspec.ValidationError as wrong:
        place = re.search(r"at `\$\.?([^`]*)`", str(wrong))
        field_ = re.search(r"field `([\w-]+)`", str(wrong))
        words = ".".join(part for part in (place[1] if place else "", field_[1] if field_ else "") if part)
        raise AnswersFaulty(place=words or path.name) from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as wrong:
        line = re.search(r"at line (\d+)", str(wrong))
        raise AnswersFaulty(place=f"{path.name}:{line[1]}" if line else path.name) from None


def read_logins(shell: Shell) -> list[Login]:
    """Return the logins that are handed over, none when nothing hands them over.

    Raises:
        LoginLineFaulty: a line has another shape.
        SecretUnreadable, SecretFileOpen: nothing can be read, or others can read it too.
    """
    if not shell.handed(LOGINS_DESCRIPTOR):
        return []
    lines = enumerate(shell.handed_lines(LOGINS_DESCRIPTOR), 1)
    return [_login(number, line) for number, line in lines if line.strip()]


def _login(number: int, line: str) -> Login:
    name, _tab, rest = line.partition("\t")
    said, _tab, secret = rest.partition("\t")
    role = next((one for one in ROLES if one == said), None)
    account, tab, password = secret.partition("\t")
    if role is None or not account or (tab and not password):
        raise LoginLineFaulty(number=number)
    return Login(name, role, Kept(account=account, password=password) if tab else Kept(token=account))


def apply(answers: Answers, logins: list[Login], setup: Setup) -> list[Finding]:
    """Put the answers into a workspace, those that need no server first; return what is to be said of the logins.

    Raises:
        UsageProblem, NotAllowed, Unreachable: an answer cannot be used, or a server does not accept a login.
    """
    setup.persons((person.code, person.roles) for person in answers.person)
    _teams(answers, setup)
    if answers.forms is not None:
        setup.words("forms", forms=answers.forms)
    if answers.languages is not None:
        setup.words("languages", languages=answers.languages)
    if answers.person:
        setup.mark("people")
    if answers.deadlines is not None:
        setup.shorten(answers.deadlines)
    by_name: dict[tuple[str, str], Login] = {(one.server, one.role): one for one in logins}
    for said in answers.server:
        setup.server(_server(said, by_name, setup))
    return list(_tried(logins, setup))


def _server(said: ServerAnswer, logins: Mapping[tuple[str, str], Login], setup: Setup) -> ServerSettings:
    """Return a source as the settings hold it, with what only the server can say."""
    read = address(said.url) if said.url else None
    made = ServerSettings(
        name=said.name,
        kind=said.kind or ("folder" if said.path else "central"),
        path=said.path,
        url=read.url if read else "",
        project=said.project if said.project is not None or read is None else read.project,
        forms=said.forms,
        authority=said.authority,
        proxy=said.proxy,
        files_from=said.files_from,
        reviews=said.reviews,
    )
    before = next((one for one in setup.settings.server if one.name == said.name), None)
    if before is not None and (before.url, before.kind == "folder") == (made.url, made.kind == "folder"):
        made = msgspec.structs.replace(
            made, kind=before.kind, project=made.project or before.project, openrosa=before.openrosa
        )
    elif said.kind is None and read is not None:
        made = known(made, setup.root)
    login = logins.get((said.name, "pull"))
    if made.kind == "central" and made.project is None and login is not None:
        there = places(made, login.kept, setup.root)
        made = msgspec.structs.replace(made, project=there[0][0] if len(there) == 1 else None)
    if made.lacking:
        raise AnswersFaulty(place=f"server.{said.name}.{made.lacking}")
    return made


def _tried(logins: list[Login], setup: Setup) -> Iterator[Finding]:
    """Try each login and keep it; yield what is to be said of its rights."""
    servers = {one.name: one for one in setup.settings.server if one.kind != "folder"}
    for number, one in enumerate(logins, 1):
        if one.server not in servers or (servers[one.server].kind == "kobo") != bool(one.kept.token):
            raise LoginLineFaulty(number=number)
        server = servers[one.server]
        now = setup.clock()
        yield from look(server, setup.settings, one.kept, role=one.role, root=setup.root, now=now).findings
        setup.login(one.server, one.role, one.kept)


def _teams(answers: Answers, setup: Setup) -> None:
    for team in answers.team:
        places = departments_of(",".join(team.departments))
        people = tuple(worker_code(one) for one in team.people)
        setup.team(TeamSettings(name=team.name, departments=places, people=people, forms=team.forms))
