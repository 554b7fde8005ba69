"""One round of publishing: the folder, then each server, each on its own. What stops one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import ClassVar, Final

import msgspec
from sqlalchemy import select

from sync_scripts.config import ServerSettings, Settings, uids_of_teams
from sync_scripts.errors import N_, DikaloError, UsageProblem
from sync_scripts.intake.remote import Ask, login_for, nobody, phones_door, reached
from sync_scripts.publish.central import CentralLists, place_of
from sync_scripts.publish.files import Note
from sync_scripts.publish.folder import audiences, into_folder
from sync_scripts.publish.held import note_lists
from sync_scripts.publish.kobo import KoboLists
from sync_scripts.publish.leaving import LEFT_STATES, OpenCase
from sync_scripts.publish.lists import CASES, PROVIDERS, Row, cases_of, providers_in, providers_of, together
from sync_scripts.publish.outcome import Done
from sync_scripts.publish.remembered import key, notes
from sync_scripts.publish.zones import require, teams_of
from sync_scripts.register.listing import send_providers
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

__all__ = ["Order", "ReasonNeeded", "publish"]

EVERYWHERE: Final = "publish.everywhere"
"""The event that keeps who sent every case to every phone, and why."""


@dataclass(eq=False, kw_only=True)
class ReasonNeeded(UsageProblem):
    """Zones are to be left out of account, and no reason is given."""

    code: ClassVar[str] = "DK-C44"
    message: ClassVar[str] = N_(
        "--all-zones needs a reason of a few words: it sends every open case to every phone, and the reason is kept. "
        "Nothing was sent."
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
    """

    root: Path
    actor: Actor
    now: datetime
    everywhere: str | None = None
    hurry: bool = False
    only: str = ""
    dry_run: bool = False


def publish(
    register: Register,
    settings: Settings,
    order: Order,
    ask: Ask = nobody,
    told: Callable[[str], None] = lambda _server: None,
) -> tuple[Done, ...]:
    """Send the lists to the folder and to each server; return what became of each.

    Raises:
        ZoneMissing, ReasonNeeded, ProvidersUnsuitable: before anything was sent.
        ListNotWritten: the folder refused.
    """
    teams = teams_of(settings.team)
    if order.everywhere is None:
        require(teams)
    elif len(order.everywhere.split()) < 2:
        raise ReasonNeeded
    cases = cases_of(register, order.now)
    providers = together(providers_in(register), providers_of(order.root / settings.publish.providers))
    if order.everywhere is not None and not order.dry_run:
        _keep_reason(register, order)
    if not order.dry_run:
        note_lists(register, teams, cases, order.now, everywhere=order.everywhere is not None)
    found = []
    if not order.only:
        to = audiences(teams, everywhere=order.everywhere is not None)
        folder = settings.publish.folder(order.root)
        found.append(into_folder(folder, cases, providers, to, dry_run=order.dry_run))
    for server in settings.server:
        if server.kind != "folder" and order.only in {"", server.name}:
            told(server.name)
            found.append(_Round(register, settings, order, cases, providers).server(server, ask))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Round:
    """What is the same for all servers of a round."""

    register: Register
    settings: Settings
    order: Order
    cases: Sequence[OpenCase]
    providers: Sequence[Row] | None

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
                return kobo.send(
                    self.cases, self.providers, order.now, hurry=order.hurry, dry_run=order.dry_run
                )
        except DikaloError as stopped:
            return Done(server.name, server.kind, failure=stopped)

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
        )

    def _sent(self, server: ServerSettings) -> frozenset[str]:
        """Return the codes of cases that were ever to be sent to a server, those of this round already among them.

        By these a row is found again whose case this register no longer knows; a row of another register is not ours.
        """
        held = self._recall(key(server.name, CASES))
        before = frozenset(msgspec.json.decode(held, type=list[str]) if held else [])
        codes = before | {one.code for one in self.cases if one.status not in LEFT_STATES}
        if codes != before and not self.order.dry_run:
            self._remember(key(server.name, CASES), msgspec.json.encode(sorted(codes)).decode())
        return codes

    def _providers(self, server: ServerSettings) -> frozenset[str]:
        """Return the codes of providers that were ever sent to a server, those of this round already among them.

        A row there does not say its code, so this is how one that left the file is found again.
        """
        held = self._recall(key(server.name, PROVIDERS))
        before: list[str] = msgspec.json.decode(held, type=list[str]) if held else []
        codes = frozenset(before) | {one.code for one in self.providers or ()}
        if codes != frozenset(before) and not self.order.dry_run:
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
            forms=server.forms,
            beside=uids_of_teams(self.settings),
            sent=self._forms_sent(server),
            everywhere=self.order.everywhere is not None,
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
