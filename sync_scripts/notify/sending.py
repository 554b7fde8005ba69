"""Messages on their way: what waits is sent to one destination after the other through Apprise, and written down before the next.

Cut between sending and writing down, the same message goes again: twice is better than never. A destination that fails is tried
again by itself. No address is written anywhere: while Apprise works its logging is off, and neither a proxy nor a password file
that the environment names is used.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from sync_scripts.clock import Clock
from sync_scripts.config import NotifySettings, Settings
from sync_scripts.errors import DikaloError, UsageProblem
from sync_scripts.notify.messages import (
    TITLE,
    Letter,
    Said,
    about,
    body,
    letters,
    new_reference,
    next_try,
    ready,
)
from sync_scripts.register.queries.messages import still_stand
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import logins, outbox
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Register
from sync_scripts.store.outbox import Waiting

Outcome: TypeAlias = Literal["delivered", "failed", "no match"]
Deliver: TypeAlias = Callable[[str, str, str], Outcome]
"""Sends title and text to an address."""

_PROXIES: Final = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy")


AppriseMissing: Final = UsageProblem.declare(
    "DK-N11",
    'The library that sends messages is not installed. Nothing was sent; what waits is kept. Install "dikalo[notify]" '
    "and run the command again.",
)
AddressUnsuitable: Final = UsageProblem.declare(
    "DK-N12",
    "This is no address to which a message can be sent. Nothing was kept. It is written as Apprise reads it, such as "
    "mailtos://user:password@example.org?to=somebody@example.org or ntfys://example.org/topic.",
)
AddressOfSeveral: Final = UsageProblem.declare(
    "DK-N15",
    "This address has {count} receivers. Where one of them cannot be reached, the others would get the same message again at "
    "every try, so nothing was kept. Give each receiver a [[notify]] of its own in dikalo.toml, and each its address.",
)


def receivers(address: str) -> int:
    """Return how many receivers an address reaches, as far as it says so; 0 of what is no address.

    Raises:
        AppriseMissing: nothing can be sent here.
    """
    with _silent():
        made, known = _addressed(address)
        return sum(max(1, len(one)) for one in made) if known else 0


def deliver(address: str, title: str, text: str) -> Outcome:
    """Send one message to one address, and say what became of it; nothing is raised by whoever is at the other end.

    Raises:
        AppriseMissing: nothing can be sent here.
    """
    with _silent():
        made, known = _addressed(address)
        if not known:
            return "no match"
        try:
            done = made.notify(body=text, title=title, body_format="text")
        except Exception:  # noqa: BLE001 - every service has errors of its own, and their text may hold the address
            return "failed"
        if done:
            return "delivered"
        return "no match" if getattr(getattr(done, "status", ""), "name", "") == "NOMATCH" else "failed"


def _addressed(address: str) -> tuple[Any, bool]:
    """Return Apprise with one address, and whether it knows it; one object an address, so that none is sent twice."""
    try:
        from apprise import Apprise, AppriseAsset, PersistentStoreMode
    except ImportError:
        raise AppriseMissing from None
    asset = AppriseAsset(
        plugin_paths=[],
        storage_mode=PersistentStoreMode.MEMORY,
        secure_logging=True,
        app_id="dikalo",
        app_desc="dikalo",
        app_url="",
        async_mode=False,
        http_redirects=False,
        pem_autogen=False,
        pgp_autogen=False,
        image_url_mask="",
    )
    made = Apprise(asset=asset)
    try:
        return made, bool(made.add(address))
    except Exception:  # noqa: BLE001 - an address that its parser chokes on is no address
        return made, False


@contextmanager
def _silent() -> Iterator[None]:
    """Let nothing be logged, and let no environment say where messages go."""
    kept = dict(os.environ)
    raised, logging.root.manager.disable = logging.root.manager.disable, logging.CRITICAL
    for name in [name for name in os.environ if name.lower() in _PROXIES]:
        del os.environ[name]
    os.environ |= {"NO_PROXY": "*", "no_proxy": "*", "NETRC": os.devnull}
    try:
        with warnings.catch_warnings():  # of old Pythons in one of its two hundred services, and none of ours
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.root.manager.disable = raised
        os.environ.clear()
        os.environ.update(kept)


NO_ADDRESS: Final = "no address"
"""Status of what was tried while no address was known, or its keyring was locked."""
Status = Literal["delivered", "failed", "no match", "no address"]
Ended = Literal["waiting", "sent", "given_up"]


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a flush did, in messages.

    Attributes:
        sent: delivered. failed: to be tried again, now or when it was tried before. given_up: not delivered after ten tries. What told of an old reason
            and a new one is counted in both when only the old one is given up.
        misconfigured: names of destinations without an address that can be used; tried again like a failure.
        waiting: rows that wait for their time and were never tried, or for another laptop that knows their destination.
    """

    sent: int = 0
    failed: int = 0
    given_up: int = 0
    misconfigured: tuple[str, ...] = ()
    waiting: int = 0

    @property
    def needs_person(self) -> bool:
        """Tell whether somebody must look: a destination is wrong, or was given up."""
        return bool(self.given_up or self.misconfigured)

    def document(self) -> dict[str, Any]:
        """Return the report for ``--json``."""
        return {"schema": "dikalo.notify.flush/1", **asdict(self)}


