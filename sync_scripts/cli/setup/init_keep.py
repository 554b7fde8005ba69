"""What an interview keeps: each answer at once, so that whoever is interrupted goes on where he stopped.

A trial keeps everything in memory and writes nothing. Nothing is ever taken out of a workspace here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from sync_scripts.clock import Clock
from sync_scripts.config import ServerSettings, Settings, TeamSettings, refuse_names
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.rule_changes import shorten
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.register.model.codes import active_workers, as_known
from sync_scripts.register.rules import own_deadlines
from sync_scripts.register.rules.own_deadlines import Own
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store import logins
from sync_scripts.store.canonical import instant
from sync_scripts.store.logins import Kept, Role
from sync_scripts.store.settings_file import amend
from sync_scripts.store.workspace import Workspace, settings_of, write_setting

SECTIONS: Final = ("server", "forms", "languages", "people", "zones", "deadlines")
"""Parts of the interview, in their order."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was changed.

    Attributes:
        section: of the interview.
        name: what it is about: a server, a code, a team; "" = the part as a whole.
        what: ``added``, ``changed``, ``login``.
    """

    section: str
    name: str
    what: str


@dataclass
class Setup:
    """A workspace being set up, or a trial of one.

    Attributes:
        root: its folder.
        settings: as they stand now.
        workspace: open; None in a trial where there is none.
        dry_run: a trial.
        clock: gives the present moment.
        changes: what was changed so far.
    """

    root: Path
    settings: Settings
    workspace: Workspace | None
    dry_run: bool
    clock: Clock
    changes: list[Change] = field(default_factory=list)
    _logins: set[tuple[str, str]] = field(default_factory=set)
    _people: dict[str, str] = field(default_factory=dict)
    _own: Own | None = None

    # --- what is there ---

    def lacks(self, section: str) -> bool:
        """Tell whether a part is still to be asked."""
        if section == "server":
            return not self.settings.server or any(
                one.kind != "folder" and not self.has_login(one.name, "pull") for one in self.settings.server
            )
        if section == "zones" and not self.settings.team:
            return True
        return f"init.{section}.{self.settings.id}" not in self._marks()

    def has_login(self, server: str, role: Role) -> bool:
        """Tell whether the login of a role is kept."""
        if (server, role) in self._logins:
            return True
        return self.workspace is not None and logins.where(self.workspace.register, server, role) is not None

    def people(self) -> dict[str, str]:
        """Return the codes of those who work here, with their roles."""
        there: dict[str, str] = {}
        if self.workspace is not None:
            with self.workspace.register.reading() as rows:
                there = active_workers(rows)
        return {**there, **self._people}

    def own_deadlines(self) -> Own:
        """Return the deadlines that the organisation shortened."""
        if self._own is not None or self.workspace is None:
            return self._own or {}
        with self.workspace.register.reading() as rows:
            return own_deadlines.own_deadlines(rows)

    # --- what is put in ---

    def server(self, server: ServerSettings) -> None:
        """Keep a source, in place of one of the same name.

        Raises:
            ServerNameTaken, ServerNameOwn: it would pass for another source.
        """
        changed = _put(self.settings.server, server)
        refuse_names(changed)
        if self._amend(
            "server", server.name, known=[one.name for one in self.settings.server], server=changed
        ):
            self.mark("server")

    def team(self, team: TeamSettings) -> None:
        """Keep a team, in place of one of the same name."""
        changed = _put(self.settings.team, team)
        if self._amend("zones", team.name, known=[one.name for one in self.settings.team], team=changed):
            self.mark("zones")

    def words(self, section: str, **values: object) -> None:
        """Keep plain settings of a part."""
        self._amend(section, "", known=[""], **values)
        self.mark(section)

    def login(self, server: str, role: Role, login: Kept) -> None:
        """Keep a login in the workspace."""
        self._logins.add((server, role))
        self.changes.append(Change("server", f"{server} {role}", "login"))
        if not self.dry_run and self.workspace is not None:
            logins.keep(self.workspace.register, server, role, login)

    def persons(self, said: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Name people by code, each with roles, all or none of them; the same again is nothing new.

        One can take another's place: see `_in_order`.

        Raises:
            CodeUnsuitable: one cannot be a worker's code.
            NotAllowed: whoever is here may not say it; see `decisions.workers.require_coordinator`.
        """
        known, named = self.people(), dict[str, str]()
        for typed, roles in said:
            code = as_known({**known, **named}, worker_code(typed))
            named[code] = " ".join(sorted(set(roles)))
        new = {code: roles for code, roles in named.items() if known.get(code) != roles}
        if new and self.workspace is not None:
            actor, register = self.workspace.actor(), self.workspace.register
            own = as_known({**known, **named}, actor.code)
            with deciding(register, actor, self.clock(), dry_run=self.dry_run) as by:
                for code in _in_order(new, own):
                    name_worker(by, code, new[code])
        self._people.update(new)
        self.changes += [Change("people", code, "changed" if code in known else "added") for code in new]

    def shorten(self, own: Mapping[str, object]) -> None:
        """Put own deadlines in force.

        Raises:
            DeadlineLonger: one would be later than the rules say.
        """
        said = own_deadlines.suitable_deadlines(own)
        if said != self.own_deadlines():
            self.changes.append(Change("deadlines", "", "changed"))
        self._own = said
        if not self.dry_run and self.workspace is not None:
            with deciding(self.workspace.register, self.workspace.actor(), self.clock()) as by:
                shorten(by, said)
        self.mark("deadlines")

    def mark(self, section: str) -> None:
        """Remember that a part was answered, so that it is not asked again."""
        if self.dry_run or self.workspace is None or not self.lacks(section):
            return
        with self.workspace.register.writing() as rows:
            write_setting(rows, f"init.{section}.{self.settings.id}", instant(self.clock()))

    def _marks(self) -> Mapping[str, str]:
        if self.workspace is None:
            return {}
        with self.workspace.register.reading() as rows:
            return settings_of(rows)

    def _amend(self, section: str, name: str, *, known: list[str], **values: object) -> bool:
        """Change the settings and their file; tell whether they are others now."""
        wanted = msgspec.structs.replace(self.settings, **values)
        if wanted == self.settings:
            return False
        self.settings = wanted
        self.changes.append(Change(section, name, "changed" if name in known else "added"))
        if not self.dry_run:
            amend(self.root, wanted)
            if self.workspace is not None:
                self.workspace.settings = wanted
        return True


_Named = TypeVar("_Named", "ServerSettings", "TeamSettings")


def _put(members: tuple[_Named, ...], made: _Named) -> tuple[_Named, ...]:
    """Return the members with this one in the place of the one of its name, or behind them."""
    if made.name not in {one.name for one in members}:
        kept = list(members)
        kept.append(made)
        return tuple(kept)
    return tuple(made if one.name == made.name else one for one in members)


def _in_order(named: Mapping[str, str], own: str) -> list[str]:
    """Return the codes of people in the order in which their roles can be said: whoever signs must coordinate until the end.

    Args:
        named: roles by code.
        own: who signs: first where that one coordinates, else last, behind whoever takes the place.

    >>> _in_order({"RD-01": "trainer", "SU-09": "supervisor", "CO-02": "coordinator"}, "RD-01")
    ['CO-02', 'SU-09', 'RD-01']
    """

    def place(code: str) -> int:
        coordinates = "coordinator" in named[code].split()
        return (0 if coordinates else 3) if code == own else (1 if coordinates else 2)

    return sorted(named, key=place)
