"""One round of publishing: the folder, then each server, each on its own. What stops one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import select

from sync_scripts.config import ServerSettings, Settings, uids_of_teams
from sync_scripts.errors import DikaloError, UsageProblem
from sync_scripts.intake.connections import Ask, login_for, nobody, phones_door, reached
from sync_scripts.publish.audiences import OpenCase, lacking, teams_of, zoned
from sync_scripts.publish.central import CentralLists
from sync_scripts.publish.entities import place_of
from sync_scripts.publish.files import Note, key, notes
from sync_scripts.publish.folder import audiences, holds, into_folder, lessen
from sync_scripts.publish.kobo import KoboLists
from sync_scripts.publish.lists import (
    CASES,
    PROVIDERS,
    Done,
    ProvidersUnsuitable,
    Row,
    cases_of,
    providers_in,
    providers_of,
    together,
)
from sync_scripts.publish.lost_phones import EVERYWHERE, note_fillers, note_lists
from sync_scripts.register.directory.providers import send_providers
from sync_scripts.register.lifecycle.moves import CASE_LEFT
from sync_scripts.servers.central import Project
from sync_scripts.servers.central.lists import Lists
from sync_scripts.servers.http import Client
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.door import Door
from sync_scripts.servers.kobo.sharing import Sharing
from sync_scripts.store import events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import NewEvent
from sync_scripts.store.schema.raw import setting

ReasonNeeded: Final = UsageProblem.declare(
    "DK-C44",
    "--all-zones needs a reason of a few words: it sends every open case to every phone, and the reason is kept. "
    "Nothing was sent.",
)
ListsWait: Final = DikaloError.declare(
    "DK-N47",
    'Another command is writing to this register: "{command}" (process {pid}), since {since}. So nothing new was sent to '
    "phones; what must leave their lists left where that needs no writing here, and still must at: {places}. A pull can be "
    "stopped at any moment without loss: press Ctrl+C where it runs, run dikalo publish, then start it again. Else run "
    "dikalo publish once it has ended.",
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a round.

    Attributes:
        root: the workspace.
        actor: who asks.
        now: aware.
        everywhere: the reason for leaving zones out of account, None = they hold.
        hurry: KoboToolbox, do not wait for six hours to pass.
        only: this server alone, without the folder; "" = all.
        dry_run: write nothing anywhere.
        locked: another command holds the workspace, so nothing may be written there.
    """

    root: Path
    actor: Actor
    now: datetime
    everywhere: str | None = None
    hurry: bool = False
    only: str = ""
    dry_run: bool = False
    locked: DikaloError | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """What a round did.

    Attributes:
        places: what became of the folder and of each server.
        refusals: what kept everything new, or the list of providers, from all of them.
    """

    places: tuple[Done, ...]
    refusals: tuple[DikaloError, ...] = ()


def publish(
    register: Register,
    settings: Settings,
    order: Order,
    ask: Ask = nobody,
    told: Callable[[str], None] = lambda _server: None,
) -> Published:
    """Send the lists to the folder and to each server; return what became of each.

    Whatever keeps a list from being sent keeps nothing from leaving: then what must leave is taken away, and nothing else is
    done. What stops one place, or the list of providers, stops no other.

    Raises:
        ReasonNeeded: before anything was done.
        ZoneMissing: there is no team, and no list was ever sent.
    """
    teams = teams_of(settings.team)
    if order.everywhere is not None and len(order.everywhere.split()) < 2:
        raise ReasonNeeded
    folder = settings.publish.folder(order.root)
    missing = None if order.everywhere is not None else lacking(teams)
    if missing is not None and not teams and not (notes(register) or holds(folder)):
        raise missing
    providers, unsuitable = _providers(register, order.root / settings.publish.providers)
    less = missing is not None or order.locked is not None
    cases = cases_of(register, order.now)
    if not (
        order.dry_run or less
    ):  # what leaves now is noted with the next list that is sent: it counts as there until then
        if order.everywhere is not None:
            _keep_reason(register, order)
        note_lists(register, teams, cases, order.now, everywhere=order.everywhere is not None)
    found = []
    if not order.only:
        to, dry = audiences(teams, everywhere=order.everywhere is not None), order.dry_run
        if less:
            dry = dry or order.locked is not None
            done = lessen(folder, cases, to, zoned=zoned(teams), dry_run=dry)
        else:
            done = into_folder(folder, cases, providers, to, dry_run=dry)
        found.append(done)
    for server in settings.server:
        if server.kind != "folder" and order.only in {"", server.name}:
            told(server.name)
            one = _Round(register, settings, order, cases, None if less else providers, less)
            found.append(one.server(server, ask))
    refusals: list[DikaloError | None] = [missing, unsuitable]
    if order.locked is not None:
        refusals.insert(0, _waits(found, order.locked))
    return Published(tuple(found), tuple(one for one in refusals if one is not None))


def _providers(register: Register, path: Path) -> tuple[Sequence[Row] | None, DikaloError | None]:
    """Return the list of providers, and what is wrong with the workspace's file of them; then no list is touched."""
    try:
        return together(providers_in(register), providers_of(path)), None
    except ProvidersUnsuitable as unsuitable:
        return None, unsuitable