def in_all(several: Sequence[Flushed]) -> Flushed:
    """Return what several flushes did, the last one last: what failed earlier and was sent since failed no more."""
    last = several[-1] if several else Flushed()
    return Flushed(
        sent=sum(one.sent for one in several),
        failed=last.failed,
        given_up=sum(one.given_up for one in several),
        misconfigured=tuple(dict.fromkeys(name for one in several for name in one.misconfigured)),
        waiting=last.waiting,
    )


def flush(
    register: Register,
    settings: Settings,
    clock: Clock,
    *,
    send: Deliver = deliver,
    dry_run: bool = False,
    critical_only: bool = False,
    reached: bool = False,
) -> Flushed:
    """Send every message whose time has come.

    Args:
        register: the open register; the caller holds the lock of the workspace, unless it is a dry run.
        settings: name the destinations; what waits for others is left alone.
        clock: gives the present moment.
        send: sends one message.
        dry_run: send nothing and say how many would be; ``sent`` counts them.
        critical_only: leave the rest waiting: it goes together later, in fewer messages.
        reached: a server was reached just now; what failed an hour ago or before is tried once more, whatever its turn.

    Raises:
        AppriseMissing: nothing can be sent here; everything waits.
    """
    known = {one.name: one for one in settings.notify}
    if not dry_run:
        for name in known:
            revive(register, name, clock(), status=NO_ADDRESS)
    with register.reading() as rows:
        held = [one for one in outbox.waiting(rows) if one.destination in known]
    if critical_only:
        held = [one for one in held if one.level == "critical"]
    now, zone = clock(), load().zone
    todo = letters(held, now, zone, reached=reached)
    going = {row.id for one in todo for row in one.rows}
    beside = {one.id for one in held if one.id in going and not ready(one, now, zone)}
    later = [one for one in held if one.id not in going]
    waiting = sum(not one.attempts for one in later)
    failed = len({about(one) for one in later if one.attempts})
    if dry_run:
        return Flushed(sent=len(todo), failed=failed, waiting=waiting)
    sent = given_up = 0
    wrong: dict[str, None] = {}
    for planned in todo:
        letter = _as_it_is_now(register, planned)
        if not letter.rows:
            continue
        done = _tried(register, letter, known[letter.destination], clock, send)
        ended = _written(register, letter, done, beside)
        sent += done.status == "delivered"
        failed += "waiting" in ended
        given_up += "given_up" in ended
        if done.status in {"no match", "no address"}:
            wrong[letter.destination] = None
    return Flushed(sent, failed, given_up, tuple(wrong), waiting)


