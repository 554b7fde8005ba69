"""A classroom from start to end: it listens, serves in a thread of its own, and stops cleanly.

The demo and the tests use it as the command does::

    with running(shelf(forms_root()), open_inbox(folder)) as classroom:
        Phone(classroom.base_url, phone_folder).update_forms()
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp

from sync_scripts.classroom.desk import Desk, Tally
from sync_scripts.classroom.errors import NetworkMissing, PortTaken
from sync_scripts.classroom.forms import Shelf
from sync_scripts.classroom.inbox import Inbox
from sync_scripts.classroom.server import make_app

__all__ = ["Classroom", "listen", "running", "serving"]

_HERE: Final = "127.0.0.1"
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
            yield Classroom(f"http://{_HERE}:{taken}{desk.path}", desk.addresses, inbox, desk)


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
        listener.bind(("0.0.0.0" if lan else _HERE, port))  # noqa: S104 - asked for with --lan
        listener.listen(128)
    except (OSError, OverflowError):
        listener.close()
        raise PortTaken(port=port) from None
    return listener


def _hosts(*, lan: bool) -> tuple[str, ...]:
    """Return the addresses of this computer that a phone may use, the likeliest first."""
    if not lan:
        return (_HERE,)
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
