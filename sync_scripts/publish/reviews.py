"""Decisions of this register as review states of a server, so that people who look there see them. Off by default.

Writes nothing but that one word, after comparing it with what is there: the same word is never written again, a word that
somebody else set is never overwritten, and none is laid over an edit that nobody looked at, whether the server tells of
edits or not. The register decides; nothing here changes a decision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import select

from sync_scripts.config import ServerSettings
from sync_scripts.errors import DikaloError, NotAllowed, Unreachable, UsageProblem
from sync_scripts.intake.connections import Ask, login_for, nobody, not_asked, reached
from sync_scripts.publish.verdicts import CENTRAL, KOBO, Decided, Shown, State, Verdict, decided, plan
from sync_scripts.register.model.roots import chunks
from sync_scripts.servers.base import Trouble
from sync_scripts.servers.batches import ROOTS_AT_ONCE
from sync_scripts.servers.central import Central, Project
from sync_scripts.servers.http import Client
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.rows import ident
from sync_scripts.servers.kobo.source import in_batches
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.history import custody
from sync_scripts.store.history.custody import Entry
from sync_scripts.store.schema.raw import pushed_review

__all__ = ["Order", "Pushed", "ReviewsOff", "push"]


ReviewsOff: Final = UsageProblem.declare(
    "DK-H06",
    "No server in dikalo.toml has reviews = true, so no decision was written to any server. Add it to a [[server]] if "
    "people who look at the server may see what you decide, and store a login with dikalo keys server SERVER --role review.",
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked: by whom, when, for one server or all, and whether anything may be written.

    ``beside``: what servers call the forms that are some team's alone; they are looked at besides those of the settings.
    """

    root: Path
    actor: Actor
    now: datetime
    only: str = ""
    dry_run: bool = False
    beside: tuple[str, ...] = ()


@dataclass(slots=True)
class Pushed:
    """What became of it at one server.

    Attributes:
        server: its name. kind: ``central`` or ``kobo``.
        counts: submissions by what was, or would be, done with them.
        troubles: forms that could not be looked at, with the code of why.
        failure: what stopped it, of the server or of one form.
    """

    server: str
    kind: str
    counts: Counter[Verdict] = field(default_factory=Counter)
    troubles: list[tuple[str, str]] = field(default_factory=list)
    failure: DikaloError | None = None

    def document(self) -> dict[str, Any]:
        """Return it for programs."""
        names: tuple[Verdict, ...] = ("write", "same", "edited", "others", "absent")
        return {
            "server": self.server,
            "kind": self.kind,
            "written": self.counts["write"],
            **{name: self.counts[name] for name in names if name != "write"},
            "troubles": [{"form": form, "code": code} for form, code in self.troubles],
            "failure": self.failure.code if self.failure else None,
        }


class Reviewer(Protocol):
    """A server to which reviews are written."""

    @property
    def words(self) -> Mapping[State, str]:
        """Return the server's own word for each state."""

    def shown(self, wanted: Sequence[tuple[str, str]]) -> Iterator[Shown | Trouble]:
        """Yield what the server says now of these submissions; one that is gone is not shown."""

    def write(self, one: Shown, word: str) -> None:
        """Write one word."""


# --- servers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CentralReviews:
    """The review states of one project of a Central."""

    central: Central
    words: Mapping[State, str] = field(default_factory=lambda: CENTRAL)

    def shown(self, wanted: Sequence[tuple[str, str]]) -> Iterator[Shown | Trouble]:
        """Yield what the server says now of these submissions."""
        for page in self.central.again(wanted):
            if page.trouble is not None:
                yield page.trouble
            present = {one.root_id: one.version for one in page.sightings if not one.superseded}
            yield from (
                Shown(one.form, one.root_id, one.review or "", present.get(one.root_id, ""))
                for one in page.statuses
                if one.deleted_at is None
            )

    def write(self, one: Shown, word: str) -> None:
        """Write one word."""
        self.central.project.review(one.form, one.root_id, word)


