"""A classroom from start to end, and its rehearsal by the simulated phone: fetch the forms, send filled ones until they are taken, compare.

It listens, serves in a thread of its own, and stops cleanly.
"""

from __future__ import annotations

import csv
import ipaddress
import logging
import random
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from lxml import etree
from starlette.types import ASGIApp

from sync_scripts.classroom.desk import Desk, Tally
from sync_scripts.classroom.errors import NetworkMissing, PortTaken
from sync_scripts.classroom.inbox import INCOMING, Inbox
from sync_scripts.classroom.phone import Phone, PhoneForm, Sent, Updated
from sync_scripts.classroom.phone_wire import Instance
from sync_scripts.classroom.protocol import Shelf
from sync_scripts.classroom.server import make_app
from sync_scripts.clock import machine
from sync_scripts.servers.http.patience import retry_after
from xlsform.pack import forms_root

HERE: Final = "127.0.0.1"
_TOWARDS: Final = ("192.168.1.1", "192.168.43.1", "10.0.0.1", "172.16.0.1", "192.0.2.1")
"""Places that a route might lead to; nothing is sent there."""
_PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Classroom:
    """A classroom that is running. ``base_url`` is what a phone on this computer uses, ``addresses`` what others may."""

    base_url: str
    addresses: tuple[str, ...]
    inbox: Inbox
    desk: Desk

    def tally(self) -> Tally:
        """Return what has come in so far."""
        return self.desk.tally()


@contextmanager
def running(shelf: Shelf, inbox: Inbox, *, port: int = 0, lan: bool = False) -> Iterator[Classroom]:
    """Serve a classroom until the block ends.

    Args:
        shelf: what is handed out.
        inbox: where what comes in goes; one classroom at a time.
        port: 0 for any free one.
        lan: let other computers and phones reach it; else only this computer can.

    Raises:
        InboxBusy: another classroom writes into the inbox.
        PortTaken: the port cannot be listened on.
        NetworkMissing: ``lan`` on a computer without a network.
    """
    with inbox.in_use(), closing(listen(port, lan=lan)) as listener:
        taken = listener.getsockname()[1]
        desk = Desk(shelf, inbox)
        desk.addresses = tuple(f"http://{host}:{taken}{desk.path}" for host in _hosts(lan=lan))
        with serving(make_app(desk), listener):
            yield Classroom(f"http://{HERE}:{taken}{desk.path}", desk.addresses, inbox, desk)