def revive(register: Register, name: str, now: datetime, *, status: str | None = None) -> int:
    """Let what was given up for a destination wait again, if it has an address and the reason still stands; return how many.

    Args:
        register: where its address is kept; the caller holds the lock of the workspace.
        name: of the destination.
        now: aware.
        status: only what failed for that at last; without it, everything that was given up.
    """
    with register.reading() as rows:
        lost = outbox.given_up(rows, name, status)
        ids = still_stand(rows, lost, now) if lost and _address(register, name) is not None else []
    if not ids:
        return 0
    with register.writing() as rows:
        return outbox.revive(rows, ids, now)


def try_out(
    register: Register, one: NotifySettings, now: datetime, *, send: Deliver = deliver, address: str = ""
) -> tuple[Status, str]:
    """Send a test message to a destination; return what became of it, and its reference.

    Args:
        register: where its address is kept.
        one: the destination.
        now: aware.
        send: sends one message.
        address: where to send it instead of the address that is kept.
    """
    reference = new_reference()
    where = address or _address(register, one.name)
    if where is None:
        return "no address", reference
    said = Said("test", 1, "low", frozenset(), None, reference)
    return send(where, TITLE, body(said, one.lang, now)), reference


def _as_it_is_now(register: Register, planned: Letter) -> Letter:
    """Return a message without what was taken back, or tried by another laptop, since it was planned.

    The messages before it may have taken minutes, and what a person withdrew meanwhile must not be told.
    """
    with register.reading() as rows:
        tried = {one.id: one.attempts for one in outbox.waiting(rows)}
    return replace(planned, rows=tuple(one for one in planned.rows if tried.get(one.id) == one.attempts))


@dataclass(frozen=True, slots=True)
class _Try:
    """How one message fared, under which reference, and when."""

    status: Status
    reference: str
    at: datetime


def _tried(register: Register, letter: Letter, to: NotifySettings, clock: Clock, send: Deliver) -> _Try:
    reference, now = new_reference(), clock()
    status = _delivered(register, to.name, body(letter.said(reference), to.lang, now), send)
    return _Try(status, reference, now)


def _written(register: Register, letter: Letter, done: _Try, beside: Collection[str]) -> set[Ended]:
    """Write down what became of a message; tell how its rows ended, each by its own tries.

    ``beside`` are the rows whose turn this is not: failing now they keep it, and the number of their tries.
    """
    status, now = done.status, done.at
    kept = done.reference if status == "delivered" else None
    ended: set[Ended] = set()
    with register.writing() as rows:
        for attempts, turn, ids in _alike(letter.rows, beside):
            if turn is not None and status != "delivered":
                outbox.mark(rows, ids, "waiting", status, now, not_before=moment(turn), counted=False)
                ended.add("waiting")
                continue
            state, again = _ended(status, attempts, now)
            outbox.mark(rows, ids, state, status, now, not_before=again, reference=kept)
            ended.add(state)
    return ended


def _alike(rows: Iterable[Waiting], beside: Collection[str]) -> Iterator[tuple[int, str | None, list[str]]]:
    """Yield ids by how often they were tried, and by the turn that they keep if they are ``beside``."""
    found: defaultdict[tuple[int, str | None], list[str]] = defaultdict(list)
    for one in rows:
        found[one.attempts, one.not_before if one.id in beside else None].append(one.id)
    yield from ((attempts, turn, ids) for (attempts, turn), ids in found.items())


def _ended(status: Status, attempts: int, now: datetime) -> tuple[Ended, datetime]:
    """Return how rows that were tried so often before stand now, and since when or until when."""
    if status == "delivered":
        return "sent", now
    again = next_try(attempts, now)
    return ("given_up", now) if again is None else ("waiting", again)


def _delivered(register: Register, name: str, text: str, send: Deliver) -> Outcome | Literal["no address"]:
    address = _address(register, name)
    return "no address" if address is None else send(address, TITLE, text)


def _address(register: Register, name: str) -> str | None:
    try:
        kept = logins.find(register, name, "notify")
    except DikaloError:  # its keyring is locked or gone: the message waits, the others go
        return None
    return kept.token if kept is not None else None