@dataclass(frozen=True, slots=True)
class KoboReviews:
    """The validation statuses of an account of a KoboToolbox. A twin has the same root; the first one is written."""

    account: Account
    words: Mapping[State, str] = field(default_factory=lambda: KOBO)

    def shown(self, wanted: Sequence[tuple[str, str]]) -> Iterator[Shown | Trouble]:
        """Yield what the server says now of these submissions."""
        for form, found in in_batches(self.account, wanted):
            if isinstance(found, Trouble):
                yield found
                continue
            yield from (
                Shown(form, root_id, row.validation.uid, ident(row.instance or row.uuid), row.id)
                for root_id, row in found
            )

    def write(self, one: Shown, word: str) -> None:
        """Write one word."""
        self.account.validate(one.form, one.number, word)


# --- one round -------------------------------------------------------------------------------------------------------


def push(
    register: Register,
    servers: Sequence[ServerSettings],
    order: Order,
    ask: Ask = nobody,
    told: Callable[[str], None] = lambda _server: None,
) -> tuple[Pushed, ...]:
    """Write what was decided to each server that wants it; what stops one does not stop the others.

    Raises:
        ReviewsOff: none wants it.
    """
    wanted = [one for one in servers if one.reviews and order.only in {"", one.name}]
    if not wanted:
        raise ReviewsOff
    found = []
    for one in wanted:
        told(one.name)
        found.append(_server(register, one, order, ask))
    return tuple(found)


def _server(register: Register, settings: ServerSettings, order: Order, ask: Ask) -> Pushed:
    done = Pushed(settings.name, settings.kind)
    try:
        kept = login_for(register, settings, "review", ask)
        with reached(settings, kept, order.root) as client:
            _Round(register, _reviewer(settings, client, order.beside), order, done).run()
    except (Unreachable, NotAllowed) as stopped:
        done.failure = stopped
    except UsageProblem as wrong:
        done.failure = not_asked(settings.name, wrong)
    return done


def _reviewer(settings: ServerSettings, client: Client, beside: Sequence[str]) -> Reviewer:
    if settings.kind == "kobo":
        return KoboReviews(Account(client))
    return CentralReviews(
        Central(settings.name, Project(client, settings.project_id), settings.forms, beside)
    )


@dataclass(slots=True)
class _Round:
    """What is the same for all submissions of one server."""

    register: Register
    reviewer: Reviewer
    order: Order
    done: Pushed
    wrote: dict[tuple[str, str], str] = field(default_factory=dict)

    def run(self) -> None:
        """Look and write, a few submissions at a time, so that what is compared is what was just seen."""
        with self.register.reading() as rows:
            wanted = decided(rows, self.done.server)
            asked = select(pushed_review).where(pushed_review.c.server == self.done.server)
            self.wrote = {(row.form, row.root_id): row.state for row in rows.execute(asked)}
        for batch in chunks(wanted, ROOTS_AT_ONCE):
            self._some(batch)

    def _some(self, batch: Sequence[Decided]) -> None:
        shown: dict[tuple[str, str], Shown] = {}
        lost: set[str] = set()
        for one in self.reviewer.shown([each.key for each in batch]):
            if isinstance(one, Trouble):
                lost.add(one.form)
                self._trouble(one)
            else:
                shown.setdefault((one.form, one.root_id), one)
        for each, verdict in plan(batch, shown, self.wrote, self.reviewer.words):
            if each.form in lost:
                continue
            if verdict == "write" and not self.order.dry_run:
                self._write(shown[each.key], self.reviewer.words[each.state])
            self.done.counts[verdict] += 1

    def _trouble(self, one: Trouble) -> None:
        if (one.form, one.failure.code) not in self.done.troubles:
            self.done.troubles.append((one.form, one.failure.code))
        self.done.failure = self.done.failure or one.failure

    def _write(self, one: Shown, word: str) -> None:
        """Write one word there, then remember it here: cut in between, it is found the same and not written again."""
        self.reviewer.write(one, word)
        row = {
            "server": self.done.server,
            "form": one.form,
            "root_id": one.root_id,
            "state": word,
            "at": instant(self.order.now),
        }
        details = {"form": one.form, "review": word, "server": self.done.server}
        with self.register.writing() as rows:
            rows.upsert(pushed_review, [row])
            line = Entry("EXPORTED", self.order.actor.code, one.root_id, details)
            custody.append(rows, [line], self.order.now)