def _waits(places: Sequence[Done], locked: DikaloError) -> DikaloError:
    """Return what to say of a round beside another command; marks the places from which something must still leave."""
    for one in places:
        one.held = one.held or (one.changed and one.kind != "central")
    still = ", ".join(one.server or one.kind for one in places if one.held or one.stuck or one.failure)
    return ListsWait(command=locked.command, since=locked.since, pid=locked.pid, places=still or "-")


@dataclass(frozen=True, slots=True)
class _Round:
    """What is the same for all servers of a round; ``less``: nothing may come to a list."""

    register: Register
    settings: Settings
    order: Order
    cases: Sequence[OpenCase]
    providers: Sequence[Row] | None
    less: bool

    def server(self, server: ServerSettings, ask: Ask) -> Done:
        """Send to one server; whatever stops it is said in what is returned.

        The login is that of the role publish; no other is ever loaded here.
        """
        order = self.order
        try:
            kept = login_for(self.register, server, "publish", ask)
            with ExitStack() as stack:
                client = stack.enter_context(reached(server, kept, order.root))
                if server.kind == "central":
                    central = self._central(server, client)
                    return central.send(
                        self.cases, self.providers, order.now, hurry=order.hurry, dry_run=order.dry_run
                    )
                door = stack.enter_context(phones_door(server, client, kept, order.root))
                kobo = self._kobo(server, client, door)
                dry = order.dry_run or order.locked is not None  # what is begun there is noted here first
                return kobo.send(self.cases, self.providers, order.now, hurry=order.hurry, dry_run=dry)
        except DikaloError as stopped:
            return Done(server.name, server.kind, less=self.less, failures=[stopped])

    def _central(self, server: ServerSettings, client: Client) -> CentralLists:
        return CentralLists(
            server.name,
            Lists(Project(client, server.project_id)),
            teams_of(self.settings.team),
            recall=partial(self._note, server),
            remember=partial(self._keep_note, server),
            everywhere=self.order.everywhere is not None,
            providers=self._providers(server),
            sent=self._sent(server),
            less=self.less,
            unnoted=self.order.locked is not None,
        )

    def _sent(self, server: ServerSettings) -> frozenset[str]:
        """Return the codes of cases that were ever to be sent to a server, those of this round already among them.

        By these a row is found again whose case this register no longer knows; a row of another register is not ours.
        """
        held = self._recall(key(server.name, CASES))
        before = frozenset(msgspec.json.decode(held, type=list[str]) if held else [])
        codes = before | {one.code for one in self.cases if one.status not in CASE_LEFT}
        if codes != before and not (self.less or self.order.dry_run):
            self._remember(key(server.name, CASES), msgspec.json.encode(sorted(codes)).decode())
        return codes

    def _providers(self, server: ServerSettings) -> frozenset[str]:
        """Return the codes of providers that were ever sent to a server, those of this round already among them.

        A row there does not say its code, so this is how one that left the file is found again.
        """
        held = self._recall(key(server.name, PROVIDERS))
        before: list[str] = msgspec.json.decode(held, type=list[str]) if held else []
        codes = frozenset(before) | {one.code for one in self.providers or ()}
        if codes != frozenset(before) and not (self.less or self.order.dry_run):
            place = place_of(server.project_id, PROVIDERS.removesuffix(".csv"))
            with self.register.writing() as rows:
                send_providers(rows, place, sorted(codes - set(before)), self.order.actor, self.order.now)
                said = msgspec.json.encode(sorted(codes)).decode()
                rows.upsert(setting, [{"name": key(server.name, PROVIDERS), "value": said}])
        return codes

    def _kobo(self, server: ServerSettings, client: Client, door: Door | None) -> KoboLists:
        return KoboLists(
            name=server.name,
            sharing=Sharing(Account(client)),
            teams=teams_of(self.settings.team),
            settings=self.settings.team,
            recall=partial(self._note, server),
            remember=partial(self._keep_note, server),
            fillers=partial(note_fillers, self.register, at=self.order.now),
            forms=server.forms,
            beside=uids_of_teams(self.settings),
            sent=self._forms_sent(server),
            everywhere=self.order.everywhere is not None,
            less=self.less,
            door=door,
        )

    def _forms_sent(self, server: ServerSettings) -> tuple[str, ...]:
        """Return the uids of all forms that ever got a list there."""
        return tuple(notes(self.register).get(server.name, {}))

    def _note(self, server: ServerSettings, form: str) -> Note:
        found = self._recall(key(server.name, form))
        return msgspec.json.decode(found, type=Note) if found else Note()

    def _keep_note(self, server: ServerSettings, form: str, note: Note) -> None:
        self._remember(key(server.name, form), msgspec.json.encode(note).decode())

    def _recall(self, name: str) -> str | None:
        with self.register.reading() as rows:
            found: str | None = rows.execute(select(setting.c.value).where(setting.c.name == name)).scalar()
        return found

    def _remember(self, name: str, value: str) -> None:
        with self.register.writing() as rows:
            rows.upsert(setting, [{"name": name, "value": value}])


def _keep_reason(register: Register, order: Order) -> None:
    with register.writing() as rows:
        event = NewEvent(EVERYWHERE, "publish:lists", order.actor, {"why": order.everywhere or ""})
        events.append(rows, [event], order.now)
