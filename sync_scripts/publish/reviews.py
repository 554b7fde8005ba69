"""Decisions of this register as review states of a server, so that people who look there see them. Off by default.

Writes nothing but that one word, after comparing it with what is there: the same word is never written again, a word that
somebody else set is never overwritten, and none is laid over an edit that nobody looked at, whether the server tells of
edits or not. The register decides; nothing here changes a decision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import and_, exists, select

from sync_scripts.config import ServerSettings
from sync_scripts.errors import DikaloError, NotAllowed, Unreachable, UsageProblem
from sync_scripts.intake.connections import Ask, login_for, nobody, not_asked, reached
from sync_scripts.register.case.flags import EDITED_AFTER_TRIAGE
from sync_scripts.register.model.codes import chunks
from sync_scripts.servers.base import Trouble
from sync_scripts.servers.central import Central, Project
from sync_scripts.servers.http import Client
from sync_scripts.servers.inquiry import ROOTS_AT_ONCE
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.rows import ident
from sync_scripts.servers.kobo.source import in_batches
from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.custody import Entry
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import pushed_review, submission

State = Literal["approved", "rejected", "issues"]
Verdict = Literal["write", "same", "edited", "others", "absent"]

CENTRAL: Final[Mapping[State, str]] = {"approved": "approved", "rejected": "rejected", "issues": "hasIssues"}
KOBO: Final[Mapping[State, str]] = {
    "approved": "validation_status_approved",
    "rejected": "validation_status_not_approved",
    "issues": "validation_status_on_hold",
}
EDITED: Final = "edited"
"""What a Central says by itself of a submission that was edited."""

_ALERTS: Final[Mapping[str, State]] = {
    "opened": "approved",
    "linked": "approved",
    "referred_out": "approved",
    "dismissed": "rejected",
    "duplicate": "rejected",
    "info_requested": "issues",
}
_CASES_UNDECIDED: Final = ("open_intake", "suspended")


@dataclass(frozen=True, slots=True)
class Decided:
    """What the register says of one submission.

    Attributes:
        version: instance id of the version that is here; ``edited`` = there was another before it.
        after_edit: somebody decided, or looked at it, after that version was read here.
    """

    form: str
    root_id: str
    state: State
    version: str
    edited: bool
    after_edit: bool

    @property
    def key(self) -> tuple[str, str]:
        """Return form and root."""
        return self.form, self.root_id


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server says now of one submission.

    Attributes:
        word: its review; "" = none.
        version: instance id of its present version; "" = not said.
        number: KoboToolbox's own.
    """

    form: str
    root_id: str
    word: str
    version: str = ""
    number: int = 0


def decided(rows: Rows, server: str) -> list[Decided]:
    """Return what this register decided of the submissions that a server shows, in one order."""
    found = [*_alerts(rows, server), *_cases(rows, server)]
    return sorted(found, key=lambda one: one.key)


def _alerts(rows: Rows, server: str) -> Iterator[Decided]:
    alert, flag = tables.alert.c, tables.flag.c
    unseen = exists().where(
        flag.filing_no == alert.filing_no, flag.code == EDITED_AFTER_TRIAGE, flag.resolved_at.is_(None)
    )
    asked = _filed(
        server, tables.alert, alert.filing_no, alert.state, alert.triaged_at, unseen.label("unseen")
    )
    for row in rows.execute(asked):
        if row.state in _ALERTS:
            after = row.triaged_at is not None and not row.unseen
            yield _decided(row, _ALERTS[row.state], after_edit=after)


def _cases(rows: Rows, server: str) -> Iterator[Decided]:
    """Yield the interviews of cases that somebody works on: they were taken."""
    case = tables.case.c
    asked = _filed(server, tables.interview, tables.interview.c.filing_no, case.state).join(
        tables.case, case.case_code == tables.filing.c.case_code
    )
    for row in rows.execute(asked):
        if row.state not in _CASES_UNDECIDED:
            yield _decided(row, "approved", after_edit=False)


def _decided(row: Any, state: State, *, after_edit: bool) -> Decided:
    return Decided(row.form, row.root_id, state, row.instance_id, bool(row.edited), after_edit)


def _filed(server: str, table: Any, number: Any, *columns: Any) -> Any:
    held, filed = submission.c, tables.filing.c
    other = submission.alias().c
    edited = exists().where(
        other.server == held.server,
        other.form == held.form,
        other.root_id == held.root_id,
        other.instance_id != held.instance_id,
    )
    return (
        select(held.form, held.root_id, held.instance_id, edited.label("edited"), *columns)
        .select_from(submission)
        .join(tables.filing, and_(filed.stamp == held.stamp, filed.root_id == held.root_id))
        .join(table, number == filed.filing_no)
        .where(held.server == server, held.current, held.status.in_(("ok", "restored")))
    )


def plan(
    wanted: Iterable[Decided],
    shown: Mapping[tuple[str, str], Shown],
    wrote: Mapping[tuple[str, str], str],
    words: Mapping[State, str],
) -> Iterator[tuple[Decided, Verdict]]:
    """Yield what to do with each submission. ``wrote`` is what was written here before."""
    for one in wanted:
        there = shown.get(one.key)
        if there is None:
            yield one, "absent"
        elif there.word == words[one.state]:
            yield one, "same"
        elif there.word not in {"", EDITED, wrote.get(one.key)}:
            yield one, "others"
        elif _unseen(one, there):
            yield one, "edited"
        else:
            yield one, "write"


def _unseen(one: Decided, there: Shown) -> bool:
    """Tell whether what the server shows was edited after the decision: here it is not read yet, or nobody looked at it."""
    if there.version not in {"", one.version}:
        return True
    return (one.edited or there.word == EDITED) and not one.after_edit


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


def _reviewer(
    settings: ServerSettings, client: Client, beside: Sequence[str]
) -> CentralReviews | KoboReviews:
    if settings.kind == "kobo":
        return KoboReviews(Account(client))
    return CentralReviews(
        Central(settings.name, Project(client, settings.project_id), settings.forms, beside)
    )


@dataclass(slots=True)
class _Round:
    """What is the same for all submissions of one server."""

    register: Register
    reviewer: CentralReviews | KoboReviews
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