@contextmanager
def serving(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Run a web server in a thread over a listening socket; its own talk, which would hold addresses, is silenced."""
    import uvicorn

    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # it warns with bytes of what was posted
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        log_level="critical",
        server_header=False,
        lifespan="off",
        loop="asyncio",
        http="h11",
        ws="none",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="classroom", daemon=True
    )
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_S)


def listen(port: int, *, lan: bool) -> socket.socket:
    """Return a listening socket; the port is ours from here on, so that nothing can take it before the start."""
    # With the protocol named, asyncio switches Nagle's algorithm off; without it every answer takes 40 ms more.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two programs listen on one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0" if lan else HERE, port))  # noqa: S104 - asked for with --lan
        listener.listen(128)
    except (OSError, OverflowError):
        listener.close()
        raise PortTaken(port=port) from None
    return listener


def _hosts(*, lan: bool) -> tuple[str, ...]:
    """Return the addresses of this computer that a phone may use, the likeliest first."""
    if not lan:
        return (HERE,)
    found = dict.fromkeys(host for host in _own_addresses() if not ipaddress.ip_address(host).is_loopback)
    if not found:
        raise NetworkMissing
    return tuple(sorted(found, key=lambda host: not ipaddress.ip_address(host).is_private))


def _own_addresses() -> Iterator[str]:
    """Yield what this computer would call itself towards several kinds of network, then what its name gives."""
    for target in _TOWARDS:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.connect((target, 9))
            yield str(probe.getsockname()[0])
    with suppress(OSError):
        yield from socket.gethostbyname_ex(socket.gethostname())[2]


_EACH: Final = 3
"""Filled forms sent of each form."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the simulated phone met: its forms, what became of each filled form, how many are in the inbox more.

    ``missing`` names, by id of form, the files that a form asks for and that the classroom does not have.
    """

    updated: Updated
    sent: tuple[tuple[str, Sent], ...]
    received: int
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def refused(self) -> tuple[tuple[str, Sent], ...]:
        """The filled forms that were not taken, by id of form."""
        return tuple((form, sent) for form, sent in self.sent if not sent.accepted)

    @property
    def whole(self) -> bool:
        """Whether everything went as it should with a real phone; what had arrived before may arrive again."""
        return not (self.refused or self.updated.without_media or self.missing)


def rehearse(classroom: Classroom) -> Rehearsal:
    """Do one round against a running classroom.

    Raises:
        NoAnswer: it cannot be reached.
        ListRefused: a phone would not accept its list or one of its forms.
    """
    before = classroom.tally().count
    with (
        TemporaryDirectory(prefix="phone-", dir=classroom.inbox.root / INCOMING) as folder,
        Phone(classroom.base_url, Path(folder)) as phone,
    ):
        updated = phone.update_forms()
        sent = tuple(
            (form.form_id, deliver(phone, filled, split_after=1))
            for form in updated.forms
            for filled in _filled(form)
        )
    return Rehearsal(updated, sent, classroom.tally().count - before, classroom.desk.shelf.missing())


def _filled(form: PhoneForm) -> list[Instance]:
    found: list[Instance] = list(islice(_samples(form.form_id), _EACH))
    return found or [(_blank(form.path.read_bytes()), ())]


def _samples(form_id: str) -> Iterator[Path]:
    """Yield the folders of the samples that a phone would post of a form, in the order of their index."""
    folder = forms_root() / "samples"
    index = folder / "index.csv"
    if not index.is_file():
        return
    with index.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (row["form"], row["kind"], row["road"]) == (form_id, "new", "post"):
                yield folder / row["sample"]


def _blank(xform: bytes) -> bytes:
    """Return a form as if it was opened and sent without an answer."""
    data = etree.fromstring(xform, etree.XMLParser(resolve_entities=False, no_network=True)).find(
        ".//{*}instance"
    )[0]
    for identity in data.iterfind("{*}meta/{*}instanceID"):
        identity.text = f"uuid:{uuid.uuid4()}"
    return bytes(etree.tostring(data, xml_declaration=True, encoding="UTF-8"))


TRIES: Final = 6
"""How often a form is sent in one go; a phone would go on at its next occasion."""
PAUSE_S: Final = 1.0
PAUSE_MAX_S: Final = 30.0
WAIT_MAX_S: Final = 300.0
"""A server that asks for a longer wait is left for now."""


def may_pass(status: int) -> bool:
    """Tell whether the same form may be taken later: nobody answered, it is busy with it, or it failed itself.

    >>> [may_pass(one) for one in (0, 423, 429, 500, 503)], [may_pass(one) for one in (202, 403, 409, 410)]
    ([True, True, True, True, True], [False, False, False, False])
    """
    return status in {0, 423, 429} or status >= 500


def _asked(sent: Sent) -> float:
    """Return how many seconds a server asks to wait, 0 when it does not."""
    return retry_after(sent.retry_after, date=sent.date, now=machine()) or 0.0


def deliver(
    phone: Phone,
    instance: Instance,
    *,
    split_after: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
    dice: Callable[[], float] = random.random,
) -> Sent:
    """Send a filled form until it is taken or refused for good, or until it has been tried often enough.

    Args:
        phone: whose form it is.
        instance: what to send; every time the very same.
        split_after: as of `Phone.send`.
        sleep: waits so many seconds.
        dice: gives 0 to 1, so that many phones do not come back together.
    """
    sent = phone.send(instance, split_after=split_after)
    for tried in range(1, TRIES):
        wait_s = dice() * min(PAUSE_MAX_S, PAUSE_S * 2 ** (tried - 1)) + _asked(sent)
        if not may_pass(sent.status) or wait_s > WAIT_MAX_S:
            return sent
        sleep(wait_s)
        sent = phone.send(instance, split_after=split_after)
    return sent
